"""What is simulated: queues, crew, customers. Times are seconds since the start of the simulated day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from routing.engine.snapshot import Agent, QueueRules
from routing.simulation.arrivals import Source
from routing.simulation.chance import Constant, Duration

ALWAYS = ((0.0, float("inf")),)
NOTHING = Constant(0.0)


class Shut(NamedTuple):
    """A span in which a queue is closed: who comes waits for its end, or goes along the overflow chain if that is open."""

    start: float
    end: float
    overflows: bool = False


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
    closed: Mapping[int, tuple[Shut, ...]] = field(default_factory=dict)  # by queue
    targets: Mapping[int, float] = field(default_factory=dict)  # queue → service-level seconds, for its rings
    level_seconds: float = 60.0
    figures_every: float = (
        15.0  # how often expected wait, service level and time of day reach rings; lengths do at once
    )
