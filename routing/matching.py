"""Matching: a snapshot in, matches and reasons out. Pure and deterministic: no ORM, no clock, no randomness.

    result = match(Snapshot(now=…, items=…, agents=…, queues=…))

The caller commits each match (it may lose a race, then it asks again), stores `explain(match)` with it, stores the
`ring_moves`, moves the `diversions`, and writes a due row for each item's `wake_at`. Pass only what an event touched:
one new item with the agents who may take it, or one freed agent with the waiting items of the queues they serve.
Cost: about 2 µs per item and agent passed in, 10–20 µs per match, see `bin/bench`.
"""

from __future__ import annotations

from routing.engine.assignment import improve
from routing.engine.capacity import BUDGET, DEFAULT_COST, INTERRUPTING, Seat, default_cost, idle_cost
from routing.engine.explanation import encoded, explain, told_of, unmatched, who_not
from routing.engine.feed import Feed
from routing.engine.floor import EVERYONE, Floor
from routing.engine.overflow import MAX_DEPTH, is_full, overflow_target
from routing.engine.run import Run
from routing.engine.scoring import score_parts
from routing.engine.snapshot import (
    Agent,
    Choice,
    Diversion,
    Item,
    Match,
    Preference,
    QueueRules,
    Reason,
    Requirement,
    Result,
    Ring,
    RingGroup,
    RingMove,
    ScoreParts,
    SkillMode,
    Snapshot,
    Strategy,
    Unmatched,
)

__all__ = [
    "BUDGET",
    "DEFAULT_COST",
    "INTERRUPTING",
    "MAX_DEPTH",
    "Agent",
    "Choice",
    "Diversion",
    "Item",
    "Match",
    "Preference",
    "QueueRules",
    "Reason",
    "Requirement",
    "Result",
    "Ring",
    "RingGroup",
    "RingMove",
    "ScoreParts",
    "SkillMode",
    "Snapshot",
    "Strategy",
    "Unmatched",
    "default_cost",
    "encoded",
    "explain",
    "idle_cost",
    "is_full",
    "match",
    "may_pull",
    "overflow_target",
    "pick_list",
    "score_parts",
    "told_of",
    "who_not",
]


def match(snapshot: Snapshot) -> Result:
    """Match every item that can be, the largest effective score first; then let batch queues choose the best pairs.

    No agent's capacity is exceeded and no hard requirement relaxed; when it returns, no free agent and waiting item
    are left that fit each other (queues that agents pull from apart).
    """
    floor, now = Floor.of(snapshot), snapshot.now
    only = EVERYONE if snapshot.only_agents is None else floor.roster.bits_of(snapshot.only_agents)
    feed = Feed(floor, snapshot.items, now=now, only=only)
    run = Run(floor, now=now, only=only)
    matches = run.matches((), feed)
    if any(rules.batch for rules in snapshot.queues.values()):
        taken = {item.id: item for item in snapshot.items}
        matches = improve(floor, matches, taken=taken, now=now, only=only) + floor.run(now=now, only=only)
    outcomes = run.outcomes + ([floor.add(item, now=now) for item in feed.rest()] if snapshot.detail else [])
    return Result(
        matches=tuple(matches),
        unmatched=tuple(unmatched(floor, now=now)) if snapshot.detail else (),
        ring_moves=tuple(
            RingMove(each.item.id, each.ring, each.since)
            for each in outcomes
            if not isinstance(each, Diversion) and each.ring != each.item.ring
        ),
        diversions=tuple(each for each in outcomes if isinstance(each, Diversion)),
    )


def pick_list(snapshot: Snapshot, *, agent: int, limit: int = 50) -> list[tuple[int, ScoreParts]]:
    """What this agent may pull, the largest score first: (item, score). Capacity is checked, offers are not made.

    Soft skills and rings do not matter here: the agent chooses; hard requirements and media do.
    """
    person = next(each for each in snapshot.agents if each.id == agent)
    allowed = []
    for item in snapshot.items:
        if may_pull(item, person, now=snapshot.now):
            score = score_parts(item, snapshot.queues.get(item.queue) or QueueRules(item.queue), now=snapshot.now)
            allowed.append((-score.total, item.queued_at, item.id, score))
    return [(item, score) for _, _, item, score in sorted(allowed, key=lambda entry: entry[:3])[:limit]]


def may_pull(item: Item, agent: Agent, *, now: float) -> bool:
    """Whether the agent may take this item by hand without an override."""
    if item.queue not in agent.queues or item.eligible_at > now:
        return False
    if item.direct_agent not in (None, agent.id) and (item.direct_until is None or now < item.direct_until):
        return False
    if agent.media is not None and item.medium not in agent.media:
        return False
    if any(agent.skills.get(each.skill, 0) < each.level for each in item.required if each.hard):
        return False
    return Seat(agent).fits(item.medium, default_cost(item.medium) if item.cost is None else item.cost)
