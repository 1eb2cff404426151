"""Which item is first: one scale for every queue."""

from __future__ import annotations

import pytest

from routing.matching import Item, QueueRules, score_parts
from tests.routing.floors import ANA, CARE, NOW, SALES, agent, decide, item, pairs


@pytest.mark.parametrize(
    ("waiting", "rules", "score"),
    [
        (item(1, waited=0), QueueRules(SALES), 0.0),
        (item(1, waited=90, priority=2), QueueRules(SALES), 210.0),
        (item(1, waited=90, paused_seconds=30), QueueRules(SALES), 60.0),
        (item(1, waited=90, age_credit=-45), QueueRules(SALES), 45.0),
        (item(1, waited=90, priority=1), QueueRules(SALES, aging=0.0), 60.0),
        (item(1, waited=90, vip_boost=100), QueueRules(SALES, aging=-1.0), 10.0),
        (item(1, waited=0, sla_due=NOW + 450, sla_target=600), QueueRules(SALES), 900.0),
        (item(1, waited=0, sla_due=NOW + 900, sla_target=600), QueueRules(SALES), 0.0),
        (item(1, waited=0, sla_due=NOW - 600, sla_target=600), QueueRules(SALES), 7200.0),
    ],
)
def test_the_effective_score_adds_priority_age_sla_and_vip(waiting: Item, rules: QueueRules, score: float) -> None:
    assert score_parts(waiting, rules, now=NOW).total == pytest.approx(score)


@pytest.mark.parametrize(
    ("items", "rules", "first"),
    [
        ([item(1, waited=30), item(2, waited=40)], QueueRules(SALES), 2),
        ([item(1, waited=59, priority=0), item(2, waited=0, priority=1)], QueueRules(SALES), 2),
        ([item(1, waited=61, priority=0), item(2, waited=0, priority=1)], QueueRules(SALES), 1),
        ([item(1, waited=900, priority=0), item(2, waited=0, priority=1)], QueueRules(SALES, aging=0), 2),
        ([item(1, waited=900), item(2, waited=5)], QueueRules(SALES, aging=-1), 2),
        ([item(1, waited=300), item(2, waited=0, sla_due=NOW + 60, sla_target=600)], QueueRules(SALES), 2),
        ([item(7, waited=30), item(4, waited=30)], QueueRules(SALES), 4),
    ],
    ids=["older", "priority", "a minute beats a step", "strict priority", "last in first out", "deadline", "tie by id"],
)
def test_a_freed_agent_gets_the_item_with_the_largest_score(items: list[Item], rules: QueueRules, first: int) -> None:
    assert pairs(decide(items, [agent(ANA)], rules)) == [(first, ANA)]


def test_queues_compete_on_one_scale() -> None:
    items = [item(1, queue=SALES, waited=50), item(2, queue=CARE, waited=10, priority=1)]

    assert pairs(decide(items, [agent(ANA, queues={SALES: 1, CARE: 1})])) == [(2, ANA)]


def test_one_queue_level_is_worth_a_minute_when_an_agent_chooses_among_queues() -> None:
    items = [item(1, queue=SALES, waited=90), item(2, queue=CARE, waited=40)]

    assert pairs(decide(items, [agent(ANA, queues={SALES: 1, CARE: 2})])) == [(2, ANA)]
    assert pairs(decide(items, [agent(ANA, queues={SALES: 1, CARE: 2})], level_seconds=0)) == [(1, ANA)]


def test_unroutable_work_in_front_does_not_block_routable_work_behind() -> None:
    """However long the line of items nobody here can take, the first one somebody can take is found."""
    from routing.matching import Requirement

    blocked = [item(i, waited=1000, required=(Requirement(9, hard=True),)) for i in range(10, 400)]

    assert pairs(decide([*blocked, item(1, waited=1)], [agent(ANA)])) == [(1, ANA)]
