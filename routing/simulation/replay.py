"""A recorded log through the engine: learned on some days, judged on others.

From a judged day come its arrivals (kind, priority), who was there when, and what the log shows of each caller: the
handle time of the answered and the patience of those who hung up. What no log can show is drawn from distributions
fitted on *other* days: how long the answered would have borne (given that they bore their wait), how long those who
hung up would have taken, every wrap-up. With `drawn=True` handle times and patience of all callers are drawn instead; a
single day's waits then differ a lot from one draw to the next, so the log itself is only one of many likely days.

Each hour's error has two measures of chance: a bootstrap over the judged days, and how far one simulated set of days
lies from the mean of many, since the log is one such set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import fmean, stdev

from routing.engine.snapshot import Agent, Requirement
from routing.simulation.arrivals import Arrival, Kind, Recorded, beyond
from routing.simulation.call_log import Call
from routing.simulation.cells import Cells, Sum, bootstrap_error
from routing.simulation.day import simulate
from routing.simulation.duty import DutyDay, duty_days
from routing.simulation.scenario import Scenario, Worker
from routing.simulation.tally import Contact, Fate
from routing.simulation.traffic import Traffic, learn

QUEUE = 1
LEAST_CALLS = 100  # judged calls in an hour of the day, for it to be judged


@dataclass(frozen=True, slots=True)
class House:
    """How the recorded centre ordered its calls: seconds of waiting added by priority and by kind."""

    by_priority: Mapping[int, float] = field(default_factory=lambda: {2: 90.0})
    # Potential customers were taken only when nobody else had waited within 90 seconds of them: seen in the log itself.
    by_kind: Mapping[str, float] = field(default_factory=lambda: {"NW": -90.0})

    def credit(self, kind: str, priority: int) -> float:
        return self.by_priority.get(priority, 0.0) + self.by_kind.get(kind, 0.0)


@dataclass(frozen=True, slots=True)
class Log:
    """Days of calls with the duty read from them."""

    calls: Mapping[str, Sequence[Call]]
    duties: Mapping[str, Sequence[DutyDay]]
    house: House = House()

    @classmethod
    def of(cls, calls: Mapping[str, Sequence[Call]], house: House | None = None) -> Log:
        return cls(calls, {day: duty_days(each) for day, each in calls.items()}, house or House())

    def skills(self) -> dict[str, int]:
        kinds = sorted({call.kind for day in self.calls.values() for call in day})
        return {kind: number for number, kind in enumerate(kinds, start=1)}


@dataclass(frozen=True, slots=True)
class HourFit:
    hour: int
    calls: int
    real_wait: float
    simulated_wait: float
    real_abandon: float
    simulated_abandon: float
    error_low: float = 0.0  # 95 % by bootstrap over the judged days
    error_high: float = 0.0
    chance: float = 0.0  # half-width within which 95 % of single sets of these days fall, as a share of the real wait

    @property
    def wait_error(self) -> float:
        """(simulated − real) ÷ real."""
        return self.simulated_wait / self.real_wait - 1.0 if self.real_wait else 0.0

    @property
    def differs(self) -> bool:
        """Beyond both measures of chance: something of this hour is not in the model."""
        return not self.error_low <= 0.0 <= self.error_high and abs(self.wait_error) > self.chance


@dataclass(frozen=True, slots=True)
class Judgement:
    """Simulated against recorded, pooled over all judged days and replications."""

    hours: tuple[HourFit, ...]
    real_wait: float
    simulated_wait: float
    real_abandon: float
    simulated_abandon: float
    interactions: int  # simulated

    @property
    def hour_wait_error(self) -> float:
        """The worst hour's relative error of the mean wait."""
        return max((abs(hour.wait_error) for hour in self.hours), default=0.0)

    @property
    def mean_hour_wait_error(self) -> float:
        return fmean(abs(hour.wait_error) for hour in self.hours) if self.hours else 0.0

    @property
    def hours_within_tenth(self) -> int:
        return sum(1 for hour in self.hours if abs(hour.wait_error) <= 0.10)

    @property
    def hours_explained_by_chance(self) -> int:
        """Hours in which the log lies where one set of days in twenty would not: no better fit can be told from this."""
        return sum(1 for hour in self.hours if abs(hour.wait_error) <= hour.chance)

    @property
    def abandon_error_points(self) -> float:
        return abs(self.simulated_abandon - self.real_abandon) * 100.0


