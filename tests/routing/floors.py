"""Short ways to say who is on the floor and what waits, for the tests of the matching engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from routing.matching import Agent, Item, QueueRules, Result, Snapshot, match

NOW = 1_700_000_000.0
SALES, CARE = 1, 2
ANA, BEN, CLEO, DAN = 1, 2, 3, 4


def agent(id: int, *, queues: dict[int, int] | None = None, idle: float | None = 60.0, **fields: Any) -> Agent:
    """A member of SALES at level 1 who has been idle for a minute."""
    since = None if idle is None else NOW - idle
    return Agent(id=id, queues={SALES: 1} if queues is None else queues, idle_since=since, **fields)


def item(id: int, *, queue: int = SALES, medium: str = "voice", waited: float = 10.0, **fields: Any) -> Item:
    return Item(id=id, queue=queue, medium=medium, queued_at=NOW - waited, **fields)


def decide(items: Sequence[Item], agents: Sequence[Agent], *rules: QueueRules, **fields: Any) -> Result:
    return match(Snapshot(now=NOW, items=list(items), agents=list(agents), queues={r.id: r for r in rules}, **fields))


def pairs(result: Result) -> list[tuple[int, int]]:
    """(item, agent) in the order in which they were matched."""
    return [(each.item, each.agent) for each in result.matches]
