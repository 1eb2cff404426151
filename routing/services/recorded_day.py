"""A day of this installation as the simulator's setting: who came when, who was there, and how long everything took.

From the facts come arrivals, handle times, wrap-up, ringing, hang-ups and who was available when; from the rows of today
the queues' rules, levels and skills. How long the answered would have borne is estimated by Kaplan–Meier per queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from cases import calendar_math
from cases.services.calendars import business_calendar
from cxos.core.errors import Invalid
from cxos.core.models import User
from intelligence.models import Fact
from routing import matching as engine
from routing.models import AgentState, Presence, Queue, WorkItem
from routing.simulation.arrivals import Arrival, Kind, Replayed
from routing.simulation.chance import FOREVER, Constant, Curve, Duration, Observed
from routing.simulation.scenario import NOTHING, Scenario, Shut, Worker
from routing.simulation.setting import Setting
from routing.simulation.survival import Observation, fit
from routing.snapshots.rules import as_rules, treatment
from routing.snapshots.setup import Setup, read_setup
from routing.snapshots.work import as_item

LONGEST_STAY = timedelta(days=2)  # of one agent in one presence
MOST_INTERACTIONS = 200_000
LEAST_ENDS = 30  # hang-ups seen, for a queue's own patience
NAMES = ("WorkQueued", "OfferAccepted", "WorkAssigned", "WorkAbandoned", "WorkReleased", "WorkCompleted")


@dataclass(slots=True)
class Visit:
    """What the facts tell of one work item."""

    queue_id: int = 0
    medium: str = ""
    at: datetime | None = None
    waited: float | None = None
    rang: float | None = None
    left: bool = False
    worked: float = 0.0
    wrapped: float = 0.0
    handled: bool = False


@dataclass(slots=True)
class Learnt:
    """Durations by queue, seconds."""

    handle: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrap_up: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    waits: dict[int, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    rings: list[float] = field(default_factory=list)


def recorded_day(start: datetime, end: datetime, *, now: datetime) -> Setting:
    """What came in and who was available in [start, end), as the queues are set up today. About 12 queries.

    Raises Invalid when nothing came in, or more than the simulator should hold in memory.
    """
    visits = _visits(start, end)
    if not visits:
        raise Invalid(
            "nothing_recorded",
            _("Nothing came in between %(start)s and %(end)s.")
            % {"start": f"{start:%Y-%m-%d %H:%M}", "end": f"{end:%Y-%m-%d %H:%M}"},
        )
    setup, learnt = read_setup(), _learnt(visits.values())
    crew = _crew(setup, start, end, now=now)
    scenario = Scenario(
        _arrivals(visits, setup, learnt, start),
        crew,
        queues={queue.id: always_open(as_rules(queue, setup.skill_ids, now=start)) for queue in setup.queues.values()},
        until=(end - start).total_seconds(),
        answer=Observed(learnt.rings) if learnt.rings else NOTHING,
        closed=closed_spans(setup.queues.values(), start, end),
        targets=(targets := targets_of(setup.queues.values())),
    )
    return Setting(
        scenario,
        queues={queue.id: queue.key for queue in setup.queues.values()},
        agents=dict(User.objects.filter(id__in=[one.agent.id for one in crew]).values_list("id", "email")),
        skills=dict(setup.skill_ids),
        targets=targets,
    )


# who came


def _visits(start: datetime, end: datetime) -> dict[int, Visit]:
    """work item → what became of it, for those first queued in the span; whatever happened to them later counts too."""
    queued = Fact.objects.filter(name="WorkQueued", at__gte=start, at__lt=end, work_item_id__isnull=False)
    visits: dict[int, Visit] = {}
    for item, queue, at, told in queued.order_by("at", "event_id").values_list(
        "work_item_id", "queue_id", "at", "data"
    ):
        if item is not None and not told.get("again") and item not in visits:
            visits[item] = Visit(queue or 0, str(told.get("medium", "")), at)
            if len(visits) > MOST_INTERACTIONS:
                raise Invalid(
                    "too_much",
                    _("More than %(most)s interactions: choose a shorter span.") % {"most": f"{MOST_INTERACTIONS:,}"},
                )
    later = Fact.objects.filter(work_item_id__in=list(visits), name__in=NAMES[1:], at__gte=start)
    for item, name, told in later.order_by("event_id").values_list("work_item_id", "name", "data"):
        if item is not None:
            _take(visits[item], name, told)
    return visits


def _take(visit: Visit, name: str, told: Mapping[str, object]) -> None:
    def seconds(key: str) -> float:
        return max(0.0, float(str(told.get(key) or 0))) / 1000

    if name in {"OfferAccepted", "WorkAssigned"} and visit.waited is None:
        visit.waited = seconds("waited_ms")
        visit.rang = seconds("ring_ms") if name == "OfferAccepted" else None
    elif name == "WorkAbandoned":
        visit.waited, visit.left = seconds("waited_ms"), True
    elif name == "WorkCompleted" or told.get("kind") != "external":  # what went outside is completed as well
        visit.worked += max(0.0, seconds("handled_ms") - seconds("paused_ms"))
        visit.wrapped += seconds("wrap_up_ms")
        visit.handled = True


def _learnt(visits: Iterable[Visit]) -> Learnt:
    learnt = Learnt()
    for visit in visits:
        if visit.handled and not visit.left:
            learnt.handle[visit.queue_id].append(visit.worked)
            learnt.wrap_up[visit.queue_id].append(visit.wrapped)
        if visit.waited is not None:
            learnt.waits[visit.queue_id].append(Observation(visit.waited, ended=visit.left))
        if visit.rang is not None:
            learnt.rings.append(visit.rang)
    return learnt


def _arrivals(visits: Mapping[int, Visit], setup: Setup, learnt: Learnt, start: datetime) -> Replayed:
    rows = WorkItem.objects.in_bulk(list(visits))
    kinds: dict[object, Kind] = {}
    patience = _patience(learnt)
    seen: list[tuple[Arrival, float | None]] = []
    for item_id, visit in visits.items():
        kind = _kind(visit, rows.get(item_id), setup, learnt, patience)
        kind = kinds.setdefault(_key(kind), kind)
        at = (visit.at - start).total_seconds() if visit.at else 0.0
        arrival = Arrival(at, kind, visit.worked if visit.handled else None, visit.waited if visit.left else None)
        seen.append((arrival, None if visit.left else visit.waited or 0.0))
    return Replayed(seen)


def _kind(visit: Visit, row: WorkItem | None, setup: Setup, learnt: Learnt, patience: Mapping[int, Duration]) -> Kind:
    """Without its row, which may be gone, an item is an ordinary one of its queue."""
    queue = visit.queue_id
    ordinary = Kind(
        queue=queue,
        medium=visit.medium,
        handle=_observed(learnt.handle, queue),
        patience=patience.get(queue, patience[0]),
        wrap_up=_observed(learnt.wrap_up, queue) if any(learnt.wrap_up.values()) else None,
    )
    if row is None:
        return ordinary
    item = as_item(row, setup)
    return replace(
        ordinary,
        priority=item.priority,
        cost=item.cost,
        interruptible=item.interruptible,
        required=item.required,
        preferred=item.preferred,
        vip_boost=item.vip_boost,
        sla_seconds=item.sla_target,
    )


def _key(kind: Kind) -> tuple[object, ...]:
    return (
        kind.queue, kind.medium, kind.priority, kind.cost, kind.interruptible, kind.required, kind.preferred,
        kind.vip_boost, kind.sla_seconds,
    )  # fmt: skip


def _observed(by_queue: Mapping[int, Sequence[float]], queue: int) -> Duration:
    """The queue's own durations, else everybody's."""
    values = by_queue.get(queue) or [each for held in by_queue.values() for each in held]
    return Observed(values) if values else Constant(0.0)


def _patience(learnt: Learnt) -> dict[int, Duration]:
    """By queue; 0 = everybody. For ever where nobody was ever seen to leave."""
    everybody = [each for held in learnt.waits.values() for each in held]
    found: dict[int, Duration] = {0: _fitted(everybody, least=1)}
    for queue, held in learnt.waits.items():
        if sum(each.ended for each in held) >= LEAST_ENDS:
            found[queue] = _fitted(held, least=LEAST_ENDS)
    return found


def _fitted(observations: Sequence[Observation], *, least: int) -> Curve | Constant:
    return fit(observations) if sum(each.ended for each in observations) >= least else FOREVER


# who was there


def _crew(setup: Setup, start: datetime, end: datetime, *, now: datetime) -> tuple[Worker, ...]:
    available = _available(start, end, now=now)
    states = {state.user_id: state for state in AgentState.objects.filter(user__in=list(available))}
    return tuple(
        Worker(
            engine.Agent(
                id=agent,
                skills=setup.skills.get(agent, {}),
                queues=setup.levels.get(agent, {}),
                groups=setup.teams.get(agent, frozenset()),
                budget=states[agent].budget if agent in states else engine.BUDGET,
                caps=states[agent].caps if agent in states else {},
                queue_delays=setup.delays.get(agent, {}),
            ),
            on_duty=tuple(spans),
        )
        for agent, spans in sorted(available.items())
    )


def _available(start: datetime, end: datetime, *, now: datetime) -> dict[int, list[tuple[float, float]]]:
    """agent → spans of availability in seconds of the span. What still goes on is known from the present state."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def add(agent: int, since: datetime, until: datetime) -> None:
        begins, ends = max(since, start), min(until, end)
        if begins < ends:
            found[agent].append(((begins - start).total_seconds(), (ends - start).total_seconds()))

    changes = Fact.objects.filter(
        name="PresenceChanged", at__gt=start, at__lt=end + LONGEST_STAY, data__previous=Presence.AVAILABLE
    )
    for agent, at, told in changes.order_by("at", "event_id").values_list("agent_id", "at", "data"):
        if agent:
            add(agent, at - timedelta(milliseconds=int(told.get("previous_ms") or 0)), at)
    still = AgentState.objects.filter(presence=Presence.AVAILABLE, presence_since__lt=end, user__is_active=True)
    for agent, since in still.values_list("user_id", "presence_since"):
        add(agent, since, now)
    return {agent: sorted(spans) for agent, spans in found.items()}


# rules


def always_open(rules: engine.QueueRules) -> engine.QueueRules:
    """Opening hours come as spans of the day."""
    return replace(rules, open=True, opens_at=None, closed_overflows=False)


def targets_of(queues: Iterable[Queue]) -> dict[int, float]:
    return {queue.pk: float(queue.service_level_seconds) for queue in queues}


def closed_spans(queues: Iterable[Queue], start: datetime, end: datetime) -> dict[int, tuple[Shut, ...]]:
    """When each queue is closed between these moments, and whether its work overflows then. Seconds from `start`."""
    found = {}
    for queue in queues:
        if queue.calendar is None:
            continue
        spans, at = [], start
        for opens, closes in calendar_math.open_spans(business_calendar(queue.calendar), start, end):
            if opens > at:
                spans.append((at, opens))
            at = closes
        if at < end:
            spans.append((at, end))
        if spans:
            found[queue.pk] = tuple(
                Shut(
                    (since - start).total_seconds(),
                    (until - start).total_seconds(),
                    treatment(queue, now=since) == Queue.Treatment.OVERFLOW,
                )
                for since, until in spans
            )
    return found
