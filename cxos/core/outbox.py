"""The outbox: events are written with the change they tell of, and reach every handler at least once, in order.

`emit` needs an open transaction. It writes the event row and a delivery row per durable handler in one statement; after
commit it sends the hints and nudges the relay. A lost nudge costs at most a second: a sweep looks for due deliveries.
"""

from __future__ import annotations

import contextvars
import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import connection, transaction

from cxos.core import broker
from cxos.core.actor import actor_name
from cxos.core.catalogue import HANDLERS_OF, HINTS_OF, Received
from cxos.core.prepared import Prepared

log = structlog.get_logger(__name__)
MAX_DEPTH = 5

# The events being handled, so that what a handler emits knows its cause without every service passing it along.
_handling: contextvars.ContextVar[tuple[Received, ...]] = contextvars.ContextVar("handling", default=())
# The lane this process is relaying: it looks for more by itself, so what it emits there needs no nudge.
_relaying: contextvars.ContextVar[str] = contextvars.ContextVar("relaying", default="")

INSERT = """
WITH written AS (
    INSERT INTO core_event (name, key, payload, actor, cause_id, depth)
    SELECT name, key, payload, %(actor)s, cause, depth
    FROM jsonb_to_recordset(%(events)s)
        AS r(ord int, name text, key text, payload jsonb, cause bigint, depth int) ORDER BY ord
    RETURNING id, name, key, depth, at
), owed AS (
    INSERT INTO core_delivery (event_id, handler, lane, key)
    SELECT written.id, h.handler, h.lane, written.key
    FROM written JOIN jsonb_to_recordset(%(handlers)s) AS h(name text, handler text, lane text) USING (name)
    ORDER BY written.id
)
SELECT id, name, key, depth, at FROM written ORDER BY id
"""
_insert = Prepared(INSERT, events="jsonb", actor="text", handlers="jsonb")


def emit(event: Any, *, key: str, actor: Any = None) -> int:
    """Write one event about the thing called `key` (such as `conversation:5`); returns its id."""
    return emit_all([(event, key)], actor=actor)[0]


def emit_all(events: Sequence[tuple[Any, str]], *, actor: Any = None) -> list[int]:
    """Write several (event, key) pairs in one statement, in this order; returns their ids."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("emit() outside a transaction: the event could outlive its cause.")
    who = actor_name(actor)
    names = {type(event).__name__ for event, _ in events}
    rows = [_row(number, event, key) for number, (event, key) in enumerate(events)]
    written = _insert.run({"events": json.dumps(rows), "handlers": owed_handlers(names), "actor": who})
    received = [
        Received(id=id, name=name, key=key, actor=who, depth=depth, at=at, event=event)
        for (event, _), (id, name, key, depth, at) in zip(events, written, strict=True)
    ]
    transaction.on_commit(lambda: announce(received))
    return [one.id for one in received]


def _row(number: int, event: Any, key: str) -> dict[str, Any]:
    cause = cause_of(key)
    return {
        "ord": number,
        "name": type(event).__name__,
        "key": key,
        "payload": dataclasses.asdict(event),
        "cause": cause.id if cause else None,
        "depth": depth_after(cause),
    }


def cause_of(key: str = "") -> Received | None:
    """The event that is being handled; of several handled together the one about the same thing, if there is one."""
    causes = _handling.get()
    return causes[0] if len(causes) == 1 else next((one for one in reversed(causes) if one.key == key), None)


def depth_after(cause: Received | None) -> int:
    return cause.depth + 1 if cause else 0


@contextmanager
def handling(causes: Iterable[Received]) -> Iterator[None]:
    """What is emitted in here is caused by these."""
    token = _handling.set(tuple(causes))
    try:
        yield
    finally:
        _handling.reset(token)


def owed_handlers(names: set[str]) -> str:
    """The handlers of these events as the JSON that INSERT joins with."""
    return json.dumps(
        [{"name": name, "handler": h.name, "lane": h.lane} for name in names for h in HANDLERS_OF.get(name, ())]
    )


def announce(received: list[Received]) -> None:
    """After commit: wake the relay of every lane concerned and send the hints. Must never fail the request."""
    for lane in {handler.lane for one in received for handler in HANDLERS_OF.get(one.name, ())} - {_relaying.get()}:
        nudge(lane)
    for one in received:
        for run in HINTS_OF.get(one.name, ()):
            try:
                run(one)
            except Exception:
                log.warning("hint failed", hint=run.__qualname__, event=one.name, exc_info=True)


@contextmanager
def relaying(lane: str) -> Iterator[None]:
    token = _relaying.set(lane)
    try:
        yield
    finally:
        _relaying.reset(token)


def nudge(lane: str) -> None:
    """Ask for a relay run on this lane, unless one is already waiting to start or Redis is away."""
    from cxos.core.tasks import relay_lane

    if broker.claim_once(f"nudged:{lane}", seconds=1):
        broker.best_effort(lambda: relay_lane.apply_async((lane,), queue=lane, expires=30, retry=False))
