"""Distributions to draw durations from, in seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from random import Random
from typing import Protocol


class Duration(Protocol):
    @property
    def mean(self) -> float: ...

    def draw(self, random: Random) -> float: ...


@dataclass(frozen=True, slots=True)
class Constant:
    seconds: float

    @property
    def mean(self) -> float:
        return self.seconds

    def draw(self, random: Random) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True)
class Exponential:
    mean: float

    def draw(self, random: Random) -> float:
        return random.expovariate(1.0) * self.mean


@dataclass(frozen=True, slots=True)
class LogNormal:
    """By mean and coefficient of variation, the usual shape of handle times."""

    mean: float
    variation: float = 1.0

    def draw(self, random: Random) -> float:
        spread = log(1.0 + self.variation**2)
        return random.lognormvariate(log(self.mean) - spread / 2, sqrt(spread))


class Observed:
    """Drawn from the observed values themselves."""

    __slots__ = ("mean", "values")

    def __init__(self, values: Sequence[float]) -> None:
        if not values:
            raise ValueError("An observed distribution needs at least one value.")
        self.values = sorted(values)
        self.mean = sum(self.values) / len(self.values)

    def draw(self, random: Random) -> float:
        return self.values[int(random.random() * len(self.values))]


@dataclass(frozen=True, slots=True)
class Stretched:
    """A distribution times a factor."""

    base: Duration
    factor: float

    @property
    def mean(self) -> float:
        return self.base.mean * self.factor

    def draw(self, random: Random) -> float:
        return self.base.draw(random) * self.factor


class Curve:
    """By a survival curve: steps (time, share that lasts longer); beyond the last step exponentially with `tail_mean`."""

    __slots__ = ("_shares", "_tail_mean", "_times", "mean")

    def __init__(self, steps: Sequence[tuple[float, float]], *, tail_mean: float) -> None:
        self._times = [time for time, _ in steps]
        self._shares = [-share for _, share in steps]  # ascending, for bisection
        self._tail_mean = tail_mean
        self.mean = self._area()

    def draw(self, random: Random) -> float:
        last = random.random()  # the share of people who last longer than the drawn duration
        place = bisect_right(self._shares, -last)
        if place < len(self._times):
            return self._times[place]
        left = -self._shares[-1] if self._shares else 1.0
        start = self._times[-1] if self._times else 0.0
        return start + self._tail_mean * log(left / last) if last > 0 else start

    def _area(self) -> float:
        area, before, share = 0.0, 0.0, 1.0
        for time, negative in zip(self._times, self._shares, strict=True):
            area += share * (time - before)
            before, share = time, -negative
        return area + share * self._tail_mean if share > 0 else area


FOREVER = Constant(float("inf"))
