"""Figures of simulated days, as in metrics: service level of all offered, waits, abandonment, occupancy, fairness.

One run gives numbers; replications with different seeds give each number a confidence interval; one very long run gives
it by batch means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from routing.simulation.day import simulate
from routing.simulation.scenario import Scenario
from routing.simulation.tally import Contact, Fate, Tally

TARGET_SECONDS = 20.0
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Shares 0–1, waits in seconds. Waits are of all offered, answered and abandoned; `asa` of the answered alone."""

    offered: int
    answered: int
    abandoned: int
    turned_away: int
    service_level: float  # answered within the target ÷ offered
    abandon_rate: float
    mean_wait: float
    asa: float
    p50_wait: float
    p90_wait: float
    longest_wait: float


@dataclass(frozen=True, slots=True)
class AgentFigures:
    handled: int
    occupancy: float


@dataclass(frozen=True, slots=True)
class Figures:
    """One day. `fairness` is Jain's index over the agents' occupancies: 1 = all equally busy, 1/n = one does it all."""

    total: QueueFigures
    queues: Mapping[int, QueueFigures]
    agents: Mapping[int, AgentFigures]
    occupancy: float
    fairness: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its confidence interval; the half-width is infinite with fewer than two observations."""

    mean: float
    half_width: float

    @property
    def low(self) -> float:
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        return self.mean + self.half_width

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high


def figures(tally: Tally, *, targets: Mapping[int, float] | None = None) -> Figures:
    """`targets` = service-level seconds by queue; 20 where none is given."""
    goals = targets or {}
    by_queue: dict[int, list[Contact]] = {}
    for contact in tally.contacts:
        by_queue.setdefault(contact.queue, []).append(contact)
    agents = {number: AgentFigures(post.handled, post.occupancy) for number, post in tally.posts.items()}
    busy = sum(post.busy_seconds for post in tally.posts.values())
    there = busy + sum(post.idle_seconds for post in tally.posts.values())
    return Figures(
        total=queue_figures(tally.contacts, lambda contact: goals.get(contact.queue, TARGET_SECONDS)),
        queues={
            queue: queue_figures(contacts, lambda contact: goals.get(contact.queue, TARGET_SECONDS))
            for queue, contacts in sorted(by_queue.items())
        },
        agents=agents,
        occupancy=busy / there if there else 0.0,
        fairness=jain([each.occupancy for each in agents.values()]),
    )


def queue_figures(contacts: Sequence[Contact], target_of: Callable[[Contact], float]) -> QueueFigures:
    answered = [contact for contact in contacts if contact.fate is Fate.ANSWERED]
    abandoned = sum(1 for contact in contacts if contact.fate is Fate.ABANDONED)
    turned_away = sum(1 for contact in contacts if contact.fate is Fate.TURNED_AWAY)
    waits = sorted(contact.waited for contact in contacts if contact.fate is not Fate.TURNED_AWAY)
    in_time = sum(1 for contact in answered if contact.waited <= target_of(contact))
    offered = len(contacts)
    return QueueFigures(
        offered=offered,
        answered=len(answered),
        abandoned=abandoned,
        turned_away=turned_away,
        service_level=in_time / offered if offered else 0.0,
        abandon_rate=abandoned / offered if offered else 0.0,
        mean_wait=_mean(waits),
        asa=_mean([contact.waited for contact in answered]),
        p50_wait=percentile(waits, 0.5),
        p90_wait=percentile(waits, 0.9),
        longest_wait=waits[-1] if waits else 0.0,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Linear between the two nearest of ascending values; 0 without any."""
    if not ordered:
        return 0.0
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def jain(values: Sequence[float]) -> float:
    """Jain, Chiu & Hawe 1984: (Σx)² / (n·Σx²)."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def interval(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """Student's interval for the mean of independent values."""
    from scipy.special import stdtrit

    n = len(values)
    mean = _mean(values)
    if n < 2:
        return Interval(mean, float("inf"))
    spread = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    return Interval(mean, float(stdtrit(n - 1, 0.5 + confidence / 2)) * spread / sqrt(n))


@dataclass(frozen=True, slots=True)
class Replications:
    """The same scenario on several days, and what can be said from them together."""

    days: tuple[Figures, ...]

    def of(self, read: Callable[[Figures], float], *, confidence: float = CONFIDENCE) -> Interval:
        """A figure with its interval: `runs.of(lambda day: day.total.service_level)`."""
        return interval([read(day) for day in self.days], confidence=confidence)

    def summary(self) -> dict[str, Interval]:
        """The figures shown side by side when two configurations are compared."""
        return {name: self.of(read) for name, read in HEADLINES.items()}


HEADLINES: dict[str, Callable[[Figures], float]] = {
    "service_level": lambda day: day.total.service_level,
    "mean_wait": lambda day: day.total.mean_wait,
    "p50_wait": lambda day: day.total.p50_wait,
    "p90_wait": lambda day: day.total.p90_wait,
    "abandon_rate": lambda day: day.total.abandon_rate,
    "occupancy": lambda day: day.occupancy,
    "fairness": lambda day: day.fairness,
    "offered": lambda day: float(day.total.offered),
}


def replicate(scenario: Scenario, *, seeds: Iterable[int], targets: Mapping[int, float] | None = None) -> Replications:
    return Replications(tuple(figures(simulate(scenario, seed=seed), targets=targets) for seed in seeds))


def batch_means(
    contacts: Sequence[Contact], read: Callable[[Sequence[Contact]], float], *, batches: int = 20
) -> Interval:
    """Interval from one long run: consecutive contacts in equal batches, long enough to be nearly independent."""
    size = len(contacts) // batches
    if size == 0:
        raise ValueError(f"{len(contacts)} contacts are too few for {batches} batches.")
    ordered = sorted(contacts, key=lambda contact: contact.arrived)
    return interval([read(ordered[i * size : (i + 1) * size]) for i in range(batches)])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
