"""One running promise: when it is due, what happened to it, and how that came about.

Pure: no ORM, no Django, no ambient clock; every function takes a `Clock` and returns a new one. A clock stores what
happened (stretches in which it ran) and never a remaining time or a wall-clock deadline that a pause would have to
shift: `due_at` follows from the stretches, the budget and the calendar. Calendars are in `calendar_math`.

    not_started → running ⇄ paused → met
                     ↓ due passed
                  breached (still running or paused) → met_late
    any of them → canceled
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cases.calendar_math import BusinessCalendar, add_business, business_seconds


class ClockState(StrEnum):
    """Where a clock stands. A breached clock goes on until it is stopped, so that the miss can be measured."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    MET_LATE = "met_late"
    CANCELED = "canceled"


OPEN_STATES = frozenset({ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED})
ENDED_STATES = frozenset({ClockState.MET, ClockState.MET_LATE, ClockState.CANCELED})


class ReopenMode(StrEnum):
    """What a clock that was met does when its case is opened again."""

    RESUME = "resume"  # keep what was consumed; the solved time does not count
    NEW_CYCLE = "new_cycle"  # start from nothing
    INCLUDE_SOLVED = "include_solved"  # as if it had never been solved


class ClockError(ValueError):
    """A step a clock cannot take. `code` is stable, the text is a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Segment(NamedTuple):
    """A stretch in which the clock ran. `seconds` of business time, as measured when it ended."""

    start: datetime
    end: datetime
    seconds: float
    frozen: bool = False  # measured on an earlier calendar that still counts for it


@dataclass(frozen=True, slots=True)
class Clock:
    """One target of one case or conversation. `budget_seconds` is business time; instants are UTC."""

    budget_seconds: float
    state: ClockState = ClockState.NOT_STARTED
    started_at: datetime | None = None
    running_since: datetime | None = None
    segments: tuple[Segment, ...] = ()
    due_at: datetime | None = None  # None before the start, and while paused in time
    breached_at: datetime | None = None
    stopped_at: datetime | None = None
    cycle: int = 1
    version: int = 1

    @property
    def consumed_seconds(self) -> float:
        """Business seconds of the ended stretches; the running one is not in it."""
        return round(sum(segment.seconds for segment in self.segments), 6)

    @property
    def overrun_seconds(self) -> float:
        """By how much an ended clock missed its budget; it does not grow any more."""
        return max(0.0, self.consumed_seconds - self.budget_seconds)


def start(clock: Clock, calendar: BusinessCalendar, *, at: datetime) -> Clock:
    """Let the clock run from `at`. Starting one that already runs or waits keeps its older start."""
    if clock.state in OPEN_STATES:
        return clock
    if clock.state is not ClockState.NOT_STARTED:
        raise ClockError("clock_ended", "This clock has ended; begin its next cycle instead.")
    begun = replace(clock, state=ClockState.RUNNING, started_at=at, running_since=at)
    return _with_due(begun, calendar)


def pause(clock: Clock, calendar: BusinessCalendar, *, at: datetime) -> Clock:
    """Stop counting at `at`. Earlier instants count as far back as the clock last began to run. Paused ones stay."""
    if clock.state not in OPEN_STATES:
        raise ClockError("clock_not_open", "Only a clock that is open can be paused.")
    if clock.running_since is None:
        return clock
    checked = check(clock, at=at)
    closed = _close_segment(checked, calendar, at)
    if closed.state is ClockState.BREACHED:
        return closed
    return replace(closed, state=ClockState.PAUSED, due_at=None)


def resume(clock: Clock, calendar: BusinessCalendar, *, at: datetime) -> Clock:
    """Count again from `at`, but not from before the pause. One that runs stays as it is."""
    if clock.state not in OPEN_STATES:
        raise ClockError("clock_not_open", "Only a clock that is open can go on.")
    if clock.running_since is not None:
        return clock
    since = max(at, clock.segments[-1].end) if clock.segments else at
    state = ClockState.RUNNING if clock.state is ClockState.PAUSED else clock.state
    return _with_due(replace(clock, state=state, running_since=since), calendar)


def stop(clock: Clock, calendar: BusinessCalendar, *, at: datetime) -> Clock:
    """The promise is kept at `at`: met up to and including the due instant, met late after it. Ended ones stay."""
    if clock.state in ENDED_STATES:
        return clock
    if clock.state is ClockState.NOT_STARTED:
        raise ClockError("clock_not_started", "A clock that has not started cannot be met.")
    checked = check(clock, at=at)
    closed = checked if checked.running_since is None else _close_segment(checked, calendar, at)
    late = closed.state is ClockState.BREACHED
    return replace(closed, state=ClockState.MET_LATE if late else ClockState.MET, stopped_at=at)


def cancel(clock: Clock, calendar: BusinessCalendar, *, at: datetime) -> Clock:
    """The promise no longer applies (merged, withdrawn, no policy any more). A breach that happened stays on it."""
    if clock.state in ENDED_STATES:
        return clock
    closed = clock if clock.running_since is None else _close_segment(check(clock, at=at), calendar, at)
    return replace(closed, state=ClockState.CANCELED, stopped_at=at)


def check(clock: Clock, *, at: datetime) -> Clock:
    """Mark the breach when the due instant has passed by `at`. A paused clock has one only if it overran already."""
    waits_for = clock.due_at if clock.state in (ClockState.RUNNING, ClockState.PAUSED) else None
    if waits_for is not None and waits_for < at:
        return replace(clock, state=ClockState.BREACHED, breached_at=clock.due_at)
    return clock


def recompute(
    clock: Clock,
    calendar: BusinessCalendar,
    *,
    budget_seconds: float,
    at: datetime,
    old_calendar: BusinessCalendar | None = None,
) -> Clock:
    """The same promise under another budget or calendar, in the middle of it: start, stretches and pauses stay.

    All stretches are measured again on the new calendar. With `old_calendar` the change counts from `at` on: what
    ran before it stays as measured on the old one. An ended clock is history and does not change; a breach that
    happened stays; a due instant now in the past is a breach at `at`.
    """
    if clock.state in ENDED_STATES:
        return clock
    if old_calendar is not None:
        changed = _freeze(clock, old_calendar, at)
    else:
        changed = replace(clock, segments=tuple(_measure(segment, calendar) for segment in clock.segments))
    due = _with_due(replace(changed, budget_seconds=budget_seconds), calendar)
    late = check(due, at=at)
    return late if late.state is due.state else replace(late, breached_at=at)


def reopen(clock: Clock, calendar: BusinessCalendar, *, at: datetime, mode: ReopenMode = ReopenMode.RESUME) -> Clock:
    """The next version of a clock that was met. The given one stays as history, with its result."""
    if clock.state not in (ClockState.MET, ClockState.MET_LATE) or clock.stopped_at is None:
        raise ClockError("clock_not_met", "Only a clock that was met can be opened again.")
    version = clock.version + 1
    if mode is ReopenMode.NEW_CYCLE:
        return start(Clock(clock.budget_seconds, cycle=clock.cycle + 1, version=version), calendar, at=at)
    segments = clock.segments
    if mode is ReopenMode.INCLUDE_SOLVED:
        segments = (*segments, _measure(Segment(clock.stopped_at, at, 0), calendar))
    missed = clock.state is ClockState.MET_LATE
    again = replace(
        clock,
        state=ClockState.BREACHED if missed else ClockState.RUNNING,
        segments=segments,
        running_since=at,
        stopped_at=None,
        version=version,
    )
    return check(_with_due(again, calendar), at=at)


def merge(clock: Clock, other: Clock, calendar: BusinessCalendar, *, at: datetime) -> Clock:
    """The clock of a case into which another one of the same customer was merged.

    It keeps the surviving budget, has the earlier start, and has run wherever either of them ran.
    """
    if clock.started_at is None or other.started_at is None or clock.state in ENDED_STATES:
        return clock
    pairs = [(s.start, s.end) for s in (*clock.segments, *other.segments)]
    pairs += [(c.running_since, at) for c in (clock, other) if c.running_since is not None]
    segments = tuple(_measure(Segment(a, b, 0), calendar) for a, b in _joined(pairs))
    running = clock.running_since is not None
    merged = replace(
        clock,
        started_at=min(clock.started_at, other.started_at),
        segments=segments,
        running_since=at if running else None,
    )
    return check(_with_due(merged, calendar), at=at)


def consumed_at(clock: Clock, calendar: BusinessCalendar, *, at: datetime) -> float:
    """Business seconds used up by `at`, the running stretch included."""
    if clock.running_since is None or at <= clock.running_since:
        return clock.consumed_seconds
    return clock.consumed_seconds + business_seconds(calendar, clock.running_since, at)


def remaining_at(clock: Clock, calendar: BusinessCalendar, *, at: datetime) -> float:
    """Business seconds left at `at`; negative once it is overdue."""
    return clock.budget_seconds - consumed_at(clock, calendar, at=at)


def instant_of(clock: Clock, calendar: BusinessCalendar, consumed: float) -> datetime | None:
    """When the clock reached, or will reach, this much consumption; None while that cannot be known (paused)."""
    left = consumed
    for segment in clock.segments:
        if left <= segment.seconds:
            return min(add_business(calendar, segment.start, left), segment.end)
        left = round(left - segment.seconds, 6)
    return None if clock.running_since is None else add_business(calendar, clock.running_since, left)


def _with_due(clock: Clock, calendar: BusinessCalendar) -> Clock:
    waits = clock.state is ClockState.PAUSED and clock.consumed_seconds <= clock.budget_seconds
    return replace(clock, due_at=None if waits else instant_of(clock, calendar, clock.budget_seconds))


def _close_segment(clock: Clock, calendar: BusinessCalendar, at: datetime) -> Clock:
    since = clock.running_since
    if since is None:
        return clock
    segment = _measure(Segment(since, max(at, since), 0), calendar)
    return replace(clock, running_since=None, segments=(*clock.segments, segment))


def _measure(segment: Segment, calendar: BusinessCalendar) -> Segment:
    if segment.frozen:
        return segment
    return segment._replace(seconds=business_seconds(calendar, segment.start, segment.end))


def _freeze(clock: Clock, old_calendar: BusinessCalendar, at: datetime) -> Clock:
    closed = _close_segment(clock, old_calendar, at)
    since = None if clock.running_since is None else max(at, clock.running_since)
    segments = tuple(segment._replace(frozen=True) for segment in closed.segments)
    return replace(closed, segments=segments, running_since=since)


def _joined(pairs: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for first, last in sorted(pairs):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
