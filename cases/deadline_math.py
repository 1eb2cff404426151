"""How a deadline came about, as data a screen can draw and `deadline_words` can tell. Pure, like `clock_math`."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cases.calendar_math import BusinessCalendar, open_spans
from cases.clock_math import OPEN_STATES, Clock, instant_of
from cases.hours import zone_named

CLOSED = "closed"
NOT_RUNNING = "not running"


class UsedSpan(NamedTuple):
    """Budget used on one local date: `start` and `end` in the calendar's zone."""

    date: date
    start: datetime
    end: datetime
    seconds: float


class SkippedDay(NamedTuple):
    """A local date from start to due that counted nothing: a holiday's name, CLOSED, or NOT_RUNNING (a pause, or the
    hours were over)."""

    date: date
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a deadline came about: the stretches of open time that use the budget up, and the days in between."""

    zone: str
    budget_seconds: float
    started_at: datetime | None
    due_at: datetime | None
    spans: tuple[UsedSpan, ...]
    skipped: tuple[SkippedDay, ...]
    pauses: tuple[tuple[datetime, datetime | None], ...]


def explain(clock: Clock, calendar: BusinessCalendar) -> Explanation:
    """Why the clock is due when it is. What ran after the due instant is left out; a paused clock has no due."""
    zone = calendar.zone_at(clock.started_at) if clock.started_at else zone_named(calendar.versions[-1].zone)
    due = instant_of(clock, calendar, clock.budget_seconds)
    ran = [(s.start, s.end if due is None else min(s.end, due)) for s in clock.segments]
    if clock.running_since is not None and due is not None:
        ran.append((clock.running_since, due))
    spans = tuple(span for first, last in ran if first < last for span in _used(calendar, zone, first, last))
    pauses = tuple((a, b) for a, b in _pauses(clock) if due is None or a < due)
    return Explanation(
        zone=zone.key,
        budget_seconds=clock.budget_seconds,
        started_at=clock.started_at and clock.started_at.astimezone(zone),
        due_at=due and due.astimezone(zone),
        spans=spans,
        skipped=_skipped(calendar, zone, clock, due, spans),
        pauses=pauses,
    )


def _pauses(clock: Clock) -> list[tuple[datetime, datetime | None]]:
    """Between two stretches; after the last one only while the clock is open."""
    begins: list[datetime | None] = [segment.start for segment in clock.segments[1:]]
    begins += [clock.running_since] if clock.state in OPEN_STATES else []
    return [(s.end, begin) for s, begin in zip(clock.segments, begins, strict=False) if s.end != begin]


def _used(calendar: BusinessCalendar, zone: ZoneInfo, start: datetime, end: datetime) -> list[UsedSpan]:
    """The open time of [start, end), cut at local midnights."""
    used = []
    for opens, closes in open_spans(calendar, start, end):
        while opens < closes:
            local = opens.astimezone(zone)
            midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), tzinfo=zone)
            stop = min(closes, midnight.astimezone(UTC))
            used.append(UsedSpan(local.date(), local, stop.astimezone(zone), (stop - opens).total_seconds()))
            opens = stop
    return used


def _skipped(
    calendar: BusinessCalendar, zone: ZoneInfo, clock: Clock, due: datetime | None, spans: tuple[UsedSpan, ...]
) -> tuple[SkippedDay, ...]:
    if clock.started_at is None or due is None:
        return ()
    first, last = clock.started_at.astimezone(zone).date(), due.astimezone(zone).date()
    counted = {span.date for span in spans}
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(SkippedDay(day, _why_skipped(calendar, day)) for day in days if day not in counted)


def _why_skipped(calendar: BusinessCalendar, day: date) -> str:
    reason = calendar.reason_on(day)
    if calendar.hours_on(day):
        return NOT_RUNNING
    return reason or CLOSED
