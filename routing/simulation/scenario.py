"""What is simulated: queues, crew, customers. Times are seconds since the start of the simulated day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.engine.snapshot import Agent, QueueRules
from routing.simulation.arrivals import Source
from routing.simulation.chance import Constant, Duration

ALWAYS = ((0.0, float("inf")),)
NOTHING = Constant(0.0)


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent with the spans in which they take new work; what they hold when one ends, they finish.

    `breaks` are (due, seconds): from then on they take nothing new, and when nothing is held they are away that long.
    """

    agent: Agent
    on_duty: tuple[tuple[float, float], ...] = ALWAYS
    breaks: tuple[tuple[float, float], ...] = ()
    pace: float = 1.0  # handle times are multiplied by it


@dataclass(frozen=True, slots=True)
class Scenario:
    """One configuration. `until` ends the arrivals; work begun is finished, waiting work waits on until then."""

    arrivals: Source
    crew: tuple[Worker, ...]
    queues: Mapping[int, QueueRules] = field(default_factory=dict)
    until: float = 86_400.0
    warm_up: float = 0.0  # arrivals before it are simulated and not counted
    wrap_up: Duration = NOTHING
    answer: Duration = NOTHING  # from the match to the agent answering; it counts as waiting
    closed: Mapping[int, tuple[tuple[float, float], ...]] = field(default_factory=dict)  # queue → closed spans
    level_seconds: float = 60.0
    figures_every: float = 60.0  # how often live figures (line length) reach conditional rings
