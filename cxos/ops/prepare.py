"""What must be done between starting the servers and starting the product, each part only when its input changed.

Keeps its notes in `prepared.json` in the data folder; a missing or wrong note costs time, never correctness.
"""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from cxos.ops.daemon import die_with_parent
from cxos.ops.environment import ROOT, RUNTIME_LOCK, digest
from cxos.ops.errors import CannotRun
from cxos.ops.folder import DataFolder, write_private
from cxos.ops.terminal import step

MIGRATIONS = ("*/migrations/*.py", "cxos/*/migrations/*.py")
# Not served: the API has no HTML pages, icons are drawn by a template tag, the rest is for developers.
NOT_SERVED = ("rest_framework", "lucide", "stamp.txt", "htm*-4.js", "*.map")
STATIC = ("cxos/static", "cxos/core/static", "cxos/screens/static", "channels_app/static")


@dataclass
class Preparation:
    """One run of the steps for one folder and one database."""

    folder: DataFolder
    environment: Mapping[str, str]
    demo_data: bool = True

    def run(self) -> None:
        notes = self._notes()
        tables = applied_migrations(self.environment["DATABASE_URL"])
        if tables is None and self.demo_data:
            notes["demo data"] = "wanted"
            self._keep(notes)
        self._collect_static(notes)
        self._migrate(notes, tables or [])
        self._seed(notes)

    def log_ins(self) -> str:
        """The demo log-ins as the seeding command printed them; empty without demo data."""
        path = self.folder.path / "demo-log-ins.txt"
        return path.read_text() if path.exists() else ""

    def _collect_static(self, notes: dict[str, Any]) -> None:
        wanted = static_fingerprint()
        if notes.get("static") == wanted and (self.folder.path / "static" / "staticfiles.json").exists():
            return
        with step("Collecting static files"):
            self._manage("collectstatic", "--noinput", "--clear", "-v0", *(f"--ignore={name}" for name in NOT_SERVED))
        notes["static"] = wanted
        self._keep(notes)

    def _migrate(self, notes: dict[str, Any], applied: list[list[str]]) -> None:
        """Skipped only if neither code nor packages changed and all that was applied then is in this database now."""
        code = migrations_fingerprint()
        done = notes.get("migrations") or []
        if notes.get("migrations of") == code and done and all(row in applied for row in done):
            return
        with step("Bringing the database up to date"):
            self._manage("migrate", "--noinput", "-v0")
        notes["migrations of"] = code
        notes["migrations"] = applied_migrations(self.environment["DATABASE_URL"])
        self._keep(notes)

    def _seed(self, notes: dict[str, Any]) -> None:
        if notes.get("demo data") != "wanted" or not has_command("seed_demo"):
            return
        with step("Making the demo contact centre"):
            printed = self._manage("seed_demo")
        write_private(self.folder.path / "demo-log-ins.txt", printed)
        notes["demo data"] = "made"
        self._keep(notes)

    def _manage(self, *arguments: str) -> str:
        """Standard output of a management command; raises CannotRun with its last words."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
        with (self.folder.log / "prepare.log").open("a") as log:
            log.write(f"$ manage.py {' '.join(arguments)}\n{done.stdout}{done.stderr}\n")
        if done.returncode:
            last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
            raise CannotRun(f"`manage.py {arguments[0]}` failed, so CXOS was not started:\n{last}")
        return done.stdout

    def _notes(self) -> dict[str, Any]:
        try:
            notes: dict[str, Any] = json.loads((self.folder.path / "prepared.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return notes

    def _keep(self, notes: dict[str, Any]) -> None:
        write_private(self.folder.path / "prepared.json", json.dumps(notes, indent=1))


def applied_migrations(database_url: str) -> list[list[str]] | None:
    """[app, name] of every applied migration, sorted; None for a database that was never migrated."""
    try:
        with closing(psycopg2.connect(database_url, connect_timeout=5)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations')")
            (table,) = cursor.fetchone() or (None,)
            if table is None:
                return None
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            return [list(row) for row in cursor.fetchall()]
    except psycopg2.OperationalError as error:
        raise CannotRun(f"The database of DATABASE_URL cannot be reached: {str(error).strip()}") from None


def migrations_fingerprint() -> str:
    """Changes with any migration of ours and with any package, which may bring migrations of its own."""
    files = sorted(path for pattern in MIGRATIONS for path in ROOT.glob(pattern))
    return hash_of([digest(RUNTIME_LOCK), *(f"{path.relative_to(ROOT)}:{digest(path)}" for path in files)])


def static_fingerprint() -> str:
    files = sorted(path for folder in STATIC for path in (ROOT / folder).rglob("*") if path.is_file())
    stats = ((path, path.stat()) for path in files)
    return hash_of([digest(RUNTIME_LOCK), *(f"{path}:{stat.st_size}:{stat.st_mtime_ns}" for path, stat in stats)])


def hash_of(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def has_command(name: str) -> bool:
    """Whether an app of ours brings this management command."""
    return any(
        next(ROOT.glob(pattern), None) is not None
        for pattern in (f"*/management/commands/{name}.py", f"cxos/*/management/commands/{name}.py")
    )


def remove_all(folder: Path) -> None:
    """For --fresh: remove what CXOS keeps in the folder, by name, so that a wrongly set folder loses nothing else."""
    for name in ("postgres", "redis", "static", "media", "log"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("prepared.json", "secrets.json", "demo-log-ins.txt"):
        (folder / name).unlink(missing_ok=True)
