"""The same day, changed: more or fewer agents, more or fewer customers, longer or shorter work, other rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from routing.engine.snapshot import QueueRules
from routing.simulation.arrivals import Arrival, Kind, Source
from routing.simulation.chance import Duration, Stretched
from routing.simulation.scenario import Scenario, Worker

JITTER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Busier:
    """Each arrival `factor` times on average; copies come a few minutes apart, below 1 some stay away."""

    source: Source
    factor: float
    queues: frozenset[int] | None = None  # None = every queue

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        changed, own = [], _beside(random)
        for arrival in self.source.day(random, until=until):
            factor = self.factor if self.queues is None or arrival.kind.queue in self.queues else 1.0
            copies = int(factor) + (own.random() < factor % 1.0)
            for copy in range(copies):
                at = arrival.at if copy == 0 else max(0.0, arrival.at + own.uniform(-JITTER_SECONDS, JITTER_SECONDS))
                if at < until:
                    changed.append(replace(arrival, at=at))
        return iter(sorted(changed, key=lambda arrival: arrival.at))


@dataclass(frozen=True, slots=True)
class Changed:
    """The same arrivals with longer or shorter handling, more or less patience, by queue (None = every one)."""

    source: Source
    handle: Mapping[int | None, float] = field(default_factory=dict)
    patience: Mapping[int | None, float] = field(default_factory=dict)
    wrap_up: Duration | None = None  # for everybody, instead of what was seen

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        kinds: dict[int, tuple[Kind, Kind]] = {}  # by identity; the old kind is kept so that its identity stays its own
        for arrival in self.source.day(random, until=until):
            kind, queue = arrival.kind, arrival.kind.queue
            longer, patient = (each.get(queue, each.get(None, 1.0)) for each in (self.handle, self.patience))
            if id(kind) not in kinds:
                kinds[id(kind)] = (
                    kind,
                    replace(
                        kind,
                        handle=Stretched(kind.handle, longer),
                        patience=Stretched(kind.patience, patient),
                        wrap_up=self.wrap_up or kind.wrap_up,
                    ),
                )
            yield replace(
                arrival,
                kind=kinds[id(kind)][1],
                handle_seconds=_times(arrival.handle_seconds, longer),
                patience_seconds=_times(arrival.patience_seconds, patient),
            )


def _times(seconds: float | None, factor: float) -> float | None:
    return None if seconds is None else seconds * factor


def _beside(random: Random) -> Random:
    """Chance of its own, settled by the state of `random` and taking nothing from it: the arrivals stay the same."""
    copy = Random()
    copy.setstate(random.getstate())
    return Random(copy.random())


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
    return crew + copies_of(crew, more, first_id=max((worker.agent.id for worker in crew), default=0) + 1)


def copies_of(crew: Sequence[Worker], count: int, *, first_id: int) -> tuple[Worker, ...]:
    """`count` new agents who double these in turn, with ids from `first_id` on."""
    copies = (crew[number % len(crew)] for number in range(count))
    return tuple(replace(copy, agent=replace(copy.agent, id=first_id + number)) for number, copy in enumerate(copies))
