"""The data folder: everything that must survive a restart, with its secrets, and who is running or using its servers.

- secrets.json: keys of this installation, made once, mode 0600
- postgres/, redis/: the servers' files
- run/: locks, sockets, servers.json (how to reach the running servers)
- log/: one log per process
- static/, media/: collected static files, attachments
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun


@dataclass(frozen=True)
class Running:
    """Who runs the servers of a folder, and the environment by which they are reached."""

    pid: int
    command: str
    address: str
    environment: dict[str, str]


class DataFolder:
    """One installation's folder. Raises CannotRun where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.run = self.path / "run"
        self.log = self.path / "log"
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.run.mkdir(mode=0o700, exist_ok=True)
            self.log.mkdir(mode=0o700, exist_ok=True)
            (self.run / "servers.lock").touch(mode=0o600)
        except PermissionError as error:
            raise CannotRun(
                f"The data folder {self.path} cannot be written by this user ({error.strerror}). "
                "Run this as its owner, or set CXOS_DATA_DIR to another folder."
            ) from None

    @classmethod
    def of_environment(cls) -> "DataFolder":
        """CXOS_DATA_DIR, or `var` in the checkout."""
        return cls(Path(os.environ.get("CXOS_DATA_DIR") or ROOT / "var"))

    def environment(self) -> dict[str, str]:
        """This process's environment with the folder and its secrets added; values given from outside win."""
        return {"CXOS_DATA_DIR": str(self.path)} | self._secrets() | {k: v for k, v in os.environ.items() if v}

    def running(self) -> Running | None:
        """Who runs the servers now; None while nobody does or they are just starting."""
        try:
            return Running(**json.loads((self.run / "servers.json").read_text()))
        except (FileNotFoundError, json.JSONDecodeError, TypeError):
            return None

    @contextmanager
    def owning_servers(self, *, wait: Callable[[], None] | None = None) -> Iterator[bool]:
        """Whether we may run the servers. Exclusive, held by the kernel for this process: kill -9 releases it.

        With `wait`, which is called once before waiting, it comes back only as True.
        """
        with (self.run / "servers.lock").open("r+") as lock:
            owned = take(lock.fileno(), fcntl.LOCK_EX)
            if not owned and wait is not None:
                wait()
                fcntl.flock(lock, fcntl.LOCK_EX)
                owned = True
            if owned:
                (self.run / "servers.json").unlink(missing_ok=True)  # of an owner that was killed
            try:
                yield owned
            finally:
                if owned:
                    (self.run / "servers.json").unlink(missing_ok=True)

    def announce(self, running: Running) -> None:
        """Tell other commands how to reach the servers; only the owner does this, once they answer."""
        write_private(self.run / "servers.json", json.dumps(asdict(running), indent=2))

    @contextmanager
    def using_servers(self) -> Iterator[None]:
        """Held by a command while it uses servers that another one runs."""
        with (self.run / "users.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def wait_for_users(self, *, on_wait: Callable[[], None]) -> None:
        """Return when no other command uses our servers any more."""
        with (self.run / "users.lock").open("a") as lock:
            if not take(lock.fileno(), fcntl.LOCK_EX):
                on_wait()
                fcntl.flock(lock, fcntl.LOCK_EX)

    def _secrets(self) -> dict[str, str]:
        path = self.path / "secrets.json"
        try:
            kept: dict[str, str] = json.loads(path.read_text())
        except FileNotFoundError:
            kept = new_secrets()
            write_private(path, json.dumps(kept, indent=2) + "\n")
        except json.JSONDecodeError:
            raise CannotRun(
                f"{path} is damaged. Put it back from a backup: without it, stored credentials cannot be read. "
                "To start over and lose all data of this folder, run bin/up --fresh."
            ) from None
        return kept


def new_secrets() -> dict[str, str]:
    """The variables that hold an installation's keys, with fresh random values."""
    return {
        "CXOS_SECRET_KEY": secrets.token_urlsafe(48),
        "CXOS_FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read; whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def take(descriptor: int, kind: int) -> bool:
    """Whether the lock was free and is ours now."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def external(environment: Mapping[str, str]) -> bool:
    """Whether both servers are given from outside, so that nothing embedded is needed."""
    return bool(environment.get("DATABASE_URL") and environment.get("REDIS_URL"))
