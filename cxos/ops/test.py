"""`bin/test …`: pytest against a throw-away PostgreSQL and Redis, in memory where there is enough of it.

Every run has servers of its own, so several can run side by side; whatever ends the run, nothing of it stays.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

from cxos.ops.chromium import ensure_chromium
from cxos.ops.daemon import die_with_parent
from cxos.ops.errors import run_or_explain
from cxos.ops.folder import new_secrets, take
from cxos.ops.servers import EmbeddedServers
from cxos.ops.vendor import ensure_vendor_files

MEMORY = Path("/dev/shm")
MEMORY_NEEDED_BYTES = 1_000_000_000
PREFIX = "cxos-test-"
PR_SET_CHILD_SUBREAPER = 36
OWN_PARALLELISM = ("-n", "--numprocesses", "--pdb", "--trace", "-p no:xdist", "--collect-only", "--co")


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that whatever was started is stopped
    ensure_vendor_files()
    chromium = ensure_chromium()
    with throwaway_folder() as folder, EmbeddedServers(folder, fast=True) as servers:
        environment = os.environ | new_secrets() | servers.environment()
        environment |= {
            "CXOS_DATA_DIR": str(folder),
            "CXOS_CHROMIUM": chromium or "",
            "CXOS_STATIC_FINDERS": "1",
            "CXOS_LOG_LEVEL": os.environ.get("CXOS_LOG_LEVEL", "WARNING"),
            "DJANGO_SETTINGS_MODULE": "cxos.settings",
        }
        return run_pytest(with_parallelism(sys.argv[1:]), environment)


def with_parallelism(arguments: Sequence[str]) -> list[str]:
    """Two workers, unless the caller has said how to run."""
    told = any(argument.startswith(option) for argument in arguments for option in OWN_PARALLELISM)
    return list(arguments) if told else ["-n", "2", "--dist", "worksteal", *arguments]


def run_pytest(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Exit code of pytest, after everything it started has ended.

    A Ctrl-C at the terminal reaches pytest itself; a signal sent to us alone is handed on as one.
    """
    adopt_orphans()
    servers = {child.pid for child in psutil.Process().children()}
    running: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, frame: FrameType | None) -> None:
        if not running:
            raise KeyboardInterrupt
        if number != signal.SIGINT or not in_foreground():
            running[0].send_signal(signal.SIGINT)

    # Before the start: a shell starts background jobs deaf to SIGINT, and pytest would inherit that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)
    command = [sys.executable, "-m", "pytest", *arguments]
    process = subprocess.Popen(command, env=environment, preexec_fn=die_with_parent(signal.SIGINT))
    running.append(process)
    try:
        code = process.wait()
        return code if code >= 0 else 128 - code
    finally:
        end_children(but=servers)


def in_foreground() -> bool:
    """Whether the terminal sends its Ctrl-C to our whole group, so that pytest has it already."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def adopt_orphans() -> None:
    """On Linux: what a dying descendant leaves behind becomes our child, so that it can be found and ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_children(*, but: set[int]) -> None:
    """Kill browsers and servers that tests started and left, but not our own servers."""
    for child in psutil.Process().children():
        if child.pid in but:
            continue
        for process in (*child.children(recursive=True), child):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue


@contextmanager
def throwaway_folder() -> Iterator[Path]:
    """A folder that is removed at the end, in memory if a gigabyte of it is free."""
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED_BYTES
    parent = MEMORY if in_memory else Path(tempfile.gettempdir())
    remove_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def remove_abandoned(parent: Path) -> None:
    """Remove folders of runs that were killed: nobody holds their lock any more."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            continue  # another user's, or gone just now
        try:
            if folder.stat().st_uid == os.geteuid() and take(handle, fcntl.LOCK_EX):
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            pass
        finally:
            os.close(handle)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
