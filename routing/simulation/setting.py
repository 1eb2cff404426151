"""A scenario with the names people know its parts by, and the changes somebody wants to try on it.

Changes are JSON, all parts optional:

    {"volume": 1.2,                             or {"billing": 1.5}: arrivals times that, by queue
     "handle_time": 0.9,                        or by queue; wrap-up apart
     "patience": 1.5,                           or by queue
     "wrap_up_seconds": 20,                     for everybody, instead of what was seen
     "agents": {"more": {"billing": 2},         copies of the queue's agents in turn, shifts and skills too
                "without": ["ana@example.com"],
                "change": {"sam@example.com": {"skills": {"spanish": 4}, "queues": {"billing": 5},
                                               "budget": 100, "pace": 0.9, "on_duty": [["08:00", "16:30"]]}}},
     "queues": {"billing": {"strategy": "fewest_handled", "aging": 0, "rings": [{"seconds": 30}, …],
                            "max_size": 50, "overflow": ["sales"], "service_level_seconds": 30}}}

A skill or queue of level null is taken away. Queue changes are fields of the engine's `QueueRules` by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from routing.engine.snapshot import QueueRules, Ring, RingGroup, SkillMode, Strategy
from routing.simulation.arrivals import Source
from routing.simulation.chance import Constant
from routing.simulation.scenario import Scenario, Worker
from routing.simulation.what_if import Busier, Changed, copies_of

PARTS = ("volume", "handle_time", "patience", "wrap_up_seconds", "agents", "queues")
AGENT_PARTS = ("more", "without", "change")
AGENT_FIELDS = ("skills", "queues", "budget", "pace", "on_duty")
LIVE_FIELDS = {
    "id",
    "open",
    "opens_at",
    "changes_at",
    "waiting",
    "expected_wait",
    "service_level",
    "second_of_day",
    "closed_overflows",
}
RULE_FIELDS = {field.name for field in fields(QueueRules)} - LIVE_FIELDS | {"service_level_seconds"}
MOST_FACTOR = 100.0
MOST_MORE = 1_000


class BadChange(ValueError):
    """What was asked for cannot be tried. The text is a sentence for whoever asked."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`queues` and `agents` are names by id, `skills` ids by name, `targets` service-level seconds by queue."""

    scenario: Scenario
    queues: Mapping[int, str]
    agents: Mapping[int, str]
    skills: Mapping[str, int]
    targets: Mapping[int, float]

    def queue(self, name: str) -> int:
        return _id_of(name, self.queues, "queue")

    def agent(self, name: str) -> int:
        return _id_of(name, self.agents, "agent")

    def skill(self, name: str) -> int:
        if name not in self.skills:
            raise BadChange(f"There is no skill “{name}”. Known are: {_some(self.skills)}.")
        return self.skills[name]


def changed(setting: Setting, changes: Mapping[str, Any]) -> Setting:
    """A copy with the changes. Raises BadChange naming what is not known or out of range."""
    _known(changes, PARTS, "changes")
    setting = _agents_changed(setting, _mapping(changes.get("agents", {}), "agents"))
    setting = _queues_changed(setting, _mapping(changes.get("queues", {}), "queues"))
    return replace(setting, scenario=replace(setting.scenario, arrivals=_customers_changed(setting, changes)))


def _customers_changed(setting: Setting, changes: Mapping[str, Any]) -> Source:
    source = setting.scenario.arrivals
    for queue, factor in _factors(setting, changes.get("volume", 1.0), "volume").items():
        if factor != 1.0:
            source = Busier(source, factor, None if queue is None else frozenset({queue}))
    longer = _factors(setting, changes.get("handle_time", 1.0), "handle_time")
    patient = _factors(setting, changes.get("patience", 1.0), "patience")
    wrap_up = changes.get("wrap_up_seconds")
    seconds = None if wrap_up is None else Constant(_number(wrap_up, "wrap_up_seconds", most=86_400.0))
    if seconds or any(factor != 1.0 for factor in (*longer.values(), *patient.values())):
        source = Changed(source, longer, patient, seconds)
    return source


# agents


def _agents_changed(setting: Setting, changes: Mapping[str, Any]) -> Setting:
    _known(changes, AGENT_PARTS, "agents")
    gone = {setting.agent(name) for name in changes.get("without", ())}
    crew = tuple(worker for worker in setting.scenario.crew if worker.agent.id not in gone)
    wanted = {
        setting.agent(name): _mapping(each, name)
        for name, each in _mapping(changes.get("change", {}), "agents.change").items()
    }
    crew = tuple(_worker_changed(setting, worker, wanted.get(worker.agent.id, {})) for worker in crew)
    names = dict(setting.agents)
    for queue_name, number in _mapping(changes.get("more", {}), "agents.more").items():
        queue = setting.queue(queue_name)
        more = _whole(number, f"agents.more.{queue_name}", least=-MOST_MORE, most=MOST_MORE)
        serving = [worker for worker in crew if queue in worker.agent.queues]
        if more > 0 and not serving:
            raise BadChange(
                f"Nobody serves {queue_name}, so there is no agent to copy. Give the queue to somebody first."
            )
        if more < 0:
            leaving = {worker.agent.id for worker in serving[more:]}
            crew = tuple(worker for worker in crew if worker.agent.id not in leaving)
            continue
        first = max(names, default=0) + 1
        copies = copies_of(serving, more, first_id=first)
        for copy, original in zip(copies, _in_turn(serving, more), strict=True):
            names[copy.agent.id] = f"{setting.agents.get(original.agent.id, '')} (copy {copy.agent.id - first + 1})"
        crew += copies
    return replace(setting, scenario=replace(setting.scenario, crew=crew), agents=names)


