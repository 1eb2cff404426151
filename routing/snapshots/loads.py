"""What agents hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from cxos.core.prepared import Prepared

# Held work, pending offers, and other people's work they take part in: all of it takes capacity.
LOADS = Prepared(
    """
SELECT agent_id, medium, count(*), sum(cost), sum(cost) FILTER (WHERE interruptible) FROM (
    SELECT i.agent_id, i.medium, i.cost, i.interruptible FROM routing_workitem i
    WHERE i.state IN ('active', 'paused', 'wrapping') AND i.agent_id = ANY(%(agents)s)
    UNION ALL
    SELECT o.agent_id, i.medium, i.cost, i.interruptible FROM routing_offer o JOIN routing_workitem i ON i.id = o.item_id
    WHERE o.state = 'pending' AND o.agent_id = ANY(%(agents)s)
    UNION ALL
    SELECT s.agent_id, i.medium, i.cost, i.interruptible FROM routing_segment s JOIN routing_workitem i ON i.id = s.item_id
    WHERE s.ended_at IS NULL AND s.kind <> 'lead' AND s.agent_id = ANY(%(agents)s)) held
GROUP BY agent_id, medium
""",
    agents="bigint[]",
)


def held_loads(agent_ids: Collection[int]) -> dict[int, dict[str, tuple[int, int, int]]]:
    """agent → medium → (items, cost, interruptible cost), pending offers included. 1 query."""
    loads: dict[int, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for agent_id, medium, count, cost, soft in agent_rows(LOADS, agent_ids):
        loads[agent_id][medium] = (count, int(cost), int(soft or 0))
    return loads


def agent_rows(asked: Prepared, agent_ids: Collection[int], **more: Any) -> list[tuple[Any, ...]]:
    """The rows of a query about these agents; none without asking when there are no agents."""
    return asked.run({"agents": list(agent_ids), **more}) if agent_ids else []
