"""The first seconds of every command in bin/: the virtual environment, then hand over to `cxos.ops.<command>` in it.

Runs on any Python 3.11+ with nothing installed, so it imports the standard library and its like-minded siblings only.
"""

import os
import sys

from cxos.ops.environment import ROOT, ensure_environment
from cxos.ops.errors import run_or_explain

NEED_DEVELOPMENT_TOOLS = {"test", "ci", "lock", "screens"}


def main() -> int:
    command, *arguments = sys.argv[1:]
    python = ensure_environment(development=command in NEED_DEVELOPMENT_TOOLS)
    if command != "manage":  # whose arguments may name files where the caller stands
        os.chdir(ROOT)
    os.execv(python, [str(python), "-P", "-m", f"cxos.ops.{command}", *arguments])


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
