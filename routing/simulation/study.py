"""A configuration tried out on several days: every figure with its interval, two configurations side by side.

    result = run(scenario, days=20, on_progress=show, should_stop=lambda: canceled)
    versus = versus_run(before, after, days=20)

Figures are kept by subject: everything together, each queue, each agent, each hour of the day. One that is undefined on
a day (nobody came) is left out of that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from routing.simulation.compare import Difference
from routing.simulation.day import simulate
from routing.simulation.report import CONFIDENCE, TARGET_SECONDS, QueueFigures, interval, jain, queue_figures
from routing.simulation.scenario import Scenario
from routing.simulation.tally import Contact, Tally

HOUR = 3600.0


class Subject(NamedTuple):
    """`kind` all, queue, agent or hour; `id` of the queue or agent, or the hour of the simulated day; 0 for all."""

    kind: str
    id: int


ALL = Subject("all", 0)
# Names of figures. Shares 0–1, waits in seconds; definitions in report.QueueFigures.
CONTACT_FIGURES = (
    "offered", "answered", "abandoned", "turned_away", "service_level", "abandon_rate", "mean_wait", "asa", "p50_wait",
    "p90_wait", "longest_wait",
)  # fmt: skip
FLOOR_FIGURES = ("occupancy", "fairness")  # of ALL, besides the above
AGENT_FIGURES = ("handled", "occupancy")

DayFigures = Mapping[Subject, Mapping[str, float]]


class Stopped(Exception):
    """Somebody asked the run to end."""


@dataclass(frozen=True, slots=True)
class Progress:
    share: float  # 0–1 of the whole run
    days_done: int
    days: int
    interactions: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure's mean over the days with its confidence interval; `half_width` None when one day alone had it."""

    mean: float
    half_width: float | None
    days: int


@dataclass(frozen=True, slots=True)
class Result:
    """What happened on `days` simulated days. `stopped`: fewer days than were asked for."""

    figures: Mapping[Subject, Mapping[str, Measured]]
    days: int
    interactions: int
    stopped: bool
    by_day: tuple[DayFigures, ...]

    def of(self, kind: str) -> dict[int, Mapping[str, Measured]]:
        """id → figures of each queue, agent or hour, in order of id."""
        return {subject.id: held for subject, held in sorted(self.figures.items()) if subject.kind == kind}

    @property
    def total(self) -> Mapping[str, Measured]:
        return self.figures.get(ALL, {})


@dataclass(frozen=True, slots=True)
class Versus:
    """Two configurations on the same customers. `changes` hold after − before, paired day by day."""

    before: Result
    after: Result
    changes: Mapping[Subject, Mapping[str, Difference]]

    @property
    def total(self) -> Mapping[str, Difference]:
        return self.changes.get(ALL, {})


def no_progress(_: Progress) -> None:
    return None


def never() -> bool:
    return False


def run(
    scenario: Scenario,
    *,
    days: int = 10,
    first_seed: int = 1,
    targets: Mapping[int, float] | None = None,
    on_progress: Callable[[Progress], None] = no_progress,
    should_stop: Callable[[], bool] = never,
) -> Result:
    """Simulate the scenario `days` times with seeds from `first_seed` on.

    `targets` = service-level seconds by queue id (20 where none is given). `on_progress` is called after every few
    thousand events and after each day; `should_stop` is asked just as often, and when it says so the days that were
    finished are the result. A day costs about 0.1 ms an interaction.
    """
    done: list[DayFigures] = []
    interactions = 0

    def watch(now: float, contacts: int) -> None:
        if should_stop():
            raise Stopped
        share = min(1.0, now / scenario.until) if scenario.until > 0 else 0.0
        on_progress(Progress((len(done) + share) / days, len(done), days, interactions + contacts))

    for seed in range(first_seed, first_seed + days):
        try:
            watch(0.0, 0)
            tally = simulate(scenario, seed=seed, watch=watch)
        except Stopped:
            break
        done.append(day_figures(tally, targets=targets or {}))
        interactions += len(tally.contacts)
        on_progress(Progress(len(done) / days, len(done), days, interactions))
    return Result(_measured(done), len(done), interactions, stopped=len(done) < days, by_day=tuple(done))


