"""A throw-away CXOS for measuring: durable servers in a folder of its own, the tables, and an API key."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cxos.ops.daemon import Daemon, wait_until
from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun
from cxos.ops.folder import new_secrets
from cxos.ops.programs import module_arguments, program_environment
from cxos.ops.servers import EmbeddedServers

API_KEY = "cx_bench000_only-for-this-throw-away-installation"
CHANNEL = "bench"
START_SECONDS = 60


class Installation:
    """Servers with migrated tables, one agent, one API key and one API channel; `start_web` answers HTTP."""

    def __init__(self, folder: Path, servers: EmbeddedServers) -> None:
        self.folder = folder
        self.servers = servers
        self.environment = program_environment(
            os.environ
            | new_secrets()
            | servers.environment()
            | {
                "CXOS_DATA_DIR": str(folder),
                "CXOS_LOG_LEVEL": "ERROR",
                "CXOS_API_REQUESTS_PER_MINUTE": str(10**9),
                "CXOS_STATIC_FINDERS": "1",
                "PYTHONPATH": str(ROOT),
            }
        )

    def manage(self, *arguments: str) -> str:
        """A management command's output."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments], env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            raise CannotRun(f"manage.py {arguments[0]} failed. The end of its output:\n{done.stderr[-2000:]}")
        return done.stdout

    def prepare(self) -> None:
        """Tables, and the rows a posting system needs."""
        self.manage("migrate", "--verbosity", "0")
        with closing(self.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_user (password, email, name, role, is_active, preferences, created_at) "
                "VALUES ('!', 'bench@example.com', 'Bench', 'agent', true, '{}', now()) RETURNING id"
            )
            [user_id] = cursor.fetchone() or [0]
            cursor.execute(
                "INSERT INTO core_apikey (name, user_id, prefix, digest, scopes, created_at) "
                "VALUES ('Bench', %s, %s, %s, '{ingest,read,write}', now())",
                (user_id, API_KEY[3:11], hashlib.sha256(API_KEY.encode()).hexdigest()),
            )
            cursor.execute(
                "INSERT INTO channels_app_channel (key, name, kind, medium, enabled, config, created_at) "
                "VALUES (%s, 'Bench', 'api', 'messaging', true, '{}', now())",
                (CHANNEL,),
            )

    def settle(self) -> None:
        """What a flood has left for the background is done now, so that it does not fall into the next measurement."""
        with closing(self.servers.postgres.connect("cxos")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
                cursor.execute("CHECKPOINT")

    @contextmanager
    def web(self) -> Iterator[int]:
        """The web processes as `bin/up` runs them; gives their port."""
        port = free_port()
        arguments = module_arguments("web", "127.0.0.1", port)
        log = self.folder / "log" / "web.log"
        web = Daemon("web", [sys.executable, "-m", *arguments], log=log, env=self.environment, cwd=ROOT)
        web.start()
        try:
            if not wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), seconds=START_SECONDS, every=0.1):
                raise CannotRun(f"The web processes did not answer. The end of their log:\n{web.last_lines()}")
            yield port
        finally:
            web.stop()


@contextmanager
def throwaway_installation() -> Iterator[Installation]:
    """On disk, with fsync on: what a benchmark says of commits must hold for commits that last."""
    folder = Path(tempfile.mkdtemp(prefix="cxos-bench-"))
    try:
        with EmbeddedServers(folder) as servers:
            installation = Installation(folder, servers)
            installation.prepare()
            yield installation
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
