"""A recorded log through the engine: learned on some days, judged on others.

From a judged day come its arrivals (kind, priority), who was there when, and what the log shows of each caller: the
handle time of the answered and the patience of those who hung up. What no log can show is drawn from distributions
fitted on *other* days: how long the answered would have borne (given that they bore their wait), how long those who
hung up would have taken, every wrap-up. With `drawn=True` handle times and patience of all callers are drawn instead; a
single day's waits then differ a lot from one draw to the next, so the log itself is only one of many likely days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from statistics import fmean

from routing.engine.snapshot import Agent, Requirement
from routing.simulation.arrivals import Arrival, Kind, Recorded
from routing.simulation.call_log import Call
from routing.simulation.chance import Curve
from routing.simulation.day import simulate
from routing.simulation.duty import DutyDay, duty_days
from routing.simulation.scenario import Scenario, Worker
from routing.simulation.tally import Contact, Fate
from routing.simulation.traffic import Traffic, learn

QUEUE = 1
LEAVES_EARLY_TRIED = (0.0, 60.0, 120.0, 150.0, 180.0, 240.0)
LEAST_CALLS = 100  # judged calls in an hour of the day, for it to be judged
SKIPS = 60  # draws thrown away at most, before the exponential tail is used


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

    @property
    def wait_error(self) -> float:
        """(simulated − real) ÷ real."""
        return self.simulated_wait / self.real_wait - 1.0 if self.real_wait else 0.0


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
    def abandon_error_points(self) -> float:
        return abs(self.simulated_abandon - self.real_abandon) * 100.0


def fit_on(log: Log, days: Iterable[str]) -> Traffic:
    """Learn from these days, and find on them how early leavers must be told so that mean waits come out right."""
    chosen = sorted(days)
    traffic = learn([log.calls[day] for day in chosen], [log.duties[day] for day in chosen])
    tried = []
    for seconds in LEAVES_EARLY_TRIED:
        candidate = replace(traffic, leaves_early=seconds)
        judged = judge(log, dict.fromkeys(chosen, candidate), replications=2)
        tried.append((abs(judged.simulated_wait - judged.real_wait), candidate))
    return min(tried, key=lambda each: each[0])[1]


def cross_fit(log: Log, *, folds: int = 2) -> dict[str, Traffic]:
    """day → what was learned without that day: the days are dealt into folds in turn, each judged by the others."""
    days = sorted(log.calls)
    fitted: dict[str, Traffic] = {}
    for fold in range(folds):
        judged = days[fold::folds]
        traffic = fit_on(log, [day for day in days if day not in judged])
        fitted |= dict.fromkeys(judged, traffic)
    return fitted


def judge(log: Log, fitted: Mapping[str, Traffic], *, replications: int = 5, drawn: bool = False) -> Judgement:
    """Simulate every day of `fitted` with its own traffic and compare with what was recorded."""
    simulated: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    real: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for day, traffic in sorted(fitted.items()):
        for call in log.calls[day]:
            real[call.hour].append((call.waited, not call.served))
        for number in range(replications):
            for contact in run_day(log, day, traffic, seed=number, drawn=drawn):
                simulated[int(contact.arrived // 3600)].append((contact.waited, contact.fate is not Fate.ANSWERED))
    hours = tuple(
        HourFit(hour, len(real[hour]), *_both(real[hour], simulated[hour]))
        for hour in sorted(real)
        if len(real[hour]) >= LEAST_CALLS
    )
    everything = [pair for pairs in simulated.values() for pair in pairs]
    return Judgement(hours, *_both([pair for pairs in real.values() for pair in pairs], everything), len(everything))


def run_day(log: Log, day: str, traffic: Traffic, *, seed: int, drawn: bool = False) -> list[Contact]:
    """One simulated replay of one recorded day."""
    return simulate(day_scenario(log, day, traffic, seed=seed, drawn=drawn), seed=seed).contacts


def day_scenario(log: Log, day: str, traffic: Traffic, *, seed: int, drawn: bool = False) -> Scenario:
    """The recorded day as a scenario, to be run as it was or changed first (other crew, rings, rules)."""
    skills, random = log.skills(), Random(f"{day} {seed}")
    crew = tuple(
        Worker(
            Agent(number, queues={QUEUE: 1}, skills={skills[kind]: 3 for kind in duty.kinds}),
            on_duty=duty.spans(leaves_early=traffic.leaves_early),
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
        return Arrival(call.entered, kind, call.handle_seconds, _beyond(patience, call.waited, random))
    return Arrival(call.entered, kind, None, call.waited)


def _beyond(patience: Curve, borne: float, random: Random) -> float:
    """A patience longer than what was borne."""
    for _ in range(SKIPS):
        drawn = patience.draw(random)
        if drawn > borne:
            return drawn
    return borne + patience.mean


def _both(
    real: Sequence[tuple[float, bool]], simulated: Sequence[tuple[float, bool]]
) -> tuple[float, float, float, float]:
    """(real wait, simulated wait, real abandonment, simulated abandonment)."""

    def mean(pairs: Sequence[tuple[float, bool]], place: int) -> float:
        return fmean(pair[place] for pair in pairs) if pairs else 0.0

    return mean(real, 0), mean(simulated, 0), mean(real, 1), mean(simulated, 1)
