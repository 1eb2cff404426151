"""One child process in a process group of its own: started, watched, stopped to the last grandchild."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 20_000_000


class Daemon:
    """A process that should run until told otherwise.

    Its output goes to `log`; its group holds all its descendants, so that `stop` leaves none of them. On Linux the
    kernel sends it `death_signal` when our process dies, even by kill -9.
    """

    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_seconds: float = 10.0,
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.env = env
        self.cwd = cwd
        self.stop_seconds = stop_seconds
        self.user = user
        self.group = group
        self._process: subprocess.Popen[bytes] | None = None
        self._group_ended = True

    @property
    def pid(self) -> int | None:
        """Process id, also the id of its group; None before the first start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it unless it runs. Returns at once; the subclasses for servers wait until they answer."""
        if self.is_running():
            return
        with open_log(self.log) as output:
            self._group_ended = False
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
                preexec_fn=die_with_parent(self.death_signal),
                user=self.user,
                group=self.group,
                extra_groups=[] if self.user is not None else None,
            )

    def poll(self) -> int | None:
        """Exit code, negative for a signal; None while it runs or was never started."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def request_stop(self) -> None:
        """Ask it to end; does not wait."""
        if self.is_running():
            assert self._process is not None
            self._process.send_signal(self.stop_signal)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within `seconds`."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ask, wait `stop_seconds`, then kill what is left of the group."""
        self.request_stop()
        self.wait(self.stop_seconds)
        self.kill()

    def kill(self) -> None:
        """kill -9 for the process and all its descendants that stayed in its group."""
        if self._process is None or self._group_ended:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # nobody of the group is left
        self._process.wait()
        wait_until(self._group_is_empty, seconds=2, every=0.01)
        self._group_ended = True  # from now on the number may belong to a stranger

    def _group_is_empty(self) -> bool:
        assert self._process is not None
        try:
            os.killpg(self._process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return True
        return not living_members(self._process.pid)

    def last_lines(self, count: int = 15) -> str:
        """End of its log, for a message about why it died."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, os.fstat(log.fileno()).st_size - 20_000))
                return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
        except FileNotFoundError:
            return ""


def living_members(group: int) -> list[int]:
    """Pids of a process group, without the dead whose parent has not looked yet."""
    found = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except ProcessLookupError:
            continue
    return found


def die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """A function for the child, run between fork and exec, that ties its life to ours; None where the system cannot.

    The kernel ties it to the *thread* that forks, so from any other than the main thread it would end too early.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)

    return tie


def open_log(path: Path) -> IO[bytes]:
    """The log opened for appending; once over the limit, its content moves to NAME.log.1 first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    trim_log(path)
    return path.open("ab")


def trim_log(path: Path) -> None:
    """Keep a log within two times the limit. Copies and truncates, because writers hold the file open to append."""
    try:
        if path.stat().st_size <= LOG_LIMIT_BYTES:
            return
    except FileNotFoundError:
        return
    previous = path.with_name(path.name + ".1")
    previous.write_bytes(path.read_bytes())
    os.truncate(path, 0)


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Whether `condition` came true within `seconds` of the monotonic clock."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True
