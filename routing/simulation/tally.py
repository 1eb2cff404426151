"""What happened in one simulated day, interaction by interaction and agent by agent."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Fate(IntEnum):
    ANSWERED = 1
    ABANDONED = 2
    TURNED_AWAY = 3  # closed, or full with nowhere to go
    LEFT_WAITING = 4  # still there when the day was over


@dataclass(slots=True)
class Contact:
    """One interaction that came in. `waited` runs from arrival to the answer or to hanging up."""

    queue: int
    arrived: float
    waited: float
    fate: Fate
    agent: int = 0
    worked: float = 0.0  # handle and wrap-up seconds


@dataclass(slots=True)
class Post:
    """One agent's time, wall clock: busy while anything is held, idle while present and holding nothing."""

    agent: int
    busy_seconds: float = 0.0
    idle_seconds: float = 0.0
    handled: int = 0
    is_present: bool = False
    holds: int = 0
    since: float = 0.0

    def turn_to(self, now: float, *, holds: int, is_present: bool, counted: tuple[float, float]) -> None:
        """Book the time since the last change as far as it lies in the counted span, then take over the new state."""
        spent = max(0.0, min(now, counted[1]) - max(self.since, counted[0]))
        if self.holds:
            self.busy_seconds += spent
        elif self.is_present:
            self.idle_seconds += spent
        self.since, self.holds, self.is_present = now, holds, is_present

    @property
    def seconds(self) -> float:
        """Time there: with work in hand, or free for it."""
        return self.busy_seconds + self.idle_seconds

    @property
    def occupancy(self) -> float:
        """Busy ÷ (busy + available idle), 0–1."""
        return self.busy_seconds / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Tally:
    contacts: list[Contact] = field(default_factory=list)
    posts: dict[int, Post] = field(default_factory=dict)
