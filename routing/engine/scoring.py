"""Which item comes first (effective score) and which agent is best (rank)."""

from __future__ import annotations

from routing.engine.capacity import Seat
from routing.engine.snapshot import Item, QueueRules, Requirement, ScoreParts, SkillId, SkillMode, Strategy

PRIORITY_STEP_SECONDS = 60.0
SLA_BOOST_SECONDS = 3600.0
NEVER = float("-inf")
NOT_IDLE = float("inf")


def waited(item: Item, *, now: float) -> float:
    """Seconds the item has waited since its first entry, pauses not counted."""
    return now - item.queued_at - item.paused_seconds


def score_parts(item: Item, rules: QueueRules, *, now: float) -> ScoreParts:
    """S = priority × 60 + age × aging + 3600 × max(0, 1 − time left / target) + VIP boost; larger goes first."""
    return ScoreParts(
        priority=item.priority * PRIORITY_STEP_SECONDS,
        age=(waited(item, now=now) + item.age_credit) * rules.aging,
        sla=_sla_boost(item, now),
        vip=item.vip_boost,
    )


def score_line(item: Item, aging: float, *, now: float) -> tuple[float, float, float | None]:
    """(S at `now`, its growth per second, when that growth next changes).

    Items with the same growth never overtake each other, so a group of them needs sorting only once.
    """
    score = item.priority * PRIORITY_STEP_SECONDS + item.vip_boost
    score += (now - item.queued_at - item.paused_seconds + item.age_credit) * aging
    if item.sla_due is None or not item.sla_target:
        return score, aging, None
    starts_at = item.sla_due - item.sla_target
    if now < starts_at:
        return score, aging, starts_at
    return score + _sla_boost(item, now), aging + SLA_BOOST_SECONDS / item.sla_target, None


def _sla_boost(item: Item, now: float) -> float:
    if item.sla_due is None or not item.sla_target:
        return 0.0
    used = 1.0 - (item.sla_due - now) / item.sla_target
    return SLA_BOOST_SECONDS * used if used > 0.0 else 0.0


def demanded(
    required: tuple[Requirement, ...], mode: SkillMode, dropped: frozenset[SkillId], drops_all_soft: bool
) -> list[Requirement]:
    """The requirements that filter agents now: hard ones always, soft ones until a ring drops them."""
    if mode is SkillMode.NONE or drops_all_soft:
        return [each for each in required if each.hard]
    return [each for each in required if each.hard or each.skill not in dropped]


def strategy_value(strategy: Strategy, seat: Seat, predicted: float) -> float:
    """The queue's strategy as one number, smaller is better. Agents who are not idle come after all idle ones."""
    if strategy is Strategy.LONGEST_IDLE:
        return NOT_IDLE if seat.idle_since is None else seat.idle_since
    if strategy is Strategy.LEAST_OCCUPIED:
        return seat.occupancy
    if strategy is Strategy.FEWEST_HANDLED:
        return float(seat.handled)
    if strategy is Strategy.ROUND_ROBIN:
        return NEVER if seat.last_offer_at is None else seat.last_offer_at
    return -predicted
