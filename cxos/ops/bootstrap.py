"""The first seconds of every command in bin/: the virtual environment, then hand over to `cxos.ops.<command>` in it.

Runs on any Python 3.11+ with nothing installed, so it imports the standard library and its like-minded siblings only.
"""

import os
import sys
from collections.abc import MutableMapping

from cxos.ops.environment import ROOT, VENV, ensure_environment
from cxos.ops.errors import run_or_explain

NEED_DEVELOPMENT_TOOLS = {"test", "ci", "lock", "screens"}


def main() -> int:
    command, *arguments = sys.argv[1:]
    python = ensure_environment(development=command in NEED_DEVELOPMENT_TOOLS)
    if command != "manage":  # whose arguments may name files where the caller stands
        os.chdir(ROOT)
    keep_what_is_compiled(os.environ)
    os.execv(python, [str(python), "-P", "-m", f"cxos.ops.{command}", *arguments])


def keep_what_is_compiled(variables: MutableMapping[str, str]) -> None:
    """Let Python keep compiled modules inside the environment, beside no source file.

    A dozen processes start from the same modules, and compiling them takes longer than all else a start does. So it
    holds also where PYTHONDONTWRITEBYTECODE is set; a PYTHONPYCACHEPREFIX of the caller is theirs to choose.
    """
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    variables.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "compiled"))


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
