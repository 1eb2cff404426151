"""PostgreSQL and Redis in one folder, ready for use."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from cxos.ops.postgres import Postgres
from cxos.ops.redis import Redis

NOTHING: Mapping[str, str] = {}


class EmbeddedServers:
    """Both servers, started on entry and stopped on exit; everything they keep is in `directory`.

        with EmbeddedServers(directory, fast=True) as servers:
            environ.update(servers.environment())
            servers.postgres.restart("immediate")
            servers.redis.stop(); servers.redis.start()

    `fast` gives up durability (fsync off, Redis without a file): for tests and floors. A server whose address is in
    `given` is never started. Start it from the main thread, so that the servers end with this process even if it is
    killed. Raises CannotRun with a sentence.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        fast: bool = False,
        logs: Path | None = None,
        given: Mapping[str, str] = NOTHING,
    ) -> None:
        directory = Path(directory).resolve()
        logs = logs or directory / "log"
        self.postgres = Postgres(directory, fast=fast, log=logs / "postgres.log")
        self.redis = Redis(directory, fast=fast, log=logs / "redis.log")
        self._given = dict(given)  # the caller may add our own addresses to his

    @property
    def database_url(self) -> str:
        return self._given.get("DATABASE_URL") or self.postgres.url()

    @property
    def redis_url(self) -> str:
        return self._given.get("REDIS_URL") or self.redis.url()

    @property
    def daemons(self) -> list[Postgres | Redis]:
        """Those of the two that are ours to run."""
        ours: list[Postgres | Redis] = []
        if not self._given.get("DATABASE_URL"):
            ours.append(self.postgres)
        if not self._given.get("REDIS_URL"):
            ours.append(self.redis)
        return ours

    def environment(self) -> dict[str, str]:
        """The variables by which the settings find these servers."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    def start(self) -> None:
        with stopped_on_failure(self):
            for daemon in self.daemons:
                daemon.start()
            if self.postgres in self.daemons:
                self.postgres.create_database()

    def stop(self) -> None:
        for daemon in self.daemons:
            daemon.request_stop()
        for daemon in self.daemons:
            daemon.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextmanager
def stopped_on_failure(servers: EmbeddedServers) -> Iterator[None]:
    try:
        yield
    except BaseException:
        servers.stop()
        raise
