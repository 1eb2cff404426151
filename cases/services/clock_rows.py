"""Between a clock's row and the pure clock: load, take a step, store what changed, tell what happened.

Callers hold the lock of what the clock hangs on (conversation or case), taken before any clock's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from cases import clock_math
from cases.calendar_math import BusinessCalendar
from cases.clock_math import ClockState, Segment
from cases.models import Case, Clock
from cases.services.calendars import business_calendar
from channels_app.models import Conversation
from cxos.core.events.cases import ClockBreached, ClockChanged, ClockMet, ClockPaused, ClockResumed, ClockStarted
from cxos.core.outbox import emit_all

Subject = Conversation | Case
Step = Callable[[clock_math.Clock, BusinessCalendar], clock_math.Clock]
OPEN = ("running", "paused", "breached")
STORED = [
    "state", "running_since", "segments", "consumed_seconds", "due_at", "started_at", "breached_at", "stopped_at",
    "budget_seconds",
]  # fmt: skip
SAVE_ALL = """
UPDATE cases_clock SET
    state = r.state, running_since = r.running_since, segments = r.segments, consumed_seconds = r.consumed_seconds,
    due_at = r.due_at, started_at = r.started_at, breached_at = r.breached_at, stopped_at = r.stopped_at,
    budget_seconds = r.budget_seconds
FROM jsonb_to_recordset(%s::jsonb) AS r(
    id bigint, state text, running_since timestamptz, segments jsonb, consumed_seconds int, due_at timestamptz,
    started_at timestamptz, breached_at timestamptz, stopped_at timestamptz, budget_seconds int)
WHERE cases_clock.id = r.id
"""


def on(subject: Subject) -> Mapping[str, Any]:
    """Which rows are this subject's."""
    return {"conversation" if isinstance(subject, Conversation) else "case": subject}


