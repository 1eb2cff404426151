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
        sentence = explain(error)
        if sentence is None:
            raise
        print(f"\n{sentence}", file=sys.stderr)
        return 1


def explain(error: OSError) -> str | None:
    """A sentence for the errors that say more about the machine than about us; None for the others."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" while writing {error.filename}" if error.filename else ""
        return f"The disk is full{where}. Free some space, then run the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and error.filename:
        return (
            f"{error.filename} cannot be used by this user ({error.strerror}). "
            "Run this as the owner of the checkout and its data folder, or set CXOS_DATA_DIR to another folder."
        )
    return None
