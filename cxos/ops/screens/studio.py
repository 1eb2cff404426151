"""The installation that stands for its pictures: servers, pages and sockets; its outbox is worked off on request.

No sweep runs in it, so that an offer does not expire and a wait does not end while it is looked at.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxos.ops.bench.installation import Installation
from cxos.ops.bench.product import Product
from cxos.ops.servers import EmbeddedServers
from cxos.ops.terminal import step

PAGES = {"web", "sockets"}
WORKERS = {"live"}


class Studio:
    def __init__(self, installation: Installation, product: Product) -> None:
        self.installation = installation
        self.url = product.url
        self._product = product

    def manage(self, *arguments: str) -> str:
        with step("manage.py " + " ".join(arguments)):
            return self.installation.manage(*arguments)

    def set_scene(self) -> None:
        """People at work. Workers come after it: the scene works its own events off, each at its own time."""
        self.manage("seed_scene")
        self._product.add(WORKERS)


@contextmanager
def running_studio() -> Iterator[Studio]:
    folder = Path(tempfile.mkdtemp(prefix="cxos-screens-"))
    try:
        with EmbeddedServers(folder) as servers:
            installation = Installation(folder, servers)
            with step("Bringing the database up to date"):
                installation.manage("migrate", "--verbosity", "0")
            product = Product(installation, only=PAGES)
            try:
                with step("Starting"):
                    product.start()
                yield Studio(installation, product)
            finally:
                product.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