def lock_subjects(clock_ids: Collection[int]) -> None:
    """Lock what these clocks hang on, conversations before cases, each in order of id. Two queries."""
    found = Clock.objects.filter(id__in=clock_ids).order_by()
    for model, column in ((Conversation, "conversation_id"), (Case, "case_id")):
        ids = found.exclude(**{column: None}).values(column)
        list(model.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id").values_list("id"))


def open_clocks(subject: Subject) -> list[Clock]:
    """Locked, with calendar and policy, oldest first. One query."""
    rows = Clock.objects.select_for_update(of=("self",)).select_related("calendar", "policy")
    return list(rows.filter(**on(subject), state__in=OPEN).order_by("id"))


def latest_clocks(subject: Subject) -> dict[str, Clock]:
    """Metric → its newest clock, locked in order of id, with calendar and policy. One query."""
    rows = Clock.objects.select_for_update(of=("self",)).select_related("calendar", "policy")
    newest = Clock.objects.filter(**on(subject)).order_by().values("metric").annotate(newest=Max("id"))
    return {row.metric: row for row in rows.filter(id__in=newest.values("newest")).order_by("id")}


def pure(row: Clock) -> clock_math.Clock:
    """The row as the clock the maths works on."""
    return clock_math.Clock(
        budget_seconds=row.budget_seconds,
        state=ClockState(row.state),
        started_at=row.started_at,
        running_since=row.running_since,
        segments=tuple(
            Segment(datetime.fromisoformat(start), datetime.fromisoformat(end), seconds, frozen)
            for start, end, seconds, frozen in row.segments
        ),
        due_at=row.due_at,
        breached_at=row.breached_at,
        stopped_at=row.stopped_at,
        cycle=row.cycle,
        version=row.version,
    )


def fill(row: Clock, clock: clock_math.Clock) -> Clock:
    """Set (not save) the row's columns from a clock that has started."""
    assert clock.started_at is not None
    row.state = clock.state.value
    row.started_at, row.running_since, row.due_at = clock.started_at, clock.running_since, clock.due_at
    row.breached_at, row.stopped_at = clock.breached_at, clock.stopped_at
    row.segments = [[s.start.isoformat(), s.end.isoformat(), s.seconds, s.frozen] for s in clock.segments]
    row.consumed_seconds = int(clock.consumed_seconds)
    row.budget_seconds = int(clock.budget_seconds)
    row.cycle, row.version = clock.cycle, clock.version
    return row


def take(row: Clock, step: Step, *, actor: Any = None, now: datetime, cause: str = "time") -> bool:
    """Let the row take a step and tell of it; whether anything changed."""
    before = pure(row)
    after = step(before, business_calendar(row.calendar))
    if after == before:
        return False
    fill(row, after).save(update_fields=STORED)
    tell([row], [before], actor=actor, now=now, cause=cause)
    return True


def cancel(row: Clock, *, at: datetime, actor: Any, now: datetime) -> None:
    """The promise no longer applies; a breach that happened stays on it."""
    take(row, lambda clock, calendar: clock_math.cancel(clock, calendar, at=at), actor=actor, now=now, cause="canceled")


def reckon(rows: Sequence[Clock], budgets: Sequence[int], *, actor: Any, now: datetime, cause: str) -> None:
    """Measure all stretches again on the rows' calendars and move the deadlines. A past one is a breach now.

    Two statements, however many rows.
    """
    changed, before = [], []
    for row, budget in zip(rows, budgets, strict=True):
        old = pure(row)
        checked = clock_math.check(old, at=now)
        new = clock_math.recompute(checked, business_calendar(row.calendar), budget_seconds=budget, at=now)
        if new != old:
            changed.append(fill(row, new))
            before.append(old)
    if changed:
        _save_all(changed)
        tell(changed, before, actor=actor, now=now, cause=cause)


def _save_all(rows: Sequence[Clock]) -> None:
    """One statement: Django's bulk_update compiles a CASE per column and row, twenty times slower at a few hundred."""
    said = [{"id": row.pk, **{name: getattr(row, name) for name in STORED}} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(SAVE_ALL, [json.dumps(said, default=datetime.isoformat)])


def tell(
    rows: Sequence[Clock],
    before: Sequence[clock_math.Clock | None],
    *,
    actor: Any = None,
    now: datetime,
    cause: str = "time",
) -> None:
    """Emit what the changes from `before` (None: newly begun) to the rows mean. One statement."""
    events = [
        (event, key_of(row))
        for row, old in zip(rows, before, strict=True)
        for event in events_of(row, old, now=now, cause=cause)
    ]
    if events:
        emit_all(events, actor=actor)


def events_of(row: Clock, before: clock_math.Clock | None, *, now: datetime, cause: str) -> Iterator[Any]:
    """A breach that only came to light with this step is told before its end, so that each is told exactly once."""
    where = place(row)
    due_at = row.due_at.isoformat() if row.due_at else None
    if before is None:
        yield ClockStarted(**where, cycle=row.cycle, due_at=due_at, budget_seconds=row.budget_seconds)
    if row.breached_at is not None and (before is None or before.breached_at is None):
        yield breach(row, now=now, cause="time" if cause == "canceled" else cause)
    if before is None:
        if row.running_since is None:
            yield ClockPaused(**where)
        return
    if row.state != before.state and row.state in (Clock.State.MET, Clock.State.MET_LATE):
        late = row.state == Clock.State.MET_LATE
        yield ClockMet(**where, late=late, consumed_seconds=row.consumed_seconds)
    elif row.state == Clock.State.CANCELED:
        yield ClockChanged(**where, due_at=None, cause="canceled")
    elif row.running_since is None and before.running_since is not None:
        yield ClockPaused(**where)
    elif row.running_since is not None and before.running_since is None:
        yield ClockResumed(**where, due_at=due_at)
    elif row.due_at != before.due_at:
        yield ClockChanged(**where, due_at=due_at, cause=cause)


def breach(row: Clock, *, now: datetime, cause: str) -> ClockBreached:
    """`late_ms` from the instant of the breach to its notice."""
    due_at = row.due_at or row.breached_at or now
    noticed = row.breached_at or due_at
    return ClockBreached(
        **place(row),
        cycle=row.cycle,
        due_at=due_at.isoformat(),
        late_ms=max(0, round((now - noticed).total_seconds() * 1000)),
        cause=cause,
    )


def place(row: Clock) -> dict[str, Any]:
    """What every event of a clock begins with."""
    return {
        "clock_id": row.pk,
        "conversation_id": row.conversation_id,
        "case_id": row.case_id,
        "metric": row.metric,
    }


def key_of(row: Clock) -> str:
    """What the clock's events are about, and in whose order they are handled."""
    return f"conversation:{row.conversation_id}" if row.conversation_id else f"case:{row.case_id}"
