"""Does the simulator agree with theory? Queues that Erlang C and A can solve, simulated through the real engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from intelligence.erlang import Demand, Outcome, outcome
from routing.engine.snapshot import Agent, Requirement
from routing.simulation.arrivals import Kind, Poisson
from routing.simulation.chance import FOREVER, Exponential
from routing.simulation.report import Figures, Interval, replicate
from routing.simulation.scenario import Scenario, Worker

CONFIDENCE = 0.99
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Golden:
    """A queue with a known answer. With `split`, callers and agents carry a skill that changes nothing: it must not."""

    name: str
    demand: Demand
    agents: int
    target_seconds: float = 20.0
    split: bool = False

    def scenario(self, *, hours: float, warm_up_hours: float) -> Scenario:
        demand = self.demand
        kind = Kind(
            queue=1,
            handle=Exponential(demand.handle_seconds),
            patience=FOREVER if demand.patience_seconds is None else Exponential(demand.patience_seconds),
            required=(Requirement(1, hard=True),) if self.split else (),
        )
        crew = tuple(Worker(Agent(i, queues={1: 1}, skills={1: 1 + i % 5})) for i in range(1, self.agents + 1))
        until = (hours + warm_up_hours) * HOUR
        arrivals = Poisson(kind, demand.arrivals_per_second * HOUR)
        return Scenario(arrivals, crew, until=until, warm_up=warm_up_hours * HOUR)


GOLDEN = (
    Golden("M/M/14, 10 erlangs", Demand(100, 180), 14),
    Golden("M/M/54, 48 erlangs", Demand(360, 240), 54),
    Golden("M/M/22, 16.7 erlangs, 60 s", Demand(50, 600), 22, target_seconds=60),
    Golden("M/M/176, 166.7 erlangs", Demand(1000, 300), 176),
    Golden("M/M/12+M, 10 erlangs, patience 300 s", Demand(100, 180, patience_seconds=300), 12),
    Golden("M/M/13+M, 10 erlangs, patience 300 s", Demand(100, 180, patience_seconds=300), 13),
    Golden("M/M/8+M, overloaded", Demand(100, 180, patience_seconds=120), 8),
    Golden("M/M/12+M, by skill", Demand(100, 180, patience_seconds=300), 12, split=True),
)

FIGURES: dict[str, tuple[Callable[[Figures], float], Callable[[Outcome], float]]] = {
    "service_level": (lambda day: day.total.service_level, lambda theory: theory.service_level),
    "mean_wait": (lambda day: day.total.mean_wait, lambda theory: theory.mean_wait_seconds),
    "abandon_rate": (lambda day: day.total.abandon_rate, lambda theory: theory.abandon_rate),
    "occupancy": (lambda day: day.occupancy, lambda theory: theory.occupancy),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One scenario: each figure's interval and what theory says."""

    name: str
    interactions: int
    figures: dict[str, tuple[Interval, float]]

    @property
    def is_within(self) -> bool:
        return all(estimate.contains(theory) or _same(estimate, theory) for estimate, theory in self.figures.values())


def check(
    scenarios: Sequence[Golden] = GOLDEN, *, replications: int = 10, interactions: int = 10_000, first_seed: int = 1
) -> list[Verdict]:
    """Simulate each scenario `replications` times, about so many interactions each, after an eighth of that to warm up."""
    return [_verdict(golden, replications, interactions, first_seed) for golden in scenarios]


def _verdict(golden: Golden, replications: int, interactions: int, first_seed: int) -> Verdict:
    hours = interactions / (golden.demand.arrivals_per_second * HOUR)
    scenario = golden.scenario(hours=hours, warm_up_hours=hours / 8)
    targets = {1: golden.target_seconds}
    runs = replicate(scenario, seeds=range(first_seed, first_seed + replications), targets=targets)
    theory = outcome(golden.demand, agents=golden.agents, target_seconds=golden.target_seconds)
    compared = {
        name: (runs.of(simulated, confidence=CONFIDENCE), expected(theory))
        for name, (simulated, expected) in FIGURES.items()
    }
    return Verdict(golden.name, sum(day.total.offered for day in runs.days), compared)


def _same(estimate: Interval, theory: float) -> bool:
    """Without patience nobody abandons: both are exactly zero, and the interval has no width."""
    return abs(estimate.mean - theory) < 1e-12
