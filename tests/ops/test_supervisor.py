"""The supervisor over real processes: what ends is started again, and nothing outlives it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cxos.ops.daemon import Daemon, living_members, wait_until
from cxos.ops.environment import ROOT
from cxos.ops.guardian import Guardian
from cxos.ops.supervisor import Supervisor, describe

WITH_CHILD = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
DEAF_WITH_CHILD = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('deaf', flush=True); time.sleep(60)"
)
SUPERVISE = """
import sys
from pathlib import Path
from cxos.ops.daemon import Daemon
from cxos.ops.guardian import Guardian
from cxos.ops.supervisor import Supervisor
log = Path(sys.argv[1])
guardian = Guardian()
guardian.start()
program = Daemon("program", [sys.executable, "-c", sys.argv[2]], log=log, stop_seconds=1)
supervisor = Supervisor(servers=[], programs=[program], tell=print, guardian=guardian)
with supervisor.stopped_by_signals():
    try:
        supervisor.start()
        print(supervisor.programs[0].pid, flush=True)
        supervisor.run()
    finally:
        supervisor.stop()
"""


@pytest.fixture
def daemon(tmp_path: Path):
    made = Daemon("program", [sys.executable, "-c", WITH_CHILD], log=tmp_path / "program.log", stop_seconds=5)
    yield made
    made.kill()


def supervise(tmp_path: Path, program: str) -> tuple[subprocess.Popen[str], int]:
    """A supervisor in a process of its own, and the process group of its only program."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(tmp_path / "program.log"), program],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "CXOS_GUARDIAN_SECONDS": "1"},
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_stopping_a_daemon_ends_its_children_too(daemon: Daemon) -> None:
    daemon.start()
    assert daemon.pid is not None
    assert wait_until(lambda: len(living_members(daemon.pid)) == 2, seconds=10)

    daemon.stop()

    assert living_members(daemon.pid) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_is_left_after_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    supervisor, group = supervise(tmp_path, WITH_CHILD)
    assert wait_until(lambda: len(living_members(group)) == 2, seconds=10)

    supervisor.send_signal(number)

    assert supervisor.wait(10) == 0
    assert living_members(group) == []


def test_a_program_deaf_to_sigterm_is_killed_after_its_time_of_grace(tmp_path: Path) -> None:
    supervisor, group = supervise(tmp_path, DEAF)
    assert wait_until(lambda: "deaf" in (tmp_path / "program.log").read_text(), seconds=10)

    supervisor.terminate()

    assert supervisor.wait(10) == 0
    assert living_members(group) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")
def test_a_program_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    supervisor, group = supervise(tmp_path, "import time; time.sleep(60)")

    supervisor.kill()
    supervisor.wait(10)

    assert wait_until(lambda: living_members(group) == [], seconds=10)


def test_even_a_deaf_program_and_its_child_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    supervisor, group = supervise(tmp_path, DEAF_WITH_CHILD)
    assert wait_until(lambda: "deaf" in (tmp_path / "program.log").read_text(), seconds=10)
    assert len(living_members(group)) == 2

    supervisor.kill()
    supervisor.wait(10)

    assert wait_until(lambda: living_members(group) == [], seconds=10)


def test_a_killed_guardian_does_not_disturb_the_supervisor(daemon: Daemon) -> None:
    guardian = Guardian()
    guardian.start()
    supervisor = Supervisor(servers=[], programs=[daemon], tell=print, guardian=guardian)
    supervisor.start()
    assert guardian.pid is not None
    os.kill(guardian.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(guardian.pid)], timeout=10)

    guardian.watch(12_345)
    guardian.watch(12_346)
    supervisor.stop()

    assert not daemon.is_running()


def test_a_killed_program_is_started_again_and_its_orphans_are_ended(daemon: Daemon) -> None:
    told: list[str] = []
    supervisor = Supervisor(servers=[], programs=[daemon], tell=told.append)
    supervisor.start()
    first = daemon.pid
    assert first is not None
    assert wait_until(lambda: len(living_members(first)) == 2, seconds=10)

    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: looked(supervisor) and daemon.is_running(), seconds=10)

    assert daemon.pid != first
    assert living_members(first) == []
    assert told == [
        f"program ended (killed by SIGKILL) and will be started again in 0.5 s. Its log: {daemon.log}",
    ]
    supervisor.stop()


def test_the_pause_before_a_new_start_doubles_up_to_half_a_minute(tmp_path: Path) -> None:
    now = 0.0
    told: list[str] = []
    failing = Daemon("failing", [sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "failing.log")
    supervisor = Supervisor(servers=[], programs=[failing], tell=told.append, clock=lambda: now)
    supervisor.start()

    for _ in range(8):
        assert failing.wait(10)
        supervisor.look()  # sees the end
        now += 30.0
        supervisor.look()  # starts it again

    pauses = [sentence.split("again in ")[1].split(" s")[0] for sentence in told]
    assert pauses == ["0.5", "1", "2", "4", "8", "16", "30", "30"]
    assert supervisor.failures() == {"failing": 8}
    supervisor.stop()


def test_a_program_that_ran_well_for_a_minute_starts_again_at_once(tmp_path: Path) -> None:
    now = 0.0
    told: list[str] = []
    program = Daemon("program", [sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "program.log")
    supervisor = Supervisor(servers=[], programs=[program], tell=told.append, clock=lambda: now)
    supervisor.start()

    for _ in range(3):
        now += 61.0
        assert program.pid is not None
        os.kill(program.pid, signal.SIGKILL)
        program.wait(10)
        supervisor.look()
        now += 0.5
        supervisor.look()

    assert [("again in 0.5 s" in sentence) for sentence in told] == [True, True, True]
    supervisor.stop()


@pytest.mark.parametrize(
    ("code", "words"),
    [(None, "did not start"), (3, "exit code 3"), (-9, "killed by SIGKILL"), (-200, "killed by signal 200")],
)
def test_exit_codes_are_told_in_words(code: int | None, words: str) -> None:
    assert describe(code) == words


def looked(supervisor: Supervisor) -> bool:
    supervisor.look()
    time.sleep(0.05)
    return True
