"""Steps 1 and 2 of an item's evaluation: closed queue, full queue, too long a wait, and where it goes instead."""

from __future__ import annotations

from collections.abc import Mapping

from routing.engine.snapshot import Diversion, Item, QueueRules, Reason

MAX_DEPTH = 5


def is_full(rules: QueueRules) -> bool:
    return rules.max_size is not None and rules.waiting >= rules.max_size


def overflow_target(queue: int, queues: Mapping[int, QueueRules], *, visited: tuple[int, ...] = ()) -> int | None:
    """The first open queue with room along the overflow chain, depth first in the order given; None if there is none.

    A queue already visited is never returned, so an item cannot go in circles, and it moves at most `MAX_DEPTH` times.
    """
    seen = {queue, *visited}
    frontier = [(target, len(visited) + 1) for target in reversed(queues[queue].overflow)]
    while frontier:
        candidate, depth = frontier.pop()
        if candidate in seen or depth > MAX_DEPTH or candidate not in queues:
            continue
        seen.add(candidate)
        rules = queues[candidate]
        if rules.enabled and rules.open and not is_full(rules):
            return candidate
        frontier.extend((target, depth + 1) for target in reversed(rules.overflow))
    return None


def diversion(item: Item, rules: QueueRules, queues: Mapping[int, QueueRules], *, now: float) -> Diversion | None:
    """Why and where the item must leave its queue, or None when it may stay."""
    if not rules.open:
        target = overflow_target(item.queue, queues, visited=item.overflow_path) if rules.closed_overflows else None
        return Diversion(item.id, Reason.CLOSED, target)
    if rules.max_wait is None or now < wait_limit_at(item, rules.max_wait):
        return None
    target = overflow_target(item.queue, queues, visited=item.overflow_path)
    # With nowhere to go it keeps its place: waiting on is better than being thrown out.
    return None if target is None else Diversion(item.id, Reason.MAX_WAIT, target)


def wait_limit_at(item: Item, max_wait: float) -> float:
    """When the item will have waited `max_wait` in its present queue."""
    return (item.queued_at if item.entered_at is None else item.entered_at) + max_wait