def versus_run(
    before: Scenario,
    after: Scenario,
    *,
    days: int = 10,
    first_seed: int = 1,
    targets: Mapping[int, float] | None = None,
    on_progress: Callable[[Progress], None] = no_progress,
    should_stop: Callable[[], bool] = never,
) -> Versus:
    """Both scenarios on the same customers, day by day in turn, so that stopping early leaves whole pairs."""
    sides: tuple[list[DayFigures], list[DayFigures]] = ([], [])
    counts = [0, 0]
    for seed in range(first_seed, first_seed + days):
        pair = []
        for side, scenario in enumerate((before, after)):
            done = 2 * len(sides[0]) + side
            here = run(
                scenario, days=1, first_seed=seed, targets=targets, should_stop=should_stop,
                on_progress=lambda one, done=done: on_progress(  # type: ignore[misc]
                    Progress((done + one.share) / (2 * days), len(sides[0]), days, sum(counts) + one.interactions)
                ),
            )  # fmt: skip
            if here.stopped:
                return _versus(sides, counts, days)
            pair.append(here)
        for side, here in enumerate(pair):
            sides[side].extend(here.by_day)
            counts[side] += here.interactions
    return _versus(sides, counts, days)


def _versus(sides: tuple[list[DayFigures], list[DayFigures]], counts: list[int], days: int) -> Versus:
    first, second = (
        Result(_measured(side), len(side), count, stopped=len(side) < days, by_day=tuple(side))
        for side, count in zip(sides, counts, strict=True)
    )
    return Versus(first, second, _differences(*sides))


def day_figures(tally: Tally, *, targets: Mapping[int, float]) -> DayFigures:
    """Every figure of one day by subject."""
    held: dict[Subject, dict[str, float]] = {ALL: _contacts(tally.contacts, targets)}
    groups: dict[Subject, list[Contact]] = {}
    for contact in tally.contacts:
        groups.setdefault(Subject("queue", contact.queue), []).append(contact)
        groups.setdefault(Subject("hour", int(contact.arrived // HOUR)), []).append(contact)
    held |= {subject: _contacts(contacts, targets) for subject, contacts in groups.items()}
    for number, post in tally.posts.items():
        own = {"handled": float(post.handled)}
        held[Subject("agent", number)] = own | ({"occupancy": post.occupancy} if post.seconds else {})
    held[ALL] |= _floor(tally)
    return held


def _contacts(contacts: list[Contact], targets: Mapping[int, float]) -> dict[str, float]:
    """All CONTACT_FIGURES that are defined: no shares of nothing."""
    found: QueueFigures = queue_figures(contacts, lambda contact: targets.get(contact.queue, TARGET_SECONDS))
    undefined = set()
    if not found.offered:
        undefined |= set(CONTACT_FIGURES[4:])
    if not found.answered:
        undefined |= {"asa"}
    if found.offered == found.turned_away:
        undefined |= {"mean_wait", "p50_wait", "p90_wait", "longest_wait"}
    return {name: float(getattr(found, name)) for name in CONTACT_FIGURES if name not in undefined}


def _floor(tally: Tally) -> dict[str, float]:
    there = [post for post in tally.posts.values() if post.seconds]
    if not there:
        return {}
    busy = sum(post.busy_seconds for post in there)
    return {
        "occupancy": busy / sum(post.seconds for post in there),
        "fairness": jain([post.occupancy for post in there]),
    }


def _measured(days: Iterable[DayFigures]) -> dict[Subject, dict[str, Measured]]:
    values: dict[Subject, dict[str, list[float]]] = {}
    for day in days:
        for subject, figures in day.items():
            for name, value in figures.items():
                values.setdefault(subject, {}).setdefault(name, []).append(value)
    return {subject: {name: _measure(each) for name, each in figures.items()} for subject, figures in values.items()}


def _measure(values: list[float]) -> Measured:
    found = interval(values, confidence=CONFIDENCE)
    return Measured(found.mean, found.half_width if len(values) > 1 else None, len(values))


def _differences(before: list[DayFigures], after: list[DayFigures]) -> dict[Subject, dict[str, Difference]]:
    pairs: dict[Subject, dict[str, list[tuple[float, float]]]] = {}
    for old, new in zip(before, after, strict=True):
        for subject in old.keys() & new.keys():
            for name in old[subject].keys() & new[subject].keys():
                pairs.setdefault(subject, {}).setdefault(name, []).append((old[subject][name], new[subject][name]))
    return {
        subject: {
            name: Difference(
                interval([old for old, _ in each]),
                interval([new for _, new in each]),
                interval([new - old for old, new in each]),
            )
            for name, each in sorted(figures.items())
        }
        for subject, figures in sorted(pairs.items())
    }
