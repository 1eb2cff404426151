"""The reviewer: asks every few seconds which of this process's sockets may stay, so that a lost right is lost here too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

import structlog

from cxos.core.database_threads import in_database

log = structlog.get_logger(__name__)
EVERY_SECONDS = 2.5  # whoever lost a right is cut off within 5 s


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a review found: a closing code, or regions that may be watched no longer."""

    code: int | None = None
    lost: frozenset[str] = frozenset()


class Reviewed(Protocol):
    """What the reviewer needs of a socket."""

    @classmethod
    def review(cls, sockets: list[Self]) -> list[tuple[Self, Verdict]]: ...
    def unwatch(self, regions: Iterable[str]) -> None: ...
    async def close(self, code: int) -> None: ...


class Reviewer:
    """The open sockets of one event loop by class: each class answers for all of its sockets in a few queries."""

    def __init__(self) -> None:
        self._sockets: dict[type[Reviewed], set[Reviewed]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: Reviewed) -> None:
        self._sockets.setdefault(type(socket), set()).add(socket)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._review_for_ever())

    def remove(self, socket: Reviewed) -> None:
        self._sockets.get(type(socket), set()).discard(socket)

    async def _review_for_ever(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.review()
            except Exception:
                # Nobody is cut off because the database is away: a hint tells nothing that is not asked for again.
                log.warning("sockets could not be reviewed", exc_info=True)

    async def review(self) -> None:
        closing = []
        for cls, sockets in list(self._sockets.items()):
            if sockets:
                for socket, verdict in await in_database(cls.review, list(sockets)):
                    socket.unwatch(verdict.lost)
                    if verdict.code is not None:
                        closing.append(socket.close(verdict.code))
        await asyncio.gather(*closing)


_reviewers: dict[asyncio.AbstractEventLoop, Reviewer] = {}


def reviewer() -> Reviewer:
    """The reviewer of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _reviewers.get(loop)
    if found is None:
        for ended in [other for other in _reviewers if other.is_closed()]:
            del _reviewers[ended]
        found = _reviewers[loop] = Reviewer()
    return found
