"""The relay: claims owed deliveries, runs their handlers, retries with back-off, parks what keeps failing.

Serial per (handler, key), parallel otherwise. A claim is a lease: when its process dies, the lease runs out and the
delivery is claimed again. The attempt number is the fencing token: a handler that outlived its lease cannot commit.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from cxos.core import outbox
from cxos.core.catalogue import HANDLERS, Received, rebuild
from cxos.core.models import Delivery

log = structlog.get_logger(__name__)
LEASE_SECONDS = 8
MAX_ATTEMPTS = 10
MAX_DEATHS = 5
BATCH = {"live": 4, "work": 50}

CLAIM = """
UPDATE core_delivery SET state = 'running', attempts = attempts + 1, leased_until = statement_timestamp() + make_interval(secs => %(lease)s)
FROM core_event
WHERE core_delivery.id IN (
    SELECT d.id FROM core_delivery d
    WHERE d.lane = %(lane)s AND d.state = 'pending' AND d.due_at <= statement_timestamp() AND NOT EXISTS (
        SELECT 1 FROM core_delivery earlier
        WHERE earlier.handler = d.handler AND earlier.key = d.key AND earlier.id < d.id AND earlier.state <> 'parked')
    ORDER BY d.id LIMIT %(batch)s FOR UPDATE OF d SKIP LOCKED)
AND core_event.id = core_delivery.event_id
RETURNING core_delivery.id, handler, attempts, core_event.id, name, core_event.key, actor, depth, at, payload
"""
FINISH = "DELETE FROM core_delivery WHERE id = %s AND attempts = %s AND state = 'running'"


class LostLease(Exception):
    """Another process has taken this delivery over; what was done here is rolled back."""


@dataclass(frozen=True, slots=True)
class Claim:
    delivery_id: int
    handler: str
    attempt: int
    received: Received


def run_lane(lane: str, *, seconds: float = 5.0) -> int:
    """Handle owed deliveries until none is due or the time is up; returns how many were handled."""
    handled, stop = 0, time.monotonic() + seconds
    with outbox.relaying(lane):
        while time.monotonic() < stop:
            claims = claim(lane, batch=BATCH[lane])
            if not claims:
                return handled
            if len(claims) == BATCH[lane]:
                outbox.nudge(lane)  # there may be more than we can do: another process helps
            for one in sorted(claims, key=lambda one: one.delivery_id):
                handle(one)
                handled += 1
    outbox.nudge(lane)
    return handled


def claim(lane: str, *, batch: int) -> list[Claim]:
    """Lease up to `batch` due deliveries, at most one per (handler, key)."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lane": lane, "batch": batch, "lease": LEASE_SECONDS})
        return [
            Claim(
                delivery_id=row[0],
                handler=row[1],
                attempt=row[2],
                received=received(row[3:]),
            )
            for row in cursor.fetchall()
        ]


def received(row: tuple[Any, ...]) -> Received:
    """From (id, name, key, actor, depth, at, payload as psycopg2 gives jsonb)."""
    id, name, key, actor, depth, at, payload = row
    body = payload if isinstance(payload, dict) else json.loads(payload)
    return Received(id=id, name=name, key=key, actor=actor, depth=depth, at=at, event=rebuild(name, body))


def handle(claim: Claim) -> None:
    """Run one delivery; the handler's work and the delivery's removal commit together."""
    handler = HANDLERS.get(claim.handler)
    token = outbox.handling.set(claim.received)
    structlog.contextvars.bind_contextvars(event_id=claim.received.id, event_key=claim.received.key)
    try:
        if handler is None:
            raise LookupError(f"No handler is called {claim.handler} any more.")
        if handler.atomic:
            with transaction.atomic():
                handler.run(claim.received)
                finish(claim)
        else:
            handler.run(claim.received)
            finish(claim)
    except LostLease:
        log.warning("lease lost", handler=claim.handler)
    except Exception as problem:
        log.error("handler failed", handler=claim.handler, attempt=claim.attempt, exc_info=True)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        put_back(claim, problem)
    finally:
        outbox.handling.reset(token)
        structlog.contextvars.unbind_contextvars("event_id", "event_key")


def finish(claim: Claim) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FINISH, (claim.delivery_id, claim.attempt))
        if not cursor.rowcount:
            raise LostLease


def put_back(claim: Claim, problem: Exception) -> None:
    """Due again after 1 s, 2 s, 4 s … at most an hour; parked for an admin after MAX_ATTEMPTS."""
    parked = claim.attempt >= MAX_ATTEMPTS
    wait = timedelta(seconds=min(2 ** (claim.attempt - 1), 3600))
    Delivery.objects.filter(id=claim.delivery_id, attempts=claim.attempt).update(
        state=Delivery.State.PARKED if parked else Delivery.State.PENDING,
        due_at=timezone.now() + wait,
        leased_until=None,
        last_error=f"{type(problem).__name__}: {problem}"[:2000],
    )


def recover_leases() -> int:
    """Give back deliveries whose process died; one that has killed MAX_DEATHS of them is parked instead."""
    expired = Delivery.objects.filter(state=Delivery.State.RUNNING, leased_until__lt=timezone.now())
    expired.filter(attempts__gte=MAX_DEATHS).update(
        state=Delivery.State.PARKED, leased_until=None, last_error="The process died while handling this, repeatedly."
    )
    return expired.update(state=Delivery.State.PENDING, leased_until=None)


def retry_parked(delivery_id: int) -> bool:
    """An admin's retry: the delivery starts over with all its attempts."""
    changed = Delivery.objects.filter(id=delivery_id, state=Delivery.State.PARKED).update(
        state=Delivery.State.PENDING, attempts=F("attempts") * 0, due_at=timezone.now()
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
        handle(claims[0])
        handled += 1
    return handled
