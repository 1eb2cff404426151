"""The floor as the matching core reads it: a few set-wise queries, whatever the number of agents and items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from cases.models import Calendar
from cases.services.calendars import is_open, next_opening
from routing import matching as engine
from routing.models import AgentSkill, AgentState, Presence, Queue, QueueMember, Skill, WorkItem

# Held work and pending offers: both already take capacity.
LOADS = """
SELECT agent_id, medium, count(*), sum(cost), sum(cost) FILTER (WHERE interruptible) FROM (
    SELECT i.agent_id, i.medium, i.cost, i.interruptible FROM routing_workitem i
    WHERE i.state IN ('active', 'paused', 'wrapping') AND i.agent_id = ANY(%(agents)s)
    UNION ALL
    SELECT o.agent_id, i.medium, i.cost, i.interruptible FROM routing_offer o JOIN routing_workitem i ON i.id = o.item_id
    WHERE o.state = 'pending' AND o.agent_id = ANY(%(agents)s)) held
GROUP BY agent_id, medium
"""
RULE_NAMES = {field.name for field in fields(engine.QueueRules)}


def seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def moment(second: float | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, tz=UTC)


def take_snapshot(
    items: Iterable[WorkItem], *, now: datetime, agent_ids: Collection[int] | None = None
) -> engine.Snapshot:
    """These items with everybody available who serves their queues (or only `agent_ids` of them). 6 queries."""
    items = list(items)
    queues = {
        queue.id: queue for queue in Queue.objects.select_related("calendar").filter(id__in={i.queue_id for i in items})
    }
    skills = dict(Skill.objects.values_list("key", "id"))
    agents = load_agents(queues, now=now, agent_ids=agent_ids)
    return engine.Snapshot(
        now=now.timestamp(),
        items=[as_item(item, skills) for item in items],
        agents=agents,
        queues={queue.id: as_rules(queue, now=now) for queue in queues.values()},
    )


def load_agents(
    queues: Mapping[int, Queue], *, now: datetime, agent_ids: Collection[int] | None = None
) -> list[engine.Agent]:
    """Available agents who serve any of these queues, with skills, levels and load."""
    memberships: dict[int, dict[int, int]] = defaultdict(dict)
    members = QueueMember.objects.filter(queue__in=queues, user__is_active=True)
    if agent_ids is not None:
        members = members.filter(user__in=agent_ids)
    for user_id, queue_id, level in members.values_list("user_id", "queue_id", "level"):
        memberships[user_id][queue_id] = level
    states = list(AgentState.objects.filter(user__in=memberships, presence=Presence.AVAILABLE, pending_presence=""))
    ids = [state.user_id for state in states]
    skills: dict[int, dict[int | str, int]] = defaultdict(dict)
    for user_id, skill_id, level in AgentSkill.objects.filter(user__in=ids).values_list("user_id", "skill_id", "level"):
        skills[user_id][skill_id] = level
    loads = held_loads(ids)
    return [
        as_agent(state, memberships[state.user_id], skills[state.user_id], loads[state.user_id]) for state in states
    ]


def held_loads(agent_ids: Collection[int]) -> dict[int, dict[str, tuple[int, int, int]]]:
    """agent → medium → (items, cost, interruptible cost), pending offers included. 1 query."""
    loads: dict[int, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    if agent_ids:
        with connection.cursor() as cursor:
            cursor.execute(LOADS, {"agents": list(agent_ids)})
            for agent_id, medium, count, cost, soft in cursor.fetchall():
                loads[agent_id][medium] = (count, int(cost), int(soft or 0))
    return loads


def as_agent(
    state: AgentState, queues: dict[int, int], skills: dict[int | str, int], load: dict[str, tuple[int, int, int]]
) -> engine.Agent:
    total = sum(cost for _, cost, _ in load.values())
    return engine.Agent(
        id=state.user_id,
        skills=skills,
        queues=queues,
        budget=state.budget,
        load=total,
        interruptible_load=sum(soft for _, _, soft in load.values()),
        counts={medium: count for medium, (count, _, _) in load.items()},
        caps=state.caps,
        idle_since=None if total else seconds(state.idle_since),
        handled=state.handled_today,
        last_offer_at=seconds(state.last_offer_at),
    )


def as_item(item: WorkItem, skills: Mapping[str, int]) -> engine.Item:
    # A skill that no longer exists cannot be had by anybody; -1 keeps a hard demand for it unmet and visible.
    required = tuple(
        engine.Requirement(
            skills.get(r["skill"], -1), int(r.get("level", 1)), bool(r.get("hard", False)), float(r.get("weight", 1.0))
        )
        for r in item.required
    )
    return engine.Item(
        id=item.id,
        queue=item.queue_id,
        medium=item.medium,
        queued_at=item.queued_at.timestamp(),
        priority=item.priority,
        entered_at=item.entered_at.timestamp(),
        eligible_at=item.eligible_at.timestamp(),
        paused_seconds=item.paused_seconds,
        age_credit=item.age_credit,
        cost=item.cost,
        interruptible=item.interruptible,
        required=required,
        preferred=tuple(
            engine.Preference(skills.get(p["skill"], -1), float(p.get("weight", 1.0))) for p in item.preferred
        ),
        direct_agent=item.direct_agent_id,
        direct_until=seconds(item.direct_until),
        sticky_agent=item.sticky_agent_id,
        sticky_until=seconds(item.sticky_until),
        excluded=tuple(
            (int(agent), datetime.fromisoformat(until).timestamp()) for agent, until in item.excluded.items()
        ),
        ring=item.ring,
        ring_since=seconds(item.ring_since),
        ring_elapsed=item.ring_elapsed,
        sla_due=seconds(item.due_at),
        sla_target=item.sla_target_seconds,
        vip_boost=item.vip_boost,
        overflow_path=tuple(item.overflow_path),
    )


def as_rules(queue: Queue, *, now: datetime) -> engine.QueueRules:
    more: dict[str, Any] = {name: value for name, value in queue.settings.items() if name in RULE_NAMES}
    open_now = queue.calendar is None or is_open(queue.calendar, at=now)
    return engine.QueueRules(
        **{
            **more,
            "id": queue.id,
            "aging": queue.aging,
            "strategy": engine.Strategy(queue.strategy),
            "skill_mode": engine.SkillMode(queue.skill_mode),
            "rings": tuple(as_ring(ring) for ring in queue.rings),
            "open": open_now,
            "opens_at": None if open_now else opening(queue.calendar, now=now),
            "max_size": queue.max_size,
            "max_wait": queue.max_wait_seconds,
            "overflow": (queue.overflow_to_id,) if queue.overflow_to_id else (),
        }
    )


def as_ring(ring: dict[str, Any]) -> engine.Ring:
    """{"seconds": 30, "drops_all_soft": true, "min_queue_level": 0, "hold": false}"""
    return engine.Ring(
        seconds=ring.get("seconds"),
        drops=frozenset(ring.get("drops", ())),
        drops_all_soft=bool(ring.get("drops_all_soft", False)),
        min_queue_level=int(ring.get("min_queue_level", 0)),
        hold=bool(ring.get("hold", False)),
    )


def opening(calendar: Calendar | None, *, now: datetime) -> float | None:
    return seconds(next_opening(calendar, after=now)) if calendar else None
