"""`bin/ci`: every check, then every test. All checks report; the tests run only when the checks pass."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cxos.ops.environment import ROOT
from cxos.ops.errors import run_or_explain
from cxos.ops.folder import new_secrets


@dataclass(frozen=True)
class Check:
    """One part: a heading and the module or script that does it."""

    heading: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    check: Check
    passed: bool
    output: str
    seconds: float


CHECKS = (
    Check("Types (mypy)", ("-m", "mypy")),
    Check("Style (ruff check)", ("-m", "ruff", "check")),
    Check("Formatting (ruff format)", ("-m", "ruff", "format", "--check", "--output-format", "concise")),
    Check("Import contracts (import-linter)", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
    Check("House rules (sizes, names, enqueueing)", ("-m", "cxos.ops.house_rules")),
    Check("Migrations match the models", ("manage.py", "makemigrations", "--check", "--dry-run")),
    Check("Templates (djlint)", ("-m", "djlint", "templates", "--lint", "--quiet")),
)


def main() -> int:
    started = time.monotonic()
    failed = [outcome.check.heading for outcome in run_checks() if not outcome.passed]
    if failed:
        print(f"\nNot passed: {'; '.join(failed)}. The tests were not run.", flush=True)
        return 1
    heading("Tests")
    code = subprocess.run([sys.executable, "-P", "-m", "cxos.ops.test", *sys.argv[1:]], cwd=ROOT).returncode
    verdict = "Everything passed" if code == 0 else f"The tests failed (exit code {code})"
    print(f"\n{verdict} after {time.monotonic() - started:.0f} s.", flush=True)
    return code


def run_checks() -> list[Outcome]:
    """Run all checks, two at a time, and print each with its heading as soon as its turn comes."""
    # The settings want addresses; no check connects to them.
    environment = os.environ | new_secrets() | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "cxos.settings",
        "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history:RuntimeWarning",
    }  # fmt: skip
    outcomes = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda check: run_check(check, environment), CHECKS):
            outcomes.append(outcome)
            heading(f"{outcome.check.heading}: {'passed' if outcome.passed else 'FAILED'} ({outcome.seconds:.1f} s)")
            print(outcome.output.strip(), flush=True)
    return outcomes


def run_check(check: Check, environment: dict[str, str]) -> Outcome:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *check.arguments], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    return Outcome(check, done.returncode == 0, done.stdout, time.monotonic() - started)


def heading(text: str) -> None:
    print(f"\n=== {text} {'=' * max(0, 100 - len(text))}", flush=True)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
