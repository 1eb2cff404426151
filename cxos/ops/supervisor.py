"""Keeps a list of daemons running: whatever ends is started again, after a growing pause, until we are told to stop."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from cxos.ops.daemon import Daemon, trim_log
from cxos.ops.errors import CannotRun
from cxos.ops.guardian import Guardian

LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
LOOK_SECONDS = 0.2
TRIM_SECONDS = 60.0


@dataclass
class Watch:
    """What the supervisor knows of one daemon."""

    daemon: Daemon
    started_at: float = 0.0
    failures: int = 0
    start_again_at: float | None = None


class Supervisor:
    """Starts the daemons in the given order and stops them all at once, servers last.

    `tell` gets a sentence whenever something ended or was started again.
    """

    def __init__(
        self,
        *,
        servers: Sequence[Daemon],
        programs: Sequence[Daemon],
        tell: Callable[[str], None],
        guardian: Guardian | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.servers = list(servers)
        self.programs = list(programs)
        self.stopping = False
        self._tell = tell
        self._guardian = guardian or Guardian()  # one that was not started does nothing
        self._clock = clock
        self._watches = [Watch(daemon) for daemon in (*servers, *programs)]
        self._trimmed_at = clock()

    def start(self) -> None:
        """Start everything that does not run yet."""
        for watch in self._watches:
            self._start(watch)

    def add(self, daemons: Sequence[Daemon]) -> None:
        """Start some more programs and keep them running too."""
        for daemon in daemons:
            watch = Watch(daemon)
            self.programs.append(daemon)
            self._watches.append(watch)
            self._start(watch)

    def look(self) -> None:
        """One look at every daemon: note who ended, start again whose pause is over."""
        for watch in self._watches:
            if self.stopping:
                return
            now = self._clock()
            if watch.start_again_at is not None:
                if now >= watch.start_again_at:
                    self._start(watch)
            elif not watch.daemon.is_running():
                self._note_end(watch, now)
        self._trim_logs()

    def run(self) -> None:
        """Look again and again until `stopping`."""
        while not self.stopping:
            self.look()
            time.sleep(LOOK_SECONDS)

    def failures(self) -> dict[str, int]:
        """How often each daemon ended by itself since it last ran well."""
        return {watch.daemon.name: watch.failures for watch in self._watches if watch.failures}

    def stop(self) -> None:
        """End everything, each with its own time of grace; then nothing of it runs any more."""
        self.stopping = True
        for tier in (self.programs, self.servers):
            for daemon in tier:
                daemon.request_stop()
            asked_at = time.monotonic()
            for daemon in tier:
                daemon.wait(max(0.0, asked_at + daemon.stop_seconds - time.monotonic()))
            for daemon in tier:
                daemon.kill()
        self._guardian.dismiss()

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """Within the block, Ctrl-C, SIGTERM and a closed terminal set `stopping`; a second one kills at once."""

        def ask(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                for daemon in (*self.programs, *self.servers):
                    daemon.kill()
            self.stopping = True

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, ask) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self, watch: Watch) -> None:
        watch.start_again_at = None
        watch.started_at = self._clock()
        try:
            watch.daemon.start()
            if watch.daemon.pid is not None:
                self._guardian.watch(watch.daemon.pid)
        except CannotRun as refusal:  # a server that does not come up is tried again like any other daemon
            self._tell(str(refusal))
            self._note_end(watch, self._clock())

    def _note_end(self, watch: Watch, now: float) -> None:
        code = watch.daemon.poll()
        watch.daemon.kill()  # the rest of its group: a worker's children must not outlive it
        if watch.daemon.pid is not None:
            self._guardian.forget(watch.daemon.pid)
        if now - watch.started_at > HEALTHY_SECONDS:
            watch.failures = 0
        watch.failures += 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** (watch.failures - 1))
        watch.start_again_at = now + pause
        self._tell(
            f"{watch.daemon.name} ended ({describe(code)}) and will be started again in {pause:g} s. "
            f"Its log: {watch.daemon.log}"
        )

    def _trim_logs(self) -> None:
        if self._clock() - self._trimmed_at > TRIM_SECONDS:
            self._trimmed_at = self._clock()
            for watch in self._watches:
                trim_log(watch.daemon.log)


def describe(code: int | None) -> str:
    """An exit code in words."""
    if code is None:
        return "did not start"
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"
