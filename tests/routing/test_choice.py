"""Which agent gets the item: direct, known, ranked."""

from __future__ import annotations

import pytest

from routing.matching import (
    Agent,
    Preference,
    QueueRules,
    Reason,
    Requirement,
    Ring,
    RingGroup,
    Snapshot,
    Strategy,
    explain,
    pick_list,
)
from tests.routing.floors import ANA, BEN, CARE, CLEO, DAN, NOW, SALES, agent, decide, item, pairs

HEBREW, LOANS = 1, 2


@pytest.mark.parametrize(
    ("strategy", "first", "second"),
    [
        (Strategy.LONGEST_IDLE, {"idle": 90}, {"idle": 89}),
        (Strategy.LONGEST_IDLE, {"idle": 1}, {"idle": None, "load": 20}),
        (Strategy.LEAST_OCCUPIED, {"occupancy": 0.4, "idle": 1}, {"occupancy": 0.5}),
        (Strategy.FEWEST_HANDLED, {"handled": 3, "idle": 1}, {"handled": 4}),
        (Strategy.ROUND_ROBIN, {"last_offer_at": None, "idle": 1}, {"last_offer_at": NOW - 900}),
        (Strategy.ROUND_ROBIN, {"last_offer_at": NOW - 901, "idle": 1}, {"last_offer_at": NOW - 900}),
    ],
)
def test_the_queues_strategy_decides_among_equals(strategy: Strategy, first: dict, second: dict) -> None:
    crew = [agent(ANA, **second), agent(BEN, **first)]

    result = decide([item(1, medium="email")], crew, QueueRules(SALES, strategy=strategy))

    assert pairs(result) == [(1, BEN)]
    assert result.matches[0].alternatives[0].agent == ANA


def test_a_predictive_score_decides_where_the_queue_says_so() -> None:
    scored = item(1, agent_scores={ANA: 0.2, BEN: 0.9})

    assert pairs(decide([scored], [agent(ANA), agent(BEN)], QueueRules(SALES, strategy=Strategy.SCORE))) == [(1, BEN)]


def test_the_final_tie_goes_to_the_smaller_agent_id() -> None:
    assert pairs(decide([item(1)], [agent(CLEO), agent(BEN)])) == [(1, BEN)]


def test_queue_level_goes_before_proficiency_and_that_before_strategy() -> None:
    crew = [
        agent(ANA, queues={SALES: 1}, skills={LOANS: 5}, idle=900),
        agent(BEN, queues={SALES: 3}, skills={LOANS: 2}, idle=5),
        agent(CLEO, queues={SALES: 3}, skills={LOANS: 3}, idle=1),
    ]

    result = decide([item(1, preferred=(Preference(LOANS),))], crew)

    assert [choice.agent for choice in (*result.matches[0].chosen, *result.matches[0].alternatives)] == [CLEO, BEN, ANA]


def test_proficiency_is_weighed() -> None:
    crew = [agent(ANA, skills={HEBREW: 5, LOANS: 1}, idle=900), agent(BEN, skills={HEBREW: 3, LOANS: 3})]
    demand = (Requirement(HEBREW, weight=1), Requirement(LOANS, weight=3))

    result = decide([item(1, required=demand)], crew)

    assert pairs(result) == [(1, BEN)]
    assert result.matches[0].chosen[0].proficiency == 12.0


def test_work_spreads_over_idle_agents_before_anyone_gets_a_second_item() -> None:
    result = decide([item(i, medium="chat") for i in (1, 2, 3)], [agent(ANA), agent(BEN), agent(CLEO)])

    assert sorted(pairs(result)) == [(1, ANA), (2, BEN), (3, CLEO)]


# direct and known agents


def test_an_item_for_one_agent_waits_for_them_and_then_falls_through() -> None:
    crew = [agent(ANA), agent(BEN, load=100, idle=None)]

    waiting = decide([item(1, direct_agent=BEN, direct_until=NOW + 5)], crew)

    assert pairs(waiting) == []
    assert (waiting.unmatched[0].reason, waiting.unmatched[0].wake_at) == (Reason.WAITS_FOR_DIRECT, NOW + 5)
    assert pairs(decide([item(1, direct_agent=BEN, direct_until=NOW)], crew)) == [(1, ANA)]


def test_a_direct_agent_need_not_serve_the_queue() -> None:
    result = decide([item(1, direct_agent=BEN)], [agent(ANA), agent(BEN, queues={})])

    assert pairs(result) == [(1, BEN)]
    assert result.matches[0].reason is Reason.DIRECT


def test_a_known_agent_who_is_free_goes_first() -> None:
    crew = [agent(ANA, queues={SALES: 5}), agent(BEN, queues={SALES: 0})]

    result = decide([item(1, sticky_agent=BEN, sticky_until=NOW + 30)], crew)

    assert pairs(result) == [(1, BEN)]
    assert result.matches[0].reason is Reason.STICKY


@pytest.mark.parametrize("until", [None, NOW])
def test_a_known_agent_comes_first_only_for_as_long_as_the_item_waits_for_them(until: float | None) -> None:
    crew = [agent(ANA, queues={SALES: 5}), agent(BEN, queues={SALES: 0}, idle=9_000)]

    result = decide([item(1, sticky_agent=BEN, sticky_until=until)], crew)

    assert pairs(result) == [(1, ANA)]
    assert result.matches[0].reason is Reason.RANKED


