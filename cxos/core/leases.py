"""What a process has claimed is its own for as long as it lives, and no death is put down to who only waited (ADR 0004).

A batch is leased by one statement and handled one after another. While it takes long, a thread beside the relay renews
the lease of what is in hand and gives back what has not begun. When a process dies, its leases run out; as each
batch is handled in the order of its ids, the first that is left of a lease is the one it died of.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import structlog
from django.db import connection

from cxos.core.catalogue import HANDLERS

log = structlog.get_logger(__name__)
LEASE_SECONDS = 8.0
MAX_DEATHS = 5

# One statement for both, so that what is in hand never stays behind in an older lease than what waited for it.
RENEW = """
UPDATE core_delivery SET state = CASE WHEN begun THEN 'running' ELSE 'pending' END,
    leased_until = CASE WHEN begun THEN statement_timestamp() + make_interval(secs => %(lease)s) END
FROM unnest(%(ids)s::bigint[], %(attempts)s::int[], %(begun)s::boolean[]) AS mine(id, attempts, begun)
WHERE core_delivery.id = mine.id AND core_delivery.attempts = mine.attempts AND state = 'running'
    AND core_delivery.id = ANY(ARRAY(  -- what its handler is just finishing is let go
        SELECT d.id FROM core_delivery d WHERE d.id = ANY(%(ids)s::bigint[]) FOR UPDATE SKIP LOCKED))
"""
# Those handled together are suspected together, once: from then on each is handled alone.
RECOVER = """
WITH found AS MATERIALIZED (
    SELECT late.id, late.id = began.id
        OR (late.handler = began.handler AND late.handler = ANY(%(together)s) AND late.deaths = 0 AND began.deaths = 0) AS died
    FROM core_delivery late CROSS JOIN LATERAL (
        SELECT d.id, d.handler, d.deaths FROM core_delivery d
        WHERE d.state = 'running' AND d.leased_until = late.leased_until AND d.lane = late.lane ORDER BY d.id LIMIT 1) began
    WHERE late.state = 'running' AND late.leased_until < statement_timestamp()
    FOR UPDATE OF late SKIP LOCKED)
UPDATE core_delivery SET leased_until = NULL, deaths = deaths + died::int,
    state = CASE WHEN died AND deaths + 1 >= %(most)s THEN 'parked' ELSE 'pending' END,
    last_error = CASE WHEN died THEN 'The process died while handling this.' ELSE last_error END
FROM found WHERE core_delivery.id = found.id
RETURNING state
"""


class Held(Protocol):
    """A claimed delivery; whoever claims it next gets another attempt number."""

    @property
    def delivery_id(self) -> int: ...
    @property
    def attempt(self) -> int: ...


H = TypeVar("H", bound=Held)


class Turns(Generic[H]):
    """Batches one after the other, with their leases kept until it is left. `given_back`: called when some of a batch can
    be had by others."""

    def __init__(self, *, given_back: Callable[[], None]) -> None:
        self._given_back = given_back
        self._waiting: deque[list[H]] = deque()
        self._in_hand: list[H] = []
        self._leased_at = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Turns[H]:
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def of(self, groups: Iterable[list[H]], *, leased_at: float) -> Iterator[list[H]]:
        """The groups of a batch in turn, without those given back meanwhile. `leased_at`: by the monotonic clock, before
        they were claimed."""
        with self._lock:
            self._waiting, self._leased_at = deque(groups), leased_at
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat, name="leases", daemon=True)
            self._thread.start()
        while group := self._next():
            yield group

    def one_by_one(self, group: Iterable[H]) -> None:
        """Those of a group that failed together have their turns alone, where the order of the ids puts them."""
        with self._lock:
            alone = [[one] for one in group]
            self._waiting = deque(sorted([*alone, *self._waiting], key=lambda group: group[0].delivery_id))

    def _next(self) -> list[H]:
        with self._lock:
            self._in_hand = self._waiting.popleft() if self._waiting else []
            return self._in_hand

    def _beat(self) -> None:
        """With a connection of its own, opened when something takes long."""
        quarter = LEASE_SECONDS / 4
        while not self._over.wait(quarter):
            with self._lock:
                if not self._in_hand or time.monotonic() - self._leased_at < quarter:
                    continue
                begun, waiting = self._in_hand, [one for group in self._waiting for one in group]
                self._waiting.clear()
            self._renew(begun, waiting)
        connection.close()

    def _renew(self, begun: Sequence[H], waiting: Sequence[H]) -> None:
        try:
            renew(begun, waiting)
        except Exception:
            log.warning("lease not renewed", exc_info=True)
            connection.close()
            return
        if waiting:
            self._given_back()


def renew(begun: Sequence[Held], waiting: Sequence[Held] = ()) -> None:
    """A new lease for those in hand, none for those that wait: they are due again, and nothing is counted against them."""
    every = [*begun, *waiting]
    with connection.cursor() as cursor:
        cursor.execute(
            RENEW,
            {
                "lease": LEASE_SECONDS,
                "ids": [one.delivery_id for one in every],
                "attempts": [one.attempt for one in every],
                "begun": [True] * len(begun) + [False] * len(waiting),
            },
        )


def recover_leases() -> int:
    """Give back what dead processes held; returns how much. Whoever was in hand at MAX_DEATHS deaths is parked instead."""
    together = [name for name, handler in HANDLERS.items() if handler.together]
    with connection.cursor() as cursor:
        cursor.execute(RECOVER, {"together": together, "most": MAX_DEATHS})
        return sum(state == "pending" for (state,) in cursor.fetchall())
