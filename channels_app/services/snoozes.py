"""When a snoozed conversation comes back: in the words people use, or at a day and time of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from cxos.core.errors import Invalid

MORNING = time(9)
QUARTER = timedelta(minutes=15)
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Snooze:
    """One way to say it: `key` for programs, `said` for people, `until` in the zone of whoever asks."""

    key: str
    said: str
    until: datetime


def snoozes(here: datetime) -> list[Snooze]:
    """What can be said at this moment; `here` is now in the asker's zone. "Later today" only while there is some of it."""
    later = full_quarter(after(here, timedelta(hours=3)))
    to_monday = 7 - here.weekday()
    return [
        Snooze("hour", _("In one hour"), after(here, timedelta(hours=1))),
        *([Snooze("later", _("Later today"), later)] if later.date() == here.date() else []),
        Snooze("tomorrow", _("Tomorrow"), morning(here, days=1)),
        Snooze("monday", _("Next week"), morning(here, days=to_monday)),
    ]


def snooze_until(given: Mapping[str, Any], *, here: datetime) -> datetime:
    """`for`: the key of one of `snoozes`; or `until`: a day and time, in the asker's zone unless it names another.
    Raises Invalid."""
    typed = str(given.get("until") or "").strip()
    if not typed:
        asked = given.get("for")
        found = next((one.until for one in snoozes(here) if one.key == asked), None)
        if found is None:
            raise Invalid("snooze", _("Choose how long to snooze."), field="for")
        return found
    try:
        until = parse_datetime(typed)
        until = until if until is None or until.tzinfo else until.replace(tzinfo=here.tzinfo)
        days = until - here if until else None
    except (ValueError, OverflowError):
        until = days = None
    if until is None or days is None:
        raise Invalid("snoozed_until", _("Give a day and a time."), field="until")
    if until <= here:
        raise Invalid("snoozed_until", _("This time has passed. Choose one that is still to come."), field="until")
    if days > LONGEST:
        raise Invalid("snoozed_until", _("Snooze for a year at most."), field="until")
    return until


def morning(here: datetime, *, days: int) -> datetime:
    """When work begins on a day to come."""
    return datetime.combine(here.date() + timedelta(days=days), MORNING, tzinfo=here.tzinfo)


def after(here: datetime, span: timedelta) -> datetime:
    """So much time later, also over a night in which clocks are moved."""
    return (here.astimezone(UTC) + span).astimezone(here.tzinfo)


def full_quarter(at: datetime) -> datetime:
    whole = at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)
    return whole if whole == at else after(whole, QUARTER)
