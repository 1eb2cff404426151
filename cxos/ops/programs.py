"""The processes of one running CXOS, as the supervisor starts them; docker-compose.yml starts the same ones.

HTTP is answered by WSGI processes that keep their database connection, sockets by an ASGI process on the next port.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cxos.ops.daemon import Daemon
from cxos.ops.environment import ROOT

WEB_PROCESSES = 2
LIVE_PROCESSES = 2
WORK_PROCESSES = 1
SOCKET_MESSAGE_BYTES = 65_536
TASK_GRACE_SECONDS = 12  # above CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT


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
        return "localhost" if self.host in {"127.0.0.1", "0.0.0.0", "::"} else self.host

    @property
    def url(self) -> str:
        return f"http://{self.name}:{self.port}"

    def environment(self) -> dict[str, str]:
        return {
            "CXOS_PUBLIC_URL": self.url,
            "CXOS_SOCKET_URL": f"ws://{self.name}:{self.socket_port}",
            "CXOS_METRICS_PORT": str(self.metrics_port),
        }


def web_arguments(host: str, port: int) -> list[str]:
    return [
        "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", host, "--port", str(port),
        "--workers", str(WEB_PROCESSES), "--blocking-threads", "1", "--respawn-failed-workers",
        "--respawn-interval", "1", "--workers-kill-timeout", "8", "cxos.wsgi:application",
    ]  # fmt: skip


def socket_arguments(host: str, port: int) -> list[str]:
    return [
        "uvicorn", "--host", host, "--port", str(port), "--ws-max-size", str(SOCKET_MESSAGE_BYTES),
        "--ws-per-message-deflate", "false", "--no-access-log", "--timeout-graceful-shutdown", "5",
        "cxos.asgi:application",
    ]  # fmt: skip


def worker_arguments(queue: str, processes: int) -> list[str]:
    return [
        "celery", "-A", "cxos", "worker", "-Q", queue, "-c", str(processes), "--pool", "prefork",
        "-n", f"{queue}@%h", "--without-gossip", "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip


def beat_arguments() -> list[str]:
    # Every entry is a poke of a sweep within seconds, so beat needs no file to remember when it last ran.
    return ["celery", "-A", "cxos", "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile="]


def programs(address: Address, environment: Mapping[str, str], *, logs: Path, demo: bool) -> list[Daemon]:
    """Every process but the servers, in the order in which they start."""
    # Celery's soft shutdown, which gives running tasks a limited time, follows SIGQUIT only.
    worker_environment = {**environment, "REMAP_SIGTERM": "SIGQUIT"}

    def module(name: str, arguments: list[str], env: Mapping[str, str], stop_seconds: float) -> Daemon:
        command = [sys.executable, "-m", *arguments]
        return Daemon(name, command, log=logs / f"{name}.log", env=env, cwd=ROOT, stop_seconds=stop_seconds)

    started = [
        module("web", web_arguments(address.host, address.port), environment, 12),
        module("sockets", socket_arguments(address.host, address.socket_port), environment, 8),
        module("live", worker_arguments("live", LIVE_PROCESSES), worker_environment, TASK_GRACE_SECONDS),
        module("work", worker_arguments("work", WORK_PROCESSES), worker_environment, TASK_GRACE_SECONDS),
        module("beat", beat_arguments(), environment, 5),
    ]
    if demo:
        command = [sys.executable, str(ROOT / "manage.py"), "demo"]
        started.append(Daemon("demo", command, log=logs / "demo.log", env=environment, cwd=ROOT, stop_seconds=5))
    return started