def cross_fit(log: Log, *, folds: int = 2) -> dict[str, Traffic]:
    """day → what was learned without that day: the days are dealt into folds in turn, each judged by the others."""
    days = sorted(log.calls)
    fitted: dict[str, Traffic] = {}
    for fold in range(folds):
        judged = days[fold::folds]
        others = [day for day in days if day not in judged]
        traffic = learn([log.calls[day] for day in others], [log.duties[day] for day in others])
        fitted |= dict.fromkeys(judged, traffic)
    return fitted


def judge(log: Log, fitted: Mapping[str, Traffic], *, replications: int = 5, drawn: bool = False) -> Judgement:
    """Simulate every day of `fitted` with its own traffic and compare with what was recorded."""
    simulated, real = Cells(), Cells()
    for day, traffic in sorted(fitted.items()):
        for call in log.calls[day]:
            real.add(day, call.hour, 0, call.waited, left=not call.served)
        for number in range(replications):
            for contact in run_day(log, day, traffic, seed=number, drawn=drawn):
                left = contact.fate is not Fate.ANSWERED
                simulated.add(day, int(contact.arrived // 3600), number, contact.waited, left=left)
    judged = [hour for hour in real.hours() if real.total(hour=hour).calls >= LEAST_CALLS]
    return Judgement(
        tuple(_hour_fit(hour, real, simulated, replications) for hour in judged),
        *_both(real.total(), simulated.total()),
        simulated.total().calls,
    )


def _hour_fit(hour: int, real: Cells, simulated: Cells, replications: int) -> HourFit:
    seen, made = real.total(hour=hour), simulated.total(hour=hour)
    runs = [simulated.total(hour=hour, run=run).wait for run in range(replications)]
    chance = 1.96 * stdev(runs) / seen.wait if len(runs) > 1 and seen.wait else 0.0
    low, high = bootstrap_error(
        [(real.total(hour=hour, day=day), simulated.total(hour=hour, day=day)) for day in real.days()]
    )
    return HourFit(hour, seen.calls, *_both(seen, made), low, high, chance)


def run_day(log: Log, day: str, traffic: Traffic, *, seed: int, drawn: bool = False) -> list[Contact]:
    """One simulated replay of one recorded day."""
    return simulate(day_scenario(log, day, traffic, seed=seed, drawn=drawn), seed=seed).contacts


def day_scenario(log: Log, day: str, traffic: Traffic, *, seed: int, drawn: bool = False) -> Scenario:
    """The recorded day as a scenario, to be run as it was or changed first (other crew, rings, rules)."""
    skills, random = log.skills(), Random(f"{day} {seed}")
    crew = tuple(
        Worker(
            Agent(number, queues={QUEUE: 1}, skills={skills[kind]: 3 for kind in traffic.takes(duty)}),
            on_duty=((duty.first, duty.last),),
            breaks=duty.breaks(wrap_up=traffic.wrap_up.mean),
            pace=traffic.paces.get(duty.agent, 1.0) if drawn else 1.0,
        )
        for number, duty in enumerate(log.duties[day], start=1)
    )
    arrivals = [_arrival(call, traffic, log.house, skills, random, drawn) for call in log.calls[day]]
    return Scenario(Recorded(arrivals), crew, until=float("inf"), wrap_up=traffic.wrap_up)


def _arrival(
    call: Call, traffic: Traffic, house: House, skills: Mapping[str, int], random: Random, drawn: bool
) -> Arrival:
    priority = traffic.priority_of(call, random)
    patience = traffic.patience_of(call.kind, priority)
    kind = Kind(
        queue=QUEUE,
        handle=traffic.handle_of(call.kind, call.hour),
        patience=patience,
        age_credit=house.credit(call.kind, priority),
        required=(Requirement(skills[call.kind], hard=True),),
    )
    if drawn:
        return Arrival(call.entered, kind)
    if call.served:
        return Arrival(call.entered, kind, call.handle_seconds, beyond(patience, call.waited, random))
    return Arrival(call.entered, kind, None, call.waited)


def _both(real: Sum, simulated: Sum) -> tuple[float, float, float, float]:
    """(real wait, simulated wait, real abandonment, simulated abandonment)."""
    return real.wait, simulated.wait, real.left_share, simulated.left_share
