"""The same day, changed: more or fewer agents, more or fewer customers, longer or shorter work, other rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from routing.engine.snapshot import QueueRules
from routing.simulation.arrivals import Arrival, Source
from routing.simulation.scenario import Scenario, Worker

JITTER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Busier:
    """Each arrival `factor` times on average; copies come a few minutes apart, below 1 some stay away."""

    source: Source
    factor: float

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        changed = []
        for arrival in self.source.day(random, until=until):
            copies = int(self.factor) + (random.random() < self.factor % 1.0)
            for copy in range(copies):
                at = arrival.at if copy == 0 else max(0.0, arrival.at + random.uniform(-JITTER_SECONDS, JITTER_SECONDS))
                if at < until:
                    changed.append(replace(arrival, at=at))
        return iter(sorted(changed, key=lambda arrival: arrival.at))


def what_if(
    scenario: Scenario,
    *,
    more_agents: int = 0,
    volume: float = 1.0,
    handle_time: float = 1.0,
    rules: Mapping[int, QueueRules] | None = None,
) -> Scenario:
    """A changed copy. New agents double existing ones in turn (shifts and skills too); fewer means the last ones go."""
    return replace(
        scenario,
        crew=tuple(replace(each, pace=each.pace * handle_time) for each in _resized(scenario.crew, more_agents)),
        arrivals=scenario.arrivals if volume == 1.0 else Busier(scenario.arrivals, volume),
        queues=scenario.queues if rules is None else {**scenario.queues, **rules},
    )


def _resized(crew: tuple[Worker, ...], more: int) -> tuple[Worker, ...]:
    if more <= 0:
        return crew[: max(0, len(crew) + more)]
    first = max((worker.agent.id for worker in crew), default=0) + 1
    copies = (crew[number % len(crew)] for number in range(more))
    return crew + tuple(
        replace(copy, agent=replace(copy.agent, id=first + number)) for number, copy in enumerate(copies)
    )
