"""The relay: claims owed deliveries, runs their handlers, retries with back-off, parks what keeps failing.

Serial per (handler, key), parallel otherwise; what a handler takes in one go is handed to it so. A claim is a lease,
kept for as long as its process lives (`leases`). The attempt number is the fencing token: it only grows, and a handler
whose lease ran out and was taken over cannot commit. Parked is who failed, or died, too often by itself.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from cxos.core import leases, outbox
from cxos.core.catalogue import HANDLERS, Received, rebuild
from cxos.core.logs import log_context
from cxos.core.models import Delivery
from cxos.core.prepared import Prepared

log = structlog.get_logger(__name__)
MAX_FAILURES = 10
BATCH = {"live": 8, "work": 50}

CLAIM = """
UPDATE core_delivery SET state = 'running', attempts = attempts + 1, leased_until = statement_timestamp() + make_interval(secs => %(lease)s)
FROM core_event
WHERE core_delivery.id = ANY(ARRAY(  -- not IN: a nested loop would run a subquery that locks again and again
    SELECT d.id FROM core_delivery d
    WHERE d.lane = %(lane)s AND d.state = 'pending' AND d.due_at <= statement_timestamp() AND NOT EXISTS (
        SELECT 1 FROM core_delivery earlier
        WHERE earlier.handler = d.handler AND earlier.key = d.key AND earlier.id < d.id AND earlier.state <> 'parked')
    ORDER BY d.id LIMIT %(batch)s FOR UPDATE OF d SKIP LOCKED))
AND core_event.id = core_delivery.event_id
RETURNING core_delivery.id, handler, attempts, failures, deaths, core_event.id, name, core_event.key, actor, depth, at, payload
"""
FINISH = """
DELETE FROM core_delivery USING unnest(%(ids)s, %(attempts)s) AS mine(id, attempts)
WHERE core_delivery.id = mine.id AND core_delivery.attempts = mine.attempts AND state = 'running'
"""
_finish = Prepared(FINISH, ids="bigint[]", attempts="int[]")


class LostLease(Exception):
    """Another process has taken this delivery over; what was done here is rolled back."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`row`: its event as `received` takes it. That is read when its turn comes, so one that no version of ours knows
    fails alone."""

    delivery_id: int
    handler: str
    attempt: int
    failures: int
    deaths: int
    row: tuple[Any, ...]

    @property
    def received(self) -> Received:
        return received(self.row)


def run_lane(lane: str, *, seconds: float = 5.0) -> int:
    """Handle owed deliveries until none is due or the time is up; returns how many were handled."""
    handled, stop = 0, time.monotonic() + seconds
    with outbox.relaying(lane), leases.Turns[Claim](given_back=partial(outbox.nudge, lane)) as turns:
        while (began := time.monotonic()) < stop:
            claims = claim(lane, batch=BATCH[lane])
            if not claims:
                return handled
            if len(claims) == BATCH[lane]:
                outbox.nudge(lane)  # there may be more than we can do: another process helps
            for group in turns.of(grouped(claims), leased_at=began):
                handle(group, one_by_one=turns.one_by_one)
                handled += len(group)
    outbox.nudge(lane)
    return handled


def claim(lane: str, *, batch: int) -> list[Claim]:
    """Lease up to `batch` due deliveries, at most one per (handler, key)."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lane": lane, "batch": batch, "lease": leases.LEASE_SECONDS})
        return [
            Claim(id, handler, attempt, failures=failures, deaths=deaths, row=tuple(event))
            for id, handler, attempt, failures, deaths, *event in cursor.fetchall()
        ]


def received(row: tuple[Any, ...]) -> Received:
    """From (id, name, key, actor, depth, at, payload as psycopg2 gives jsonb)."""
    id, name, key, actor, depth, at, payload = row
    body = payload if isinstance(payload, dict) else json.loads(payload)
    return Received(id=id, name=name, key=key, actor=actor, depth=depth, at=at, event=rebuild(name, body))


def grouped(claims: Sequence[Claim]) -> list[list[Claim]]:
    """In the order in which they came to be owed; those a handler takes in one go stand where its first one is. Who may
    have been a process's death is handled alone."""
    groups: dict[Any, list[Claim]] = defaultdict(list)
    for one in sorted(claims, key=lambda one: one.delivery_id):
        handler = HANDLERS.get(one.handler)
        together = handler is not None and handler.together and not one.deaths
        groups[one.handler if together else one.delivery_id].append(one)
    return list(groups.values())


def handle(claims: Sequence[Claim], *, one_by_one: Callable[[Sequence[Claim]], None] | None = None) -> None:
    """Run deliveries of one handler; where it is atomic its work and their removal commit together.

    If several fail together each is tried alone, so that one of them does not hold up the others: by `one_by_one`, or
    else at once.
    """
    handler, (event_id, _, key, *_) = HANDLERS.get(claims[0].handler), claims[-1].row
    with log_context(event_id=event_id, event_key=key):
        try:
            if handler is None:
                raise LookupError(f"No handler is called {claims[0].handler} any more.")
            received = [one.received for one in claims]
            with outbox.handling(received), transaction.atomic() if handler.atomic else nullcontext():
                handler.run(received)
                finish(claims)
        except LostLease:
            log.warning("lease lost", handler=claims[0].handler)
        except Exception as problem:
            log.error("handler failed", handler=claims[0].handler, attempt=claims[0].attempt, exc_info=True)
            _failed(claims, problem, one_by_one or _each)


def _failed(claims: Sequence[Claim], problem: Exception, one_by_one: Callable[[Sequence[Claim]], None]) -> None:
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    if len(claims) == 1:
        put_back(claims[0], problem)
    else:
        one_by_one(claims)


def _each(claims: Sequence[Claim]) -> None:
    for one in claims:
        handle([one])


def finish(claims: Sequence[Claim]) -> None:
    """Their deliveries are no longer owed. Raises LostLease when one of them is not ours any more."""
    _, removed = _finish.run_counted(
        {"ids": [one.delivery_id for one in claims], "attempts": [one.attempt for one in claims]}
    )
    if removed < len(claims):
        raise LostLease


def put_back(claim: Claim, problem: Exception) -> None:
    """Due again after 1 s, 2 s, 4 s … at most an hour; parked for an admin after MAX_FAILURES."""
    failures = claim.failures + 1
    wait = timedelta(seconds=min(2 ** (failures - 1), 3600))
    Delivery.objects.filter(id=claim.delivery_id, attempts=claim.attempt).update(
        state=Delivery.State.PARKED if failures >= MAX_FAILURES else Delivery.State.PENDING,
        failures=failures,
        due_at=timezone.now() + wait,
        leased_until=None,
        last_error=f"{type(problem).__name__}: {problem}"[:2000],
    )


def retry_parked(delivery_id: int) -> bool:
    """An admin's retry: the delivery starts over as if it had never failed."""
    changed = Delivery.objects.filter(id=delivery_id, state=Delivery.State.PARKED).update(
        state=Delivery.State.PENDING, failures=0, deaths=0, due_at=timezone.now()
    )
    if changed:
        lane = Delivery.objects.values_list("lane", flat=True).get(id=delivery_id)
        outbox.nudge(lane)
    return bool(changed)


def drain_outbox(*, limit: int = 10_000) -> int:
    """Handle everything owed, on all lanes, until nothing is due: for tests and commands. Returns how many."""
    handled = 0
    while handled < limit:
        claims = claim("live", batch=1) or claim("work", batch=1)
        if not claims:
            break
        handle(claims)
        handled += 1
    return handled
