"""The one error of this package."""

import errno
import sys
from collections.abc import Callable


class CannotRun(Exception):
    """A sentence for the person at the terminal: what is in the way, and the way on."""


def run_or_explain(main: Callable[[], int]) -> int:
    """Exit code of `main`; a refusal, a full disk and Ctrl-C become one sentence on stderr instead of a traceback."""
    try:
        return main()
    except CannotRun as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = f" while writing {error.filename}" if error.filename else ""
        print(f"\nThe disk is full{where}. Free some space, then run the same command again.", file=sys.stderr)
        return 1
