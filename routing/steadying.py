"""Hysteresis: an alarm that neither flickers nor misses. Pure.

It is raised when a value stays beyond its limit for the given time, and cleared when it has been safely within, by a
margin of a tenth of the limit, for CALM_SECONDS. A value that is unknown proves nothing: clocks that ran start anew,
and an alarm that is raised stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

CALM_SECONDS = 60.0
MARGIN = 0.1


class Change(StrEnum):
    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Limit:
    """`above`: the value is bad when larger than the limit, else when smaller."""

    value: float
    above: bool = True
    seconds: float = 0.0

    def is_beyond(self, value: float) -> bool:
        return value > self.value if self.above else value < self.value

    def is_safe(self, value: float) -> bool:
        """Within by the margin; at a limit of 0, and wherever the margin leaves no room, within is enough."""
        margin = self.value * MARGIN
        return value <= self.value - margin if self.above else value >= self.value + margin


@dataclass(frozen=True, slots=True)
class Watch:
    """Where an alarm stands. `since`: when the value began to speak for the opposite (seconds); None = it does not."""

    is_raised: bool = False
    since: float | None = None


def step(watch: Watch, value: float | None, *, limit: Limit, now: float) -> tuple[Watch, Change | None]:
    """The alarm after one more look."""
    if value is None:
        return replace(watch, since=None), None
    speaks = limit.is_safe(value) if watch.is_raised else limit.is_beyond(value)
    if not speaks:
        return replace(watch, since=None), None
    since = now if watch.since is None else watch.since
    needed = CALM_SECONDS if watch.is_raised else limit.seconds
    if now - since < needed:
        return replace(watch, since=since), None
    return Watch(not watch.is_raised), Change.CLEARED if watch.is_raised else Change.RAISED
