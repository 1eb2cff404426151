"""A second pair of eyes: if the supervisor is killed with -9, whatever it ran is ended all the same.

The kernel asks its children to end (see `daemon.die_with_parent`), but a worker that is waiting for its servers at that
moment may not. The guardian holds the other end of a pipe; when the pipe closes without a farewell, it waits for the
groups it was told of and kills those that stay. Standard library only, so that it costs a few megabytes.
"""

import os
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 15.0
FAREWELL = b"farewell\n"


class Guardian:
    """The supervisor's side: one guardian process, told of every process group that starts and ends."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # A session of its own: Ctrl-C at the terminal is not for it.
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "cxos.ops.guardian"], stdin=subprocess.PIPE, bufsize=0, start_new_session=True
        )

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def watch(self, group: int) -> None:
        self._tell(b"+%d\n" % group)

    def forget(self, group: int) -> None:
        self._tell(b"-%d\n" % group)

    def dismiss(self) -> None:
        """Everything has been stopped in good order."""
        self._tell(FAREWELL)
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _tell(self, line: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(line)
        except BrokenPipeError:  # somebody killed the guardian; the product does not depend on it
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def main() -> None:
    """The guardian's side."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin.buffer:
        if line == FAREWELL:
            return
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    end(groups, grace_seconds=float(os.environ.get("CXOS_GUARDIAN_SECONDS", GRACE_SECONDS)))


def end(groups: set[int], *, grace_seconds: float) -> None:
    """Ask all groups to end; kill those that are there after the time of grace."""
    for group in groups:
        send(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and any(send(group, 0) for group in groups):
        time.sleep(0.1)
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Whether anybody of the group is there to get the signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
