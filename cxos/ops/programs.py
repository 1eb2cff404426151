"""The processes of one running CXOS, as the supervisor starts them; docker-compose.yml starts the same ones.

HTTP is answered by WSGI processes that keep their database connection, sockets by an ASGI process on the next port.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cxos.ops.daemon import Daemon
from cxos.ops.environment import ROOT
from cxos.ops.errors import CannotRun

WEB_PROCESSES = 2
WEB_THREADS = 8  # so that commits share a flush of the disk, and a slow page does not stop its whole process
LIVE_PROCESSES = 2
WORK_PROCESSES = 1
SOCKET_MESSAGE_BYTES = 65_536
# How long each may take to end; the workers' is above CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT. The order is that of the start.
GRACE_SECONDS = {"web": 12.0, "sockets": 8.0, "live": 12.0, "work": 12.0, "beat": 5.0, "metrics": 5.0, "demo": 5.0}

# What answers a browser starts first; the others follow at once when it does, so that they do not slow it down.
STARTED_FIRST = {"web", "sockets"}


@dataclass(frozen=True)
class Address:
    """Where one installation listens: HTTP on `port`, sockets on the next, metrics on the one after."""

    host: str
    port: int

    @property
    def socket_port(self) -> int:
        return self.port + 1

    @property
    def metrics_port(self) -> int:
        return self.port + 2

    @property
    def name(self) -> str:
        """The host as a browser on this machine says it."""
        if self.host in {"127.0.0.1", "0.0.0.0", "::"}:
            return "localhost"
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def url(self) -> str:
        return f"http://{self.name}:{self.port}"

    def environment(self) -> dict[str, str]:
        return {
            "CXOS_PUBLIC_URL": self.url,
            "CXOS_SOCKET_URL": f"ws://{self.name}:{self.socket_port}",
            "CXOS_METRICS_PORT": str(self.metrics_port),
        }


def module_arguments(name: str, host: str, port: int) -> list[str]:
    """What follows `python -m` for one of the programs; the port matters to web, sockets and metrics only."""
    match name:
        case "web":
            return [
                "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", host, "--port", str(port),
                "--workers", str(WEB_PROCESSES), "--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers",
                "--respawn-interval", "1", "--workers-kill-timeout", "8", "cxos.wsgi:application",
            ]  # fmt: skip
        case "sockets":
            return [
                "uvicorn", "--host", host, "--port", str(port), "--ws-max-size", str(SOCKET_MESSAGE_BYTES),
                "--ws-per-message-deflate", "false", "--no-access-log", "--timeout-graceful-shutdown", "5",
                "cxos.asgi:application",
            ]  # fmt: skip
        case "live":
            return worker_arguments("live", LIVE_PROCESSES)
        case "work":
            return worker_arguments("work", WORK_PROCESSES)
        case "beat":
            # Every entry pokes a sweep within seconds, so beat needs no file to remember when it last ran.
            return ["celery", "-q", "-A", "cxos", "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile="]
        case "metrics":
            return ["django", "serve_metrics", "--host", host]
        case "demo":
            return ["django", "demo"]
    raise CannotRun(f"There is no program {name!r}. Choose one of: {', '.join(GRACE_SECONDS)}.")


def worker_arguments(queue: str, processes: int) -> list[str]:
    return [
        "celery", "-q", "-A", "cxos", "worker", "-Q", queue, "-c", str(processes), "--pool", "prefork",
        "-n", f"{queue}@%h", "--without-gossip", "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip


def program_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment every program gets on top of the settings' own variables."""
    # Celery's soft shutdown, which gives running tasks a limited time, follows SIGQUIT only.
    return {**environment, "REMAP_SIGTERM": "SIGQUIT", "DJANGO_SETTINGS_MODULE": "cxos.settings"}


def programs(address: Address, environment: Mapping[str, str], *, logs: Path, demo: bool) -> list[Daemon]:
    """Every process but the servers, in the order in which they start."""
    environment = program_environment(environment)
    ports = {"web": address.port, "sockets": address.socket_port}
    hosts = {"web": address.host, "sockets": address.host}
    return [
        Daemon(
            name,
            [sys.executable, "-m", *module_arguments(name, hosts.get(name, "127.0.0.1"), ports.get(name, 0))],
            log=logs / f"{name}.log",
            env=environment,
            cwd=ROOT,
            stop_seconds=grace,
        )
        for name, grace in GRACE_SECONDS.items()
        if name != "demo" or demo
    ]
