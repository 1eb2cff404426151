"""The event catalogue: every event is a frozen dataclass registered under its class name, with its readers.

Three ways to hear an event:
- `@on(Event)`: a durable handler. Owes a delivery row, runs in order of its key, is retried, then parked.
  `@on_several(Event)` is one that takes whatever is due for it in one go.
- `@stream("name", Event, …)`: a batch reader with a cursor, for facts and webhooks: cheap, seconds behind.
- `@hint(Event)`: runs in the emitting process after commit, may be lost; only for telling open pages to look again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar, dataclass_transform

LANES = ("live", "work")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Received:
    """An event as its readers get it: the row's facts around the payload."""

    id: int
    name: str
    key: str
    actor: str
    depth: int
    at: datetime
    event: Any


Run = Callable[[Received], None]
RunBatch = Callable[[list[Received]], None]


@dataclass(frozen=True, slots=True)
class Handler:
    name: str
    lane: str
    atomic: bool
    together: bool
    run: RunBatch


@dataclass(frozen=True, slots=True)
class Stream:
    name: str
    events: frozenset[str]
    run: RunBatch


EVENTS: dict[str, type[Any]] = {}
HANDLERS: dict[str, Handler] = {}
HANDLERS_OF: dict[str, list[Handler]] = defaultdict(list)
STREAMS: dict[str, Stream] = {}
HINTS_OF: dict[str, list[Run]] = defaultdict(list)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(cls: type[T]) -> type[T]:
    """Class decorator: a frozen, slotted, keyword-only dataclass, entered in the catalogue under its name."""
    made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    if made.__name__ in EVENTS:
        raise ValueError(f"Two events are called {made.__name__}.")
    EVENTS[made.__name__] = made
    return made


def rebuild(name: str, payload: dict[str, Any]) -> Any:
    """The event of a stored payload. Fields an older or newer version did not know are dropped or left at default."""
    cls = EVENTS[name]
    known = {field.name for field in fields(cls)}
    return cls(**{key: value for key, value in payload.items() if key in known})


def on(*events: type[Any], lane: str = "live", atomic: bool = True) -> Callable[[Run], Run]:
    """Register a durable handler.

    `atomic`: the handler and the removal of its delivery are one transaction. Set it False for work that must not hold
    a transaction open (a model, a provider); such a handler is idempotent by its own means.
    """

    def register(run: Run) -> Run:
        def one_by_one(batch: list[Received]) -> None:
            for one in batch:
                run(one)

        _register(run, one_by_one, events, lane=lane, atomic=atomic, together=False)
        return run

    return register


def on_several(*events: type[Any], lane: str = "live") -> Callable[[RunBatch], RunBatch]:
    """Register a durable handler that is given all the events due for it at once, whatever their keys: for work whose
    cost hardly grows with their number. It is not atomic, so it is idempotent by its own means."""

    def register(run: RunBatch) -> RunBatch:
        _register(run, run, events, lane=lane, atomic=False, together=True)
        return run

    return register


def _register(
    run: Callable[..., None], batch: RunBatch, events: tuple[type[Any], ...], *, lane: str, atomic: bool, together: bool
) -> None:
    if lane not in LANES:
        raise ValueError(f"Lane {lane!r} does not exist; there are {LANES}.")
    name = f"{run.__module__}.{run.__name__}"
    handler = HANDLERS[name] = Handler(name=name, lane=lane, atomic=atomic, together=together, run=batch)
    for cls in events:
        HANDLERS_OF[cls.__name__].append(handler)


def stream(name: str, *events: type[Any]) -> Callable[[RunBatch], RunBatch]:
    """Register a batch reader. It gets events in commit order, inside the transaction that moves its cursor.

    Without events named it reads all of them.
    """

    def register(run: RunBatch) -> RunBatch:
        STREAMS[name] = Stream(name=name, events=frozenset(cls.__name__ for cls in events), run=run)
        return run

    return register


def hint(*events: type[Any]) -> Callable[[Run], Run]:
    """Register what tells open pages that something changed. Best effort by design."""

    def register(run: Run) -> Run:
        for cls in events:
            HINTS_OF[cls.__name__].append(run)
        return run

    return register
