"""When a customer may be called back: inside the window of their own day, not sooner than the gap allows. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_MINUTES = 24 * 60


def zone_or_utc(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def may_be_called(at: datetime, *, zone: str, start: int, end: int) -> bool:
    """`start` and `end` in minutes of the customer's day; an end before the start lies on the next day; the same two
    allow every minute."""
    local = at.astimezone(zone_or_utc(zone))
    minute = local.hour * 60 + local.minute
    if start == end:
        return True
    return start <= minute < end if start < end else minute >= start or minute < end


def next_allowed(at: datetime, *, zone: str, start: int, end: int) -> datetime:
    """`at` itself while they may be called, else the next start of the window. UTC."""
    if may_be_called(at, zone=zone, start=start, end=end):
        return at
    where = zone_or_utc(zone)
    day = at.astimezone(where).date()
    for later in range(3):  # a start that falls into the gap of a clock change moves on with it
        opening = datetime.combine(day + timedelta(days=later), time(), where) + timedelta(minutes=start)
        if opening.astimezone(UTC) > at:
            return opening.astimezone(UTC)
    return at
