"""Waiting work as the matching core knows it, and what an agent could take of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from routing import matching as engine
from routing.models import WorkItem
from routing.snapshots.setup import Setup
from routing.snapshots.times import seconds

# The effective score as engine.scoring has it, for the order in which the database hands items over.
SCORE = """
    (i.priority * 60 + i.vip_boost
     + (date_part('epoch', %(now)s - i.queued_at) - i.paused_seconds + i.age_credit) * q.aging
     + CASE WHEN i.due_at IS NULL OR coalesce(i.sla_target_seconds, 0) = 0 THEN 0
            ELSE 3600 * greatest(0, 1 - date_part('epoch', i.due_at - %(now)s) / i.sla_target_seconds) END)
"""
# What one agent could take: queues they serve or help in, and their own; no hard skill they lack.
CANDIDATES = f"""
SELECT i.* FROM routing_workitem i JOIN routing_queue q ON q.id = i.queue_id
    LEFT JOIN unnest(%(queues)s::bigint[], %(levels)s::int[]) AS mine(queue_id, level) ON mine.queue_id = i.queue_id
WHERE i.state = 'waiting' AND i.eligible_at <= %(now)s AND i.needs <@ %(skills)s::varchar[]
  AND (i.queue_id = ANY(%(queues)s) OR i.direct_agent_id = %(agent)s)
  AND (i.direct_agent_id IS NULL OR i.direct_agent_id = %(agent)s OR i.direct_until <= %(now)s)
  AND (i.cost <= %(room)s OR (i.medium = 'voice' AND i.cost <= %(voice_room)s))
ORDER BY {SCORE} + coalesce(mine.level, 0) * 60 DESC, i.queued_at, i.id LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608  (both parts are constants)


def candidates(
    agent: engine.Agent, setup: Setup, *, room: int, limit: int, offset: int, now: datetime
) -> list[WorkItem]:
    """The best waiting items the agent could take, the largest score first. 1 query over the index of waiting work."""
    queues = setup.queues_of(agent.id)
    given: dict[str, Any] = {
        "agent": agent.id,
        "queues": list(queues),
        "levels": list(queues.values()),
        "skills": setup.needs_met_by(agent.id),
        "room": room,
        "voice_room": room + agent.interruptible_load,
        "limit": limit,
        "offset": offset,
        "now": now,
    }
    return list(WorkItem.objects.raw(CANDIDATES, given))


def as_item(item: WorkItem, setup: Setup) -> engine.Item:
    """What the item says for itself goes before what its queue says of all its work."""
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
        required=requirements(item.required, setup.skill_ids),
        preferred=_liked(item, setup),
        direct_agent=item.direct_agent_id,
        direct_until=seconds(item.direct_until),
        sticky_agent=item.sticky_agent_id,
        sticky_until=seconds(item.sticky_until),
        excluded=tuple((int(agent), datetime.fromisoformat(at).timestamp()) for agent, at in item.excluded.items()),
        ring=item.ring,
        ring_since=seconds(item.ring_since),
        ring_elapsed=item.ring_elapsed,
        sla_due=seconds(item.due_at),
        sla_target=item.sla_target_seconds,
        vip_boost=item.vip_boost,
        agent_scores=_scores(item, setup) or None,
        overflow_path=tuple(item.overflow_path),
    )


def requirements(given: Iterable[Mapping[str, Any]], skill_ids: Mapping[str, int]) -> tuple[engine.Requirement, ...]:
    # A skill that no longer exists cannot be had by anybody; -1 keeps a hard demand for it unmet and visible.
    return tuple(
        engine.Requirement(
            skill_ids.get(one["skill"], -1),
            int(one.get("level", 1)),
            bool(one.get("hard", False)),
            float(one.get("weight", 1.0)),
        )
        for one in given
    )


def preferences(given: Iterable[Mapping[str, Any]], skill_ids: Mapping[str, int]) -> tuple[engine.Preference, ...]:
    return tuple(engine.Preference(skill_ids.get(one["skill"], -1), float(one.get("weight", 1.0))) for one in given)


def _liked(item: WorkItem, setup: Setup) -> tuple[engine.Preference, ...]:
    queue = setup.queues.get(item.queue_id)
    return preferences(item.preferred or (queue.preferred if queue else []), setup.skill_ids)


def _scores(item: WorkItem, setup: Setup) -> dict[int, float]:
    by_queue = setup.scores.get(item.queue_id, {})
    return {**by_queue, **{int(agent): float(score) for agent, score in item.agent_scores.items()}}


def needs_of(required: Collection[Mapping[str, object]]) -> list[str]:
    """The hard requirements as WorkItem.needs keeps them."""
    return sorted({f"{one['skill']}:{int(str(one.get('level', 1)))}" for one in required if one.get("hard")})
