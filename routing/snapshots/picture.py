"""Everything one decision depends on, put together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from routing import matching as engine
from routing.models import WorkItem
from routing.snapshots.people import load_agents
from routing.snapshots.rules import rules_for
from routing.snapshots.setup import Setup, read_setup
from routing.snapshots.work import as_item


def take_snapshot(
    items: Iterable[WorkItem],
    *,
    now: datetime,
    setup: Setup | None = None,
    freed: Collection[int] | None = None,
    loaded: Collection[engine.Agent] = (),
) -> engine.Snapshot:
    """These items with everybody signed in who may take them: members, helping teams, whom they were sent to, who knows
    the customer. 3 queries while the set-up is the same.

    `freed`: only these agents are to be matched. Of the others only those are in the picture who may change it: where there
    are rings (nobody there: the next one at once), reserves or batches, and who is waited for. `loaded`: see load_agents.
    """
    items, setup = list(items), setup or read_setup()
    queue_ids = {item.queue_id for item in items}
    rules = rules_for(queue_ids, setup, now=now)
    known = {
        item.sticky_agent_id for item in items if item.sticky_agent_id and item.sticky_until and item.sticky_until > now
    }
    people = known | {item.direct_agent_id for item in items if item.direct_agent_id}
    people |= set(freed or ())
    for queue_id, one in rules.items():
        if one.min_reserve or (queue_id in queue_ids and (freed is None or one.rings or one.batch)):
            people |= setup.members.get(queue_id, frozenset())
    return engine.Snapshot(
        now=now.timestamp(),
        items=[as_item(item, setup) for item in items],
        agents=load_agents(people, setup, rules=rules.values(), known=known, loaded=loaded, now=now),
        queues=rules,
        only_agents=None if freed is None else frozenset(freed),
        detail=freed is None,
    )