def test_a_known_agent_serves_the_queue_or_helps_in_it() -> None:
    known = item(1, sticky_agent=BEN, sticky_until=NOW + 30)
    helped = QueueRules(SALES, rings=(Ring(groups=(RingGroup(7),)),))

    assert pairs(decide([known], [agent(BEN, queues={})])) == []
    assert pairs(decide([known], [agent(ANA), agent(BEN, queues={}, groups=frozenset({7}))], helped)) == [(1, BEN)]


@pytest.mark.parametrize(("free_at", "expected"), [(NOW + 20, []), (NOW + 31, [(1, ANA)]), (None, [(1, ANA)])])
def test_an_item_waits_for_its_known_agent_only_if_they_will_be_free_in_time(
    free_at: float | None, expected: list[tuple[int, int]]
) -> None:
    busy = agent(BEN, load=100, idle=None, predicted_free_at=free_at)

    result = decide([item(1, sticky_agent=BEN, sticky_until=NOW + 30)], [agent(ANA), busy])

    assert pairs(result) == expected
    if not expected:
        assert (result.unmatched[0].reason, result.unmatched[0].wake_at) == (Reason.WAITS_FOR_STICKY, NOW + 30)


def test_a_known_agent_who_declined_is_not_waited_for() -> None:
    busy = agent(BEN, load=100, idle=None, predicted_free_at=NOW + 5)
    declined = item(1, sticky_agent=BEN, sticky_until=NOW + 30, excluded=((BEN, NOW + 60),))

    assert pairs(decide([declined], [agent(ANA), busy])) == [(1, ANA)]


# who is left out


def test_an_agent_in_cooldown_is_passed_over_until_it_ends() -> None:
    result = decide([item(1, excluded=((ANA, NOW + 12),)), item(2, waited=1)], [agent(ANA)])

    assert pairs(result) == [(2, ANA)]
    result = decide([item(1, excluded=((ANA, NOW + 12),))], [agent(ANA)])
    assert result.unmatched[0].wake_at == NOW + 12
    assert pairs(decide([item(1, excluded=((ANA, NOW),))], [agent(ANA)])) == [(1, ANA)]


def test_an_agent_with_a_delay_takes_the_queues_items_only_after_it() -> None:
    patient = agent(ANA, queue_delays={SALES: 30.0})

    result = decide([item(1, waited=10)], [patient])

    assert pairs(result) == []
    assert result.unmatched[0].wake_at == NOW + 20
    assert pairs(decide([item(1, waited=30)], [patient])) == [(1, ANA)]


def test_an_item_is_not_touched_before_it_is_eligible() -> None:
    result = decide([item(1, waited=-3600, eligible_at=NOW + 60, age_credit=20)], [agent(ANA)])

    assert (result.unmatched[0].reason, result.unmatched[0].wake_at) == (Reason.NOT_YET, NOW + 60)


def test_each_filter_is_counted() -> None:
    crew = [
        agent(ANA, skills={HEBREW: 3}),
        agent(2, routable=False),
        agent(3, queues={CARE: 1}),
        agent(4, media=frozenset({"chat"})),
        agent(5, skills={HEBREW: 1}),
        agent(6, skills={HEBREW: 5}, load=100, idle=None),
        agent(7, skills={HEBREW: 5}),
    ]

    result = decide([item(1, required=(Requirement(HEBREW, 2),), excluded=((7, NOW + 9),))], crew)

    explanation = explain(result.matches[0])
    assert explanation["considered"] == 7
    assert explanation["filtered"] == {
        "not_routable": 1,
        "not_in_queue": 1,
        "medium_off": 1,
        "lacks_skill": 1,
        "no_capacity": 1,
        "excluded": 1,
    }
    assert explanation["score"] == {"age": 10.0, "total": 10.0}
    assert explanation["chosen"] == [{"agent": ANA, "level": 1, "skill": 3.0, "by": NOW - 60}]


# broadcast and pull


def test_a_broadcast_offers_the_best_n_and_holds_the_capacity_of_all() -> None:
    rules = QueueRules(SALES, offer_size=2)
    crew = [agent(ANA, idle=10), agent(BEN, idle=30), agent(CLEO, idle=20)]

    result = decide([item(1), item(2, waited=1)], crew, rules)

    assert [each.agents for each in result.matches] == [(BEN, CLEO), (ANA,)]


def test_a_queue_agents_pull_from_is_not_pushed() -> None:
    result = decide([item(1)], [agent(ANA)], QueueRules(SALES, push=False))

    assert pairs(result) == []
    assert result.unmatched[0].reason is Reason.PULL_ONLY


def test_the_pick_list_shows_what_the_agent_may_take_the_largest_score_first() -> None:
    items = [
        item(1, waited=10),
        item(2, waited=90),
        item(3, queue=CARE),
        item(4, required=(Requirement(HEBREW, hard=True),)),
        item(5, direct_agent=BEN, direct_until=NOW + 9),
        item(6, eligible_at=NOW + 1),
        item(7, required=(Requirement(LOANS, 5),), waited=50),
    ]
    ana: Agent = agent(ANA)

    listed = pick_list(Snapshot(now=NOW, items=items, agents=[ana]), agent=ANA)

    assert [number for number, _ in listed] == [2, 7, 1]
    full = agent(ANA, load=100, idle=None)
    assert pick_list(Snapshot(now=NOW, items=items, agents=[full]), agent=ANA) == []
    assert DAN not in {ana.id}
