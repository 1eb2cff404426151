"""`bin/lock`: make every lock file anew from requirements*.in and package.json. Versions move only here."""

import subprocess
import sys

from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.terminal import step
from cxos.ops.vendor import run_npm

PYTHON_LOCKS = ("requirements", "requirements-dev", "requirements-node")


def main() -> int:
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    for name in PYTHON_LOCKS:
        with step(f"Locking {name}.in"):
            lock(name, upgrade)
    with step("Locking package.json"):
        # Without resolved addresses npm uses whichever registry the machine is set to.
        run_npm("install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund",
                "--omit-lockfile-registry-resolved")  # fmt: skip
    return 0


def lock(name: str, upgrade: list[str]) -> None:
    """requirements*.txt with hashes, for every platform and Python from 3.11 on, naming no registry."""
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--python-version", "3.11", "--universal", "--generate-hashes",
         "--no-emit-index-url", "--quiet", *upgrade, f"{name}.in", "-o", f"{name}.txt"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise CannotRun(f"{name}.in could not be locked:\n{done.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
