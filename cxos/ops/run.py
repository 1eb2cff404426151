"""`python -m cxos.ops.run PROGRAM`: one program of the product in the foreground, for containers and systemd units.

Listens on HOST (0.0.0.0) and PORT (8000); everything else comes from the settings' own variables.
"""

import os
import sys

from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.programs import GRACE_SECONDS, module_arguments, program_environment


def main() -> int:
    if len(sys.argv) != 2:
        raise CannotRun(f"Name one program to run: {', '.join(GRACE_SECONDS)}.")
    host, port = os.environ.get("HOST", "0.0.0.0"), os.environ.get("PORT", "8000")
    if not port.isdigit():
        raise CannotRun(f"PORT must be a number, not {port!r}.")
    arguments = module_arguments(sys.argv[1], host, int(port))
    os.execve(sys.executable, [sys.executable, "-m", *arguments], program_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
