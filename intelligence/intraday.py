"""The rest of today: how much will come in per quarter-hour, how sure that is, and whether the staffing holds. Pure.

A day is its level times the usual shape of its weekday. Before anything came in the level is 1, give or take as much as
whole days differ; each quarter-hour of today moves it by as much as it proves. With a Gamma level of variance v around 1
and Poisson arrivals that is exact: after N arrivals where E were usual, the level is Gamma(1/v + N, 1/v + E), whose mean
1 + g·(N/E − 1) shrinks the ratio by g = v / (v + 1/E), and what a coming quarter brings is negative binomial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import floor

from intelligence.erlang import Demand, Goal, Unstable, outcome, required_agents

QUARTERS = 96
BAND = 0.8  # how often the truth should lie within a forecast's band
LEAST_VARIANCE = 0.0025  # days differ by 5 % at least
USUAL_VARIANCE = 0.04  # by 20 % while too few days are known
ENOUGH_DAYS = 3
MOST_VOLUME = 1_000_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a day like today looks like: arrivals per quarter-hour of the local clock, and how much whole days differ."""

    volumes: tuple[float, ...]
    level_variance: float = USUAL_VARIANCE
    days: int = 1


def pattern_of(days: Sequence[Sequence[int]]) -> Pattern | None:
    """The mean of these days, 96 quarter-hours each, smoothed over half an hour; None without any arrival."""
    totals = [sum(day) for day in days]
    if not sum(totals):
        return None
    means = [sum(quarter) / len(days) for quarter in zip(*days, strict=True)]
    return Pattern(_smoothed(means), _level_variance(totals), len(days))


def _smoothed(values: Sequence[float]) -> tuple[float, ...]:
    """Weights 1-2-1: a quarter-hour of eight days is a handful of calls, its neighbours know about as much."""
    padded = [values[0], *values, values[-1]]
    return tuple((a + 2 * b + c) / 4 for a, b, c in zip(padded, padded[1:], padded[2:], strict=False))


def _level_variance(totals: Sequence[int]) -> float:
    """Variance of whole days around their mean = 1, without the part that is Poisson noise."""
    if len(totals) < ENOUGH_DAYS:
        return USUAL_VARIANCE
    mean = sum(totals) / len(totals)
    spread = sum((total / mean - 1.0) ** 2 for total in totals) / (len(totals) - 1)
    return max(LEAST_VARIANCE, spread - 1.0 / mean)


@dataclass(frozen=True, slots=True)
class Volume:
    """What a span of time will bring: negative binomial with this mean; the larger the shape, the nearer to Poisson."""

    mean: float
    shape: float

    def chance_up_to(self, count: int) -> float:
        """P(arrivals ≤ count), 0–1."""
        from scipy.special import betainc  # loaded only where a forecast is asked for

        if count < 0:
            return 0.0
        if self.mean <= 0:
            return 1.0
        return float(betainc(self.shape, count + 1.0, self.shape / (self.shape + self.mean)))

    def quantile(self, share: float) -> int:
        """The smallest count that is not exceeded with this chance."""
        low, high = -1, max(1, round(2 * self.mean))
        while self.chance_up_to(high) < share and high < MOST_VOLUME:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.chance_up_to(middle) < share else (low, middle)
        return high

    @property
    def band(self) -> tuple[int, int]:
        """Low and high: the truth lies within four times of five."""
        return self.quantile((1 - BAND) / 2), self.quantile((1 + BAND) / 2)


@dataclass(frozen=True, slots=True)
class Level:
    """How today compares with a usual day, after what has come in so far."""

    shape: float
    rate: float

    @classmethod
    def after(cls, pattern: Pattern, *, seen: int, usual: float) -> Level:
        """`seen` arrived where `usual` would have: both from midnight to now."""
        prior = 1.0 / pattern.level_variance
        return cls(prior + seen, prior + usual)

    @property
    def mean(self) -> float:
        """1 = a usual day."""
        return self.shape / self.rate

    def volume(self, usual: float) -> Volume:
        """What a coming span brings in which a usual day would bring this much."""
        return Volume(self.mean * usual, self.shape)


