"""bin/test leaves nothing behind, whatever ends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cxos.ops import test as runner
from cxos.ops.daemon import wait_until
from cxos.ops.environment import ROOT

SLEEPY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True)
open(sys.argv[1], "w").close()
def test_nothing(): pass
time.sleep(120)
"""
RUN = """
import sys
from cxos.ops.test import run_pytest
import os
sys.exit(run_pytest(["-q", "--noconftest", "-c", sys.argv[1], sys.argv[2]], dict(os.environ)))
"""


@pytest.mark.parametrize(
    ("arguments", "passed_on"),
    [
        (["tests/crm"], ["-n", "2", "--dist", "worksteal", "tests/crm"]),
        (["tests/crm", "-n0"], ["tests/crm", "-n0"]),
        (["--numprocesses=4"], ["--numprocesses=4"]),
        (["--pdb"], ["--pdb"]),
    ],
)
def test_two_workers_unless_the_caller_says_otherwise(arguments: list[str], passed_on: list[str]) -> None:
    assert runner.with_parallelism(arguments) == passed_on


def test_a_folder_abandoned_by_a_killed_run_is_removed_and_one_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "MEMORY", tmp_path / "no-memory")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    abandoned = tmp_path / "cxos-test-abandoned"
    abandoned.mkdir()

    with runner.throwaway_folder() as first, runner.throwaway_folder() as second:
        assert sorted(tmp_path.iterdir()) == sorted([first, second])

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to a chosen parent")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_pytest_and_what_its_tests_started(tmp_path: Path, number: signal.Signals) -> None:
    started = tmp_path / "started"
    sleepy = tmp_path / "test_sleepy.py"
    sleepy.write_text(SLEEPY.replace("sys.argv[1]", repr(str(started))))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "pytest.ini"), str(sleepy)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.DEVNULL,
        # What a shell does to a background job: the signal must be heard all the same.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert wait_until(started.exists, seconds=60)
    descendants = psutil.Process(run.pid).children(recursive=True)
    assert len(descendants) == 2

    run.send_signal(number)

    assert run.wait(30) == 2  # pytest's code for "interrupted"
    assert wait_until(lambda: not any(map(is_alive, descendants)), seconds=10)


def is_alive(process: psutil.Process) -> bool:
    """A zombie is dead: whoever inherited it has only not buried it yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
