"""When interactions come in: recorded, Poisson, or Poisson with a rate that changes through the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol

from routing.engine.snapshot import Preference, Requirement
from routing.simulation.chance import FOREVER, Constant, Duration

DRAWS = 60  # thrown away at most, before the mean is added


@dataclass(frozen=True, slots=True)
class Kind:
    """What an arriving interaction is like: everything of an `Item` that does not depend on its moment."""

    queue: int
    medium: str = "voice"
    handle: Duration = field(default_factory=lambda: Constant(180.0))
    patience: Duration = FOREVER
    wrap_up: Duration | None = None  # None = the scenario's
    priority: int = 0
    age_credit: float = 0.0
    cost: int | None = None
    interruptible: bool = False
    required: tuple[Requirement, ...] = ()
    preferred: tuple[Preference, ...] = ()
    vip_boost: float = 0.0
    sla_seconds: float | None = None  # due that long after arrival


@dataclass(frozen=True, slots=True)
class Arrival:
    """One interaction; a recorded one may bring its own handle time and patience instead of drawing them."""

    at: float  # seconds since the start of the day
    kind: Kind
    handle_seconds: float | None = None
    patience_seconds: float | None = None
    sticky_agent: int | None = None
    sticky_seconds: float = 0.0


class Source(Protocol):
    def day(self, random: Random, *, until: float) -> Iterator[Arrival]: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """The same arrivals every time."""

    arrivals: Sequence[Arrival]

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        return (arrival for arrival in self.arrivals if arrival.at < until)


@dataclass(frozen=True, slots=True)
class Poisson:
    """A constant rate, in interactions per hour."""

    kind: Kind
    per_hour: float

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        return Profile(self.kind, (self.per_hour,), interval_seconds=3600.0).day(random, until=until)


@dataclass(frozen=True, slots=True)
class Profile:
    """A rate per interval (a forecast): Poisson within each, in interactions per hour; the last rate goes on."""

    kind: Kind
    per_hour: tuple[float, ...]
    interval_seconds: float = 900.0

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        """Thinning: candidates at the highest rate, each kept with the chance of its own interval."""
        most = max(self.per_hour, default=0.0)
        at = 0.0
        while most > 0:
            at += random.expovariate(most / 3600.0)
            if at >= until:
                return
            rate = self.per_hour[min(int(at // self.interval_seconds), len(self.per_hour) - 1)]
            if rate == most or random.random() * most < rate:
                yield Arrival(at, self.kind)


@dataclass(frozen=True, slots=True)
class Together:
    """Several sources at once, in order of time."""

    sources: tuple[Source, ...]

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        from heapq import merge

        own = [source.day(Random(random.random()), until=until) for source in self.sources]
        return merge(*own, key=lambda arrival: arrival.at)


@dataclass(frozen=True, slots=True)
class Replayed:
    """Recorded arrivals of whom some were answered after `borne` seconds: they would have waited at least that long.

    How much longer is drawn each day from their kind's patience.
    """

    seen: Sequence[tuple[Arrival, float | None]]  # (arrival, seconds borne; None = nothing to draw)

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        for arrival, borne in self.seen:
            if arrival.at >= until:
                continue
            if borne is None:
                yield arrival
            else:
                yield replace(arrival, patience_seconds=beyond(arrival.kind.patience, borne, random))


def beyond(patience: Duration, borne: float, random: Random) -> float:
    """A patience longer than what was borne."""
    for _ in range(DRAWS):
        drawn = patience.draw(random)
        if drawn > borne:
            return drawn
    return borne + patience.mean
