"""The core reckons in epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def moment(second: float | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, tz=UTC)