@dataclass(frozen=True, slots=True)
class Staffing:
    """What meets the volume. `agents`: places for work at the same time, of those on duty, in full-time terms."""

    agents: float
    handle_seconds: float
    patience_seconds: float | None
    target_seconds: float
    goal: float = 0.8
    interval_seconds: float = 1800.0


@dataclass(frozen=True, slots=True)
class Risk:
    """Of missing the service level in the coming interval. Shares 0–1; `capacity`: the most that would still go well."""

    chance: float
    level: float
    capacity: int
    needed: int


def risk_of(volume: Volume, staffing: Staffing, *, waiting: int = 0) -> Risk:
    """By Erlang A (C where nobody hangs up). Who waits already counts as arriving now."""
    meets, expected = _rounded(staffing), _steps(volume.mean + waiting)
    capacity = floor(_between(staffing.agents, lambda agents: _capacity(meets, agents)))
    return Risk(
        chance=1.0 - volume.chance_up_to(capacity - waiting),
        level=_between(staffing.agents, lambda agents: _level(meets, agents, expected)),
        capacity=capacity,
        needed=_needed(meets, expected),
    )


def _rounded(staffing: Staffing) -> Staffing:
    """Two digits are what the averages are good for; so few different questions are asked, and answered from memory."""
    patience = staffing.patience_seconds
    return replace(
        staffing,
        agents=0.0,
        handle_seconds=float(f"{max(1.0, staffing.handle_seconds):.2g}"),
        patience_seconds=None if patience is None else float(f"{max(1.0, patience):.2g}"),
    )


def _steps(volume: float) -> float:
    return float(f"{volume:.2g}")


def _between(agents: float, of: Callable[[int], float]) -> float:
    """A value that is known for whole numbers of agents, in a straight line between them."""
    lower = floor(agents)
    share = agents - lower
    return of(lower) + share * (of(lower + 1) - of(lower)) if share else of(lower)


@lru_cache(maxsize=8192)
def _level(meets: Staffing, agents: int, volume: float) -> float:
    """The service level this volume would get from so many agents."""
    if agents == 0:
        return 0.0 if volume else 1.0
    try:
        return outcome(_demand(meets, volume), agents=agents, target_seconds=meets.target_seconds).service_level
    except Unstable:
        return 0.0


@lru_cache(maxsize=4096)
def _capacity(meets: Staffing, agents: int) -> int:
    """The largest volume that still gets the service level; -1 when not even a quiet interval would."""
    low, high = 0, 1
    if _level(meets, agents, 0.0) < meets.goal:
        return -1
    while _level(meets, agents, float(high)) >= meets.goal and high < MOST_VOLUME:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _level(meets, agents, float(middle)) >= meets.goal else (low, middle)
    return low


@lru_cache(maxsize=4096)
def _needed(meets: Staffing, volume: float) -> int:
    if volume <= 0:
        return 0
    goal = Goal(service_level=meets.goal, target_seconds=meets.target_seconds)
    return required_agents(_demand(meets, volume), goal).agents


def _demand(meets: Staffing, volume: float) -> Demand:
    return Demand(volume, meets.handle_seconds, meets.interval_seconds, meets.patience_seconds)


def shared_agents(places: Sequence[tuple[float, Sequence[int]]], loads: dict[int, float]) -> dict[int, float]:
    """Queue → places it can count on: who serves several queues is split by the load each expects.

    `places`: for each agent on duty how much they can hold at a time and the queues they serve.
    """
    found = dict.fromkeys(loads, 0.0)
    for room, queues in places:
        known = [queue for queue in queues if queue in found]
        whole = sum(loads[queue] for queue in known)
        for queue in known:
            found[queue] += room * (loads[queue] / whole if whole > 0 else 1.0 / len(known))
    return found