def _in_turn(workers: list[Worker], count: int) -> list[Worker]:
    return [workers[number % len(workers)] for number in range(count)]


def _worker_changed(setting: Setting, worker: Worker, changes: Mapping[str, Any]) -> Worker:
    if not changes:
        return worker
    _known(changes, AGENT_FIELDS, "agents.change")
    agent = worker.agent
    if "skills" in changes:
        agent = replace(agent, skills=_levels(agent.skills, changes["skills"], setting.skill))
    if "queues" in changes:
        agent = replace(agent, queues=_levels(agent.queues, changes["queues"], setting.queue))
    if "budget" in changes:
        agent = replace(agent, budget=_whole(changes["budget"], "budget", least=0, most=1000))
    if "pace" in changes:
        worker = replace(worker, pace=_number(changes["pace"], "pace", least=0.01, most=MOST_FACTOR))
    if "on_duty" in changes:
        worker = replace(worker, on_duty=tuple(_span(pair) for pair in changes["on_duty"]))
    return replace(worker, agent=agent)


def _levels(held: Mapping[Any, int], changes: Any, id_of: Callable[[str], int]) -> dict[Any, int]:
    kept = dict(held)
    for name, level in _mapping(changes, "levels").items():
        number = id_of(name)
        if level is None:
            kept.pop(number, None)
        else:
            kept[number] = _whole(level, name, least=0, most=5)
    return kept


def _span(pair: Any) -> tuple[float, float]:
    """("08:00", "16:30") or seconds of the simulated day."""
    try:
        start, end = (_second(each) for each in pair)
    except (TypeError, ValueError) as problem:
        raise BadChange(f'{pair!r} is no span of duty: write ["08:00", "16:30"].') from problem
    if end <= start:
        raise BadChange(f"The span of duty {pair!r} ends before it begins.")
    return start, end


def _second(clock: Any) -> float:
    if isinstance(clock, str):
        hours, minutes = clock.split(":")
        return int(hours) * 3600.0 + int(minutes) * 60.0
    return float(clock)


# queues


def _queues_changed(setting: Setting, changes: Mapping[str, Any]) -> Setting:
    rules = {queue: QueueRules(queue) for queue in setting.queues} | dict(setting.scenario.queues)
    targets = dict(setting.targets)
    for name, wanted in changes.items():
        queue = setting.queue(name)
        _known(_mapping(wanted, f"queues.{name}"), sorted(RULE_FIELDS), f"queues.{name}")
        if "service_level_seconds" in wanted:
            targets[queue] = _number(wanted["service_level_seconds"], "service_level_seconds", least=0.0, most=1e7)
        values = {
            field: _rule_value(setting, field, wanted[field]) for field in wanted if field != "service_level_seconds"
        }
        rules[queue] = replace(rules[queue], **values)
    return replace(setting, scenario=replace(setting.scenario, queues=rules, targets=targets), targets=targets)


def _rule_value(setting: Setting, field: str, value: Any) -> Any:
    try:
        if field == "strategy":
            return Strategy(value)
        if field == "skill_mode":
            return SkillMode(value)
        if field == "rings":
            return tuple(ring_of(ring, skill=setting.skill) for ring in value)
        if field == "overflow":
            return tuple(setting.queue(name) for name in value)
    except (TypeError, ValueError) as problem:
        if isinstance(problem, BadChange):
            raise
        raise BadChange(f"{value!r} is no {field.replace('_', ' ')} a queue can have.") from problem
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise BadChange(f"{value!r} is no value for {field}.")


def ring_of(ring: Mapping[str, Any], *, skill: Callable[[str], int]) -> Ring:
    """As rings are written in a queue; skills by name."""
    return Ring(
        seconds=ring.get("seconds"),
        drops=frozenset(skill(name) if isinstance(name, str) else name for name in ring.get("drops", ())),
        drops_all_soft=bool(ring.get("drops_all_soft", False)),
        min_queue_level=int(ring.get("min_queue_level", 0)),
        groups=tuple(RingGroup(**group) for group in ring.get("groups", ())),
        hold=bool(ring.get("hold", False)),
    )


# reading


def _factors(setting: Setting, value: Any, what: str) -> dict[int | None, float]:
    """queue (None = every one) → factor."""
    if isinstance(value, Mapping):
        return {setting.queue(name): _number(each, f"{what}.{name}") for name, each in value.items()}
    return {None: _number(value, what)}


def _number(value: Any, what: str, *, least: float = 0.0, most: float = MOST_FACTOR) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadChange(f"{what} must be a number from {least:g} to {most:g}, not {value!r}.")
    return float(value)


def _whole(value: Any, what: str, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadChange(f"{what} must be a whole number from {least} to {most}, not {value!r}.")
    return value


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadChange(f"{what} must be an object of names and values, not {value!r}.")
    return value


def _known(given: Iterable[str], known: Iterable[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise BadChange(f"“{name}” is not known in {where}. Known are: {_some(known)}.")


def _id_of(name: str, names: Mapping[int, str], what: str) -> int:
    for number, known in names.items():
        if known == name:
            return number
    raise BadChange(f"There is no {what} “{name}”. Known are: {_some(names.values())}.")


def _some(names: Iterable[str], most: int = 12) -> str:
    listed = sorted(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
