"""How an item's demands relax as it waits. Ring timers stand still while an offer is pending."""

from __future__ import annotations

from dataclasses import dataclass

from routing.engine.snapshot import Item, QueueRules, Ring, RingGroup, SkillId

NO_RINGS: tuple[Ring, ...] = (Ring(),)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What rings 0 to k together allow."""

    dropped: frozenset[SkillId]
    drops_all_soft: bool
    min_queue_level: int
    groups: tuple[RingGroup, ...]


def rings_of(rules: QueueRules) -> tuple[Ring, ...]:
    return rules.rings or NO_RINGS


def ring_now(item: Item, rules: QueueRules, *, now: float) -> tuple[int, float]:
    """(ring, since) by the timers alone; `now − since` is the time spent in it."""
    rings = rings_of(rules)
    ring = min(item.ring, len(rings) - 1)
    entered = item.queued_at if item.entered_at is None else item.entered_at
    started = entered if item.ring_since is None else item.ring_since
    since = min(started, now) - item.ring_elapsed
    while ring < len(rings) - 1:
        seconds = rings[ring].seconds
        if seconds is None or now < since + seconds:  # the very sum `advances_at` promises, to the last bit
            break
        since += seconds
        ring += 1
    return ring, since


def advances_at(rules: QueueRules, ring: int, since: float) -> float | None:
    """When the ring timer runs out; None in the last ring or one without a timer."""
    rings = rings_of(rules)
    seconds = rings[ring].seconds
    return None if seconds is None or ring >= len(rings) - 1 else since + seconds


def relaxation(rules: QueueRules, ring: int) -> Relaxation:
    """The demands left in this ring; helping groups count only while their conditions hold."""
    reached = rings_of(rules)[: ring + 1]
    return Relaxation(
        dropped=frozenset().union(*(each.drops for each in reached)),
        drops_all_soft=any(each.drops_all_soft for each in reached),
        min_queue_level=reached[-1].min_queue_level,
        groups=tuple(group for each in reached for group in each.groups if holds(group, rules)),
    )


def holds(group: RingGroup, rules: QueueRules) -> bool:
    """Whether every condition the group names is met by the queue's live figures; an unknown figure meets none."""
    if group.min_expected_wait is not None and (rules.expected_wait or 0.0) < group.min_expected_wait:
        return False
    if group.max_service_level is not None and (
        rules.service_level is None or rules.service_level > group.max_service_level
    ):
        return False
    if group.min_waiting is not None and rules.waiting < group.min_waiting:
        return False
    return _within_hours(group, rules.second_of_day)


def _within_hours(group: RingGroup, second: int) -> bool:
    if group.from_second is None or group.to_second is None:
        return True
    if group.from_second <= group.to_second:
        return group.from_second <= second < group.to_second
    return second >= group.from_second or second < group.to_second
