"""The schedule of a day: who was planned for what, what they did, and how well the two agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone

from cxos.core.models import Role, User
from cxos.core.phrases import reworded
from intelligence.models import Shift
from intelligence.queries.schedules import AgentDay, Stay, agent_days
from routing.models import Presence

MOST_PEOPLE = 300
USUAL_HOURS = (8, 18)  # shown at least
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a line of time. `left` and `width` in percent of the shown span."""

    left: str
    width: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One agent's day."""

    agent: User
    day: AgentDay
    planned: list[Bar] = field(default_factory=list)
    seen: list[Bar] = field(default_factory=list)
    excused: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`hours` = (hour, left in percent) of each line drawn; `now_left` only where the day is today."""

    rows: list[Row]
    hours: list[tuple[int, str]]
    now_left: str


def chosen_day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("day", "")[:10])
    except ValueError:
        return timezone.localdate()


def span_of(day: date) -> tuple[datetime, datetime]:
    """The local day, from midnight to midnight."""
    zone = timezone.get_current_timezone()
    start, end = (datetime.combine(one, time(), tzinfo=zone) for one in (day, day + timedelta(days=1)))
    return start, end


def people_of(start: datetime, end: datetime) -> list[User]:
    """Every agent, and whoever else is planned then. 1 query."""
    planned = Shift.objects.filter(agent=OuterRef("pk"), starts_at__lt=end, ends_at__gt=start)
    people = User.objects.filter(Q(role=Role.AGENT) | Exists(planned), is_active=True)
    return list(people.only("id", "name", "email").order_by("name", "id")[:MOST_PEOPLE])


def read_sheet(day: date, *, now: datetime, outside_counts: bool = False) -> Sheet:
    """The planned first, by when their day begins. 6 queries."""
    start, end = span_of(day)
    people = people_of(start, end)
    days = agent_days([one.pk for one in people], start, end, now=now, outside_counts=outside_counts)
    first, last = _shown(days.values(), start, end)
    span = Span(first, last)
    rows = [Row(one, days[one.pk], *_bars(days[one.pk], span)) for one in people]
    rows.sort(key=lambda row: (not row.day.shifts, row.day.shifts[0].starts_at if row.day.shifts else end))
    count = round((last - first) / HOUR)
    hours = [
        (timezone.localtime(first + HOUR * number).hour, span.left(first + HOUR * number)) for number in range(count)
    ]
    return Sheet(rows, hours, span.left(now) if first < now < last else "")


def read_row(agent: User, day: date, *, now: datetime, outside_counts: bool = False) -> AgentDay:
    """5 queries."""
    start, end = span_of(day)
    return agent_days([agent.pk], start, end, now=now, outside_counts=outside_counts)[agent.pk]


@dataclass(frozen=True, slots=True)
class Span:
    start: datetime
    end: datetime

    def left(self, at: datetime) -> str:
        return f"{max(0.0, (at - self.start) / (self.end - self.start)) * 100:.3f}"

    def bar(self, start: datetime, end: datetime, kind: str, words: str) -> Bar:
        start, end = max(start, self.start), min(end, self.end)
        return Bar(self.left(start), f"{max(0.0, (end - start) / (self.end - self.start)) * 100:.3f}", kind, words)


def _shown(days: Iterable[AgentDay], start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """From the first to the last hour in which anything happens, at least the usual ones."""
    first, last = start + USUAL_HOURS[0] * HOUR, start + USUAL_HOURS[1] * HOUR
    for day in days:
        moments = [(one.starts_at, one.ends_at) for one in day.shifts]
        moments += [(one.start, one.end) for one in day.stays if one.presence != Presence.OFFLINE]
        for begins, ends in moments:
            first, last = min(first, begins), max(last, ends)
    hours_before = (max(first, start) - start) // HOUR
    hours_in = -((start - min(last, end)) // HOUR)
    return start + hours_before * HOUR, start + hours_in * HOUR


def _bars(day: AgentDay, span: Span) -> tuple[list[Bar], list[Bar], list[Bar]]:
    planned = [
        span.bar(
            one.starts_at, one.ends_at, one.activity.kind, f"{_clock(one.starts_at, one.ends_at)} {one.activity.name}"
        )
        for one in day.shifts
    ]
    seen = [span.bar(one.start, one.end, one.kind, _said(one)) for one in day.stays if one.presence != Presence.OFFLINE]
    excused = [
        span.bar(one.starts_at, one.ends_at, "excused" if one.approved else "asked", one.cause)
        for one in day.exceptions
    ]
    return planned, seen, excused


def _said(stay: Stay) -> str:
    label = reworded(stay.reason) or (Presence(stay.presence).label if stay.presence in Presence else stay.presence)
    return f"{_clock(stay.start, stay.end)} {label}"


def _clock(start: datetime, end: datetime) -> str:
    return f"{timezone.localtime(start):%H:%M}–{timezone.localtime(end):%H:%M}"


def deviations(day: AgentDay) -> list[dict[str, Any]]:
    """The stretches in which something else was done than planned, for longer than the grace: from, to, planned."""
    names = {one.activity_id: one.activity.name for one in day.shifts}
    return [
        {"start": moment(one.start_ms), "end": moment(one.end_ms), "planned": names[one.planned.activity_id]}
        for one in day.kept.stretches
        if one.counts
    ]


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=timezone.get_current_timezone())
