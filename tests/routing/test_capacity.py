"""What an agent can hold at once."""

from __future__ import annotations

from typing import Any

import pytest

from routing.matching import QueueRules, Reason, default_cost, idle_cost
from tests.routing.floors import ANA, BEN, CARE, NOW, SALES, agent, decide, item, pairs


@pytest.mark.parametrize(
    ("medium", "at_once"), [("voice", 1), ("chat", 2), ("messaging", 4), ("email", 5), ("task", 10), ("fax", 4)]
)
def test_a_full_budget_holds_this_many_items_of_one_medium(medium: str, at_once: int) -> None:
    result = decide([item(i, medium=medium) for i in range(1, 21)], [agent(ANA)])

    assert len(result.matches) == at_once


@pytest.mark.parametrize(
    ("held", "medium", "fits"),
    [
        ({"load": 34}, "voice", False),
        ({"load": 40, "interruptible_load": 40}, "voice", True),
        ({"load": 54, "interruptible_load": 20}, "voice", False),
        ({"load": 120, "interruptible_load": 20}, "chat", False),
        ({"load": 100}, "email", False),
        ({"load": 80}, "email", True),
        ({"load": 81}, "email", False),
        ({"load": 34, "counts": {"chat": 1}, "caps": {"chat": 1}}, "chat", False),
        ({"load": 34, "counts": {"chat": 1}, "caps": {"chat": 2}}, "chat", True),
        ({"caps": {"email": 0}}, "email", False),
        ({"budget": 200, "load": 100}, "voice", True),
    ],
)
def test_the_next_item_fits_or_not(held: dict[str, Any], medium: str, fits: bool) -> None:
    result = decide([item(1, medium=medium)], [agent(ANA, idle=None, **held)])

    assert bool(result.matches) is fits


def test_an_idle_conversation_keeps_a_quarter_of_its_cost_and_never_nothing() -> None:
    assert [idle_cost(cost) for cost in (100, 34, 25, 2, 1, 0)] == [25, 8, 6, 1, 1, 0]
    assert default_cost("voice") == 100


def test_an_agent_is_not_given_more_than_the_limit_of_offers_per_minute() -> None:
    rules = QueueRules(SALES, max_offers_per_minute=2)
    just_had_one = agent(ANA, recent_offers=(NOW - 61, NOW - 20))

    result = decide([item(i, medium="email") for i in (1, 2, 3)], [just_had_one], rules)

    assert pairs(result) == [(1, ANA)]
    assert {waiting.wake_at for waiting in result.unmatched} == {NOW + 40}


def test_an_agent_above_the_occupancy_cap_gets_nothing_from_that_queue() -> None:
    rules = QueueRules(SALES, max_occupancy=0.85)

    result = decide([item(1)], [agent(ANA, occupancy=0.9, idle=500), agent(BEN, occupancy=0.5)], rules)

    assert pairs(result) == [(1, BEN)]


def test_blended_work_leaves_other_queues_their_reserve() -> None:
    inbound, outbound = QueueRules(SALES, min_reserve=2), QueueRules(CARE, blended=True)
    crew = [agent(i, queues={SALES: 1, CARE: 1}) for i in (1, 2, 3)]
    calls = [item(i, queue=CARE) for i in (1, 2, 3)]

    result = decide(calls, crew, inbound, outbound)

    assert pairs(result) == [(1, 1)]
    assert result.unmatched[0].reason is Reason.NOBODY_FREE


def test_interruptible_blended_work_does_not_use_up_the_reserve() -> None:
    inbound, outbound = QueueRules(SALES, min_reserve=2), QueueRules(CARE, blended=True)
    crew = [agent(i, queues={SALES: 1, CARE: 1}) for i in (1, 2)]

    result = decide([item(1, queue=CARE, medium="task", interruptible=True)], crew, inbound, outbound)

    assert pairs(result) == [(1, 1)]
