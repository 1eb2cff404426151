"""Forecast beside actual: the day of a queue, or of the floor, per quarter-hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from intelligence.queries import INTERVAL, outlook
from intelligence.queries.outlook import ALL, DayOutlook, Subject

AROUND = 4  # quarter-hours shown before the first and after the last in which anything comes
LEAST = 0.25


@dataclass(frozen=True, slots=True)
class Quarter:
    """`actual` None while it lies ahead; the band only of what lies ahead."""

    start: datetime
    usual: float
    actual: int | None
    is_over: bool
    expected: float
    low: int | None = None
    high: int | None = None


def subject_of(queue_id: int | None) -> Subject:
    return ("queue", queue_id) if queue_id else ALL


def quarters(day: DayOutlook) -> list[Quarter]:
    """Those in which anything comes, or usually does, and an hour around them."""
    busy = [place for place, usual in enumerate(day.usual) if usual >= LEAST or day.actual[place]]
    if not busy:
        return []
    first, last = max(0, busy[0] - AROUND), min(len(day.slots) - 1, busy[-1] + AROUND)
    return [quarter(day, place) for place in range(first, last + 1)]


def quarter(day: DayOutlook, place: int) -> Quarter:
    start, usual = day.slots[place], day.usual[place]
    begun, is_over = start <= day.now, start + INTERVAL <= day.now
    if is_over:
        return Quarter(start, usual, day.actual[place], True, usual)
    volume = day.of(place)
    low, high = volume.band
    return Quarter(start, usual, day.actual[place] if begun else None, False, volume.mean, low, high)


def day_chart(*, queue_id: int | None, now: datetime) -> dict[str, Any] | None:
    """What came in, what was expected in the morning, and what is expected now, with its band. 1 query, 2 when cold."""
    subject = subject_of(queue_id)
    day = outlook.outlooks([subject], now=now).get(subject)
    return chart_of(quarters(day), now=now) if day else None


def chart_of(shown: Sequence[Quarter], *, now: datetime) -> dict[str, Any] | None:
    """These quarter-hours as <c-chart> takes them; None for none."""
    if not shown:
        return None
    ahead = [not one.is_over for one in shown]
    return {
        "x": [int(one.start.timestamp()) for one in shown],
        "now": int(now.timestamp()),
        "series": [
            {
                "label": _("80 % band"),
                "kind": "band",
                "low": [one.low for one in shown],
                "high": [one.high for one in shown],
            },
            {"label": _("Came in"), "kind": "bar", "values": [one.actual for one in shown]},
            {"label": _("Forecast of the morning"), "values": [round(one.usual, 1) for one in shown], "dashed": True},
            {
                "label": _("Expected now"),
                "tone": "waiting",
                "values": [round(one.expected, 1) if late else None for one, late in zip(shown, ahead, strict=True)],
            },
        ],
    }


@dataclass(frozen=True, slots=True)
class PastDay:
    day: date
    volume: int
    by_now: int


def past_days(*, queue_id: int | None, now: datetime) -> list[PastDay]:
    """The days the forecast is made of, newest first. 1 query."""
    subject = subject_of(queue_id)
    held = outlook.quarters_of([subject], outlook.like_days(now.date()), now.tzinfo)
    until = outlook.quarter_of(now)
    return [PastDay(day, sum(counts), sum(counts[:until])) for (_, day), counts in sorted(held.items(), reverse=True)]
