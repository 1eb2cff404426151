"""The whole product on throw-away servers: every process `bin/up` runs, kept running by the same supervisor."""

import socket
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from cxos.ops.bench.installation import START_SECONDS, Installation, answers, free_port, throwaway_installation
from cxos.ops.daemon import Daemon, wait_until
from cxos.ops.errors import CannotRun
from cxos.ops.programs import GRACE_SECONDS, Address, programs
from cxos.ops.supervisor import LOOK_SECONDS, Supervisor


class Product:
    """A running installation, or the programs of it named in `only`. What a fault kills comes back, as in real life."""

    def __init__(self, installation: Installation, *, only: Collection[str] = GRACE_SECONDS) -> None:
        self.installation = installation
        self.servers = installation.servers
        self.address = Address("127.0.0.1", free_ports())
        installation.environment |= self.address.environment() | {
            "CXOS_PUBLIC_URL": f"http://127.0.0.1:{self.address.port}"
        }
        installation.environment["CXOS_SOCKET_URL"] = f"ws://127.0.0.1:{self.address.socket_port}"
        self.programs = self._named(only)
        self.supervisor = Supervisor(servers=[], programs=self.programs, tell=lambda sentence: None)
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.address.socket_port}"

    def program(self, name: str) -> Daemon:
        return next(program for program in self.programs if program.name == name)

    def add(self, names: Collection[str]) -> None:
        """Start some more of the programs."""
        added = self._named(names)
        self.programs += added
        self.supervisor.add(added)

    def start(self) -> None:
        self.supervisor.start()
        ready = [f"{self.url}/readyz", f"http://127.0.0.1:{self.address.socket_port}/readyz"]
        if not wait_until(lambda: all(answers(url) for url in ready), seconds=START_SECONDS * 2, every=0.2):
            raise CannotRun(f"The product did not start. The end of the web log:\n{self.program('web').last_lines()}")
        self._watcher.start()

    def stop(self) -> None:
        self.supervisor.stop()
        if self._watcher.is_alive():
            self._watcher.join(5)

    def _named(self, names: Collection[str]) -> list[Daemon]:
        logs = self.installation.folder / "log"
        every = programs(self.address, self.installation.environment, logs=logs, demo=False)
        return [program for program in every if program.name in names]

    def _watch(self) -> None:
        while not self.supervisor.stopping:
            self.supervisor.look()
            time.sleep(LOOK_SECONDS)


def free_ports() -> int:
    """The first of three free ports in a row."""
    while True:
        port = free_port()
        if port < 65_000 and all(is_free(port + offset) for offset in (1, 2)):
            return port


def is_free(port: int) -> bool:

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def running_product(environment: Mapping[str, str] | None = None) -> Iterator[Product]:
    """`environment`: variables its programs get beside the usual ones."""
    with throwaway_installation() as installation:
        installation.environment |= environment or {}
        product = Product(installation)
        try:
            product.start()
            yield product
        finally:
            product.stop()
