"""Handing due rows to other systems, side by side, so that a silent target holds up nobody but itself.

Targets that answer and targets that failed last time run in lanes of their own, each with its own room; a target has
few tries in flight, and none any more in this run once one of them has failed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import connection

from channels_app.adapters import Outcome

ROOM = {"calm": 24, "failing": 8}
EACH = {"calm": 4, "failing": 1}  # rows claimed of one target at a time
PER_TARGET = {"calm": 4, "failing": 1}  # tries in flight; who failed last time is asked once, and waited for
LEASE = timedelta(seconds=30)  # a try that is not finished by then may be repeated
TRY_SECONDS = 5.0
POLL_SECONDS = 0.05
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Job(Generic[Row]):
    """One claimed row. `attempt` is the fencing token: only who holds the newest may write the outcome."""

    row: Row
    target: int
    attempt: int
    send: Callable[[float], Any]


# (lane, targets to leave alone, at most so many) → claimed jobs
Take = Callable[[str, Sequence[int], int], list[Job[Row]]]


def claim_ids(statement: str, lane: str, leave: Sequence[int], room: int, *, now: datetime) -> list[int]:
    """Ids of the rows that `statement` leases for this lane, at most `room`, none of the targets in `leave`."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "now": now,
                "leased_until": now + LEASE,
                "each": EACH[lane],
                "leave": list(leave),
                "failing": lane == "failing",
                "room": room,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def push(take: Take[Row], finish: Callable[[Job[Row], Any], Outcome], *, seconds: float) -> int:
    """Take, send and finish until nothing is due or the time is up; returns how many were tried.

    `take` and `finish` run in this thread and have the database; `send` runs in others and has not.
    """
    flying: dict[Future[Any], tuple[str, Job[Row]]] = {}
    tripped: set[int] = set()
    tried, stop = 0, time.monotonic() + seconds
    with ThreadPoolExecutor(max_workers=sum(ROOM.values()), thread_name_prefix="push") as threads:
        while True:
            if time.monotonic() < stop:
                for lane, job in _more(take, flying, tripped):
                    flying[threads.submit(job.send, TRY_SECONDS)] = (lane, job)
            if not flying:
                return tried
            done, _ = wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                _, job = flying.pop(future)
                tried += 1
                if finish(job, future.result()).state == "later":
                    tripped.add(job.target)


def _more(
    take: Take[Row], flying: dict[Future[Any], tuple[str, Job[Row]]], tripped: set[int]
) -> list[tuple[str, Job[Row]]]:
    """What each lane has room for."""
    busy = Counter(job.target for _, job in flying.values())
    found = []
    for lane, room in ROOM.items():
        leave = [*tripped, *(target for target, count in busy.items() if count >= PER_TARGET[lane])]
        free = room - sum(one == lane for one, _ in flying.values())
        if free > 0:
            found += [(lane, job) for job in take(lane, leave, free)]
    return found
