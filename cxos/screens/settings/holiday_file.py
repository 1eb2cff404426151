"""A calendar file (iCalendar, RFC 5545) read for the days one is closed: what it holds, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from django.utils.translation import gettext as _
from icalendar import Calendar as File

MOST_DAYS = 400
LONGEST = 31  # days of one event
AHEAD = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """`sure` False: the file calls it a day on which people are free for work (a feast, not a holiday)."""

    day: date
    name: str
    sure: bool = True


@dataclass(slots=True)
class HolidayFile:
    days: list[Holiday] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    problem: str = ""


def read_holidays(content: bytes, *, today: date) -> HolidayFile:
    """The whole days in the file from today on, for three years; yearly ones repeated."""
    read = HolidayFile()
    try:
        events = list(File.from_ical(content).walk("VEVENT"))
    except (ValueError, IndexError, KeyError, AttributeError):
        read.problem = _("This is no calendar file. Choose one that ends in .ics.")
        return read
    found: dict[date, Holiday] = {}
    for event in events:
        name = str(event.get("SUMMARY", "") or _("Holiday"))[:80]
        try:
            days = list(days_of(event, today=today))
        except (ValueError, TypeError, AttributeError, KeyError) as problem:
            read.left_out.append(_("%(name)s: %(problem)s") % {"name": name, "problem": problem})
            continue
        sure = str(event.get("TRANSP", "")).upper() != "TRANSPARENT"
        for day in days:
            found.setdefault(day, Holiday(day, name, sure))
    read.days = sorted(found.values())[:MOST_DAYS]
    if not read.days and not read.left_out:
        read.problem = _("There is no whole day from today on in this file.")
    return read


def days_of(event: Any, *, today: date) -> Iterator[date]:
    """Raises ValueError with a sentence for what is no whole day."""
    start = event.decoded("DTSTART")
    if isinstance(start, datetime):
        raise ValueError(_("it has a time of day; only whole days are taken."))
    end = event.decoded("DTEND", None)
    length = (end - start).days if end is not None else 1
    if not 1 <= length <= LONGEST:
        raise ValueError(_("it lasts longer than a month."))
    for first in starts_of(event, start, today=today):
        for more in range(length):
            day = first + timedelta(days=more)
            if day >= today:
                yield day


def starts_of(event: Any, start: date, *, today: date) -> list[date]:
    rule = event.get("RRULE")
    if rule is None:
        return [start]
    begin = datetime(start.year, start.month, start.day)
    until = datetime(today.year, today.month, today.day) + AHEAD
    repeated = rrulestr(rule.to_ical().decode(), dtstart=begin, ignoretz=True)
    since = datetime(today.year, today.month, today.day) - timedelta(days=LONGEST)
    return [one.date() for one in repeated.between(since, until, inc=True)][:MOST_DAYS]
