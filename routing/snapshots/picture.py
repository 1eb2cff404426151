"""Everything one decision depends on, put together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from routing import matching as engine
from routing.models import WorkItem
from routing.snapshots.people import load_agents
from routing.snapshots.rules import rules_for
from routing.snapshots.setup import Setup, read_setup
from routing.snapshots.work import as_item


def take_snapshot(items: Iterable[WorkItem], *, now: datetime, setup: Setup | None = None) -> engine.Snapshot:
    """These items with everybody signed in who may take them: members, helping teams, whom they were sent to, who knows
    the customer. 3 queries while the set-up is the same."""
    items, setup = list(items), setup or read_setup()
    rules = rules_for({item.queue_id for item in items}, setup, now=now)
    known = {item.sticky_agent_id for item in items if item.sticky_agent_id and item.sticky_until}
    asked = {item.direct_agent_id for item in items if item.direct_agent_id}
    serving = {agent for item in items for agent in setup.members.get(item.queue_id, ())}
    for queue_id, one in rules.items():
        serving |= setup.members.get(queue_id, frozenset()) if one.min_reserve else set()
    agents = load_agents(serving | known | asked, setup, rules=rules.values(), known=known, now=now)
    return engine.Snapshot(
        now=now.timestamp(),
        items=[as_item(item, setup.skill_ids) for item in items],
        agents=agents,
        queues=rules,
    )
