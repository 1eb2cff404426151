"""Business hours as people keep them, and as the clocks reckon with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from cases import calendar_math
from cases.calendar_math import BusinessCalendar, DayHours
from cases.hours import CalendarError, Interval
from cases.models import Calendar, CalendarDay
from cxos.core.errors import Invalid
from cxos.core.events.cases import CalendarChanged
from cxos.core.outbox import emit

Pairs = Sequence[Sequence[int]]


def business_calendar(calendar: Calendar) -> BusinessCalendar:
    """What the clocks reckon with. Costs one query the first time a process meets this version of the calendar.

    Dated days are part of the version: change them through the services here, which count it up.
    """
    return _loaded(calendar.pk, calendar.version, calendar.changed_at, calendar.zone, _frozen(calendar.weekly))


def is_open(calendar: Calendar, *, at: datetime) -> bool:
    return calendar_math.is_open(business_calendar(calendar), at)


def next_opening(calendar: Calendar, *, after: datetime) -> datetime | None:
    """`after` itself while open; None for a calendar that never opens again."""
    try:
        return calendar_math.next_open(business_calendar(calendar), after)
    except CalendarError:
        return None


def next_closing(calendar: Calendar, *, after: datetime, within: timedelta) -> datetime | None:
    """When it closes, if it is open now and does so within that time."""
    spans = calendar_math.open_spans(business_calendar(calendar), after, after + within)
    if not spans or spans[0].start > after or spans[0].end >= after + within:
        return None
    return spans[0].end


def week_hours(calendar: Calendar, *, monday: date) -> tuple[DayHours, ...]:
    """Seven days for drawing."""
    return calendar_math.week_hours(business_calendar(calendar), monday)


def set_hours(calendar: Calendar, *, zone: str, weekly: Mapping[str, Pairs], actor: Any, now: datetime) -> Calendar:
    """Other weekly hours or another zone. Open clocks are reckoned again soon after, past results stay."""
    _week_of(weekly)
    with _refusing("weekly"):
        BusinessCalendar.weekly(zone, _week_of(weekly))
    calendar.zone, calendar.weekly = zone, {day: [list(pair) for pair in pairs] for day, pairs in weekly.items()}
    return _changed(calendar, ["zone", "weekly"], actor=actor, now=now)


def set_day(calendar: Calendar, *, day: date, name: str, intervals: Pairs = (), actor: Any, now: datetime) -> Calendar:
    """A dated exception: a holiday (no intervals) or special hours. Replaces what that date had."""
    with _refusing("intervals"):
        hours = [list(_interval(pair)) for pair in intervals]
    with transaction.atomic():
        CalendarDay.objects.update_or_create(
            calendar=calendar, date=day, defaults={"name": name[:80], "intervals": hours}
        )
        return _changed(calendar, [], actor=actor, now=now)


def clear_day(calendar: Calendar, *, day: date, actor: Any, now: datetime) -> Calendar:
    """The date follows its week again."""
    with transaction.atomic():
        removed, _ = CalendarDay.objects.filter(calendar=calendar, date=day).delete()
        return _changed(calendar, [], actor=actor, now=now) if removed else calendar


def _changed(calendar: Calendar, fields: list[str], *, actor: Any, now: datetime) -> Calendar:
    with transaction.atomic():
        held = Calendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
        calendar.version, calendar.changed_at = held.version + 1, now
        calendar.save(update_fields=[*fields, "version", "changed_at"])
        emit(
            CalendarChanged(calendar_id=calendar.pk, version=calendar.version),
            key=f"calendar:{calendar.pk}",
            actor=actor,
        )
    return calendar


@lru_cache(maxsize=128)
def _loaded(
    calendar_id: int, version: int, changed_at: datetime, zone: str, weekly: tuple[tuple[str, Any], ...]
) -> BusinessCalendar:
    days = CalendarDay.objects.filter(calendar_id=calendar_id)
    special = {day.date: tuple(_interval(pair) for pair in day.intervals) for day in days if day.intervals}
    holidays = {day.date: day.name or "holiday" for day in days if not day.intervals}
    return BusinessCalendar.weekly(zone, _week_of(dict(weekly)), holidays=holidays, special_hours=special)


def _week_of(weekly: Mapping[str, Pairs]) -> list[list[Interval]]:
    unknown = set(weekly) - {str(day) for day in range(7)}
    if unknown:
        raise Invalid("unknown_weekday", gettext("A week's days are called 0 (Monday) to 6 (Sunday)."), field="weekly")
    with _refusing("weekly"):
        return [[_interval(pair) for pair in weekly.get(str(day), ())] for day in range(7)]


def _interval(pair: Sequence[int]) -> Interval:
    if len(pair) != 2 or not all(isinstance(minutes, int) for minutes in pair):
        raise CalendarError("Opening hours are pairs of minutes after midnight, such as [540, 1020].")
    return Interval(*pair).checked()


def _frozen(weekly: Mapping[str, Pairs]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((day, tuple(tuple(pair) for pair in pairs)) for day, pairs in weekly.items()))


class _refusing:
    """Turns a calendar's own error into a refusal that names the field."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, CalendarError):
            raise Invalid("calendar_refused", str(error), field=self.field) from error
