"""Time zones a person can choose."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

TECHNICAL = ("Etc/", "posix/", "right/", "SystemV/")


@cache
def time_zones() -> frozenset[str]:
    """Places one can live in, by their names in the database of zones."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith(TECHNICAL))
