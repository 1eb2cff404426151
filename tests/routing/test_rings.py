"""How demands relax with time, and what never relaxes."""

from __future__ import annotations

import pytest

from routing.matching import QueueRules, Reason, Requirement, Ring, RingGroup, RingMove, SkillMode
from tests.routing.floors import ANA, BEN, NOW, SALES, agent, decide, item, pairs

HEBREW, LOANS, GOLD = 1, 2, 3
GROUP = 7

TWO_RINGS = QueueRules(SALES, rings=(Ring(30), Ring(drops=frozenset({LOANS, HEBREW}))))
LOAN_IN_HEBREW = (Requirement(HEBREW, 2, hard=True), Requirement(LOANS, 3))
EXPERT = {HEBREW: 5, LOANS: 5}


@pytest.mark.parametrize(("waited", "expected"), [(29, []), (30, [(1, ANA)])])
def test_a_soft_skill_is_dropped_when_the_ring_timer_ends(waited: float, expected: list[tuple[int, int]]) -> None:
    crew = [agent(ANA, skills={HEBREW: 2}), agent(BEN, skills=EXPERT, load=100, idle=None)]

    result = decide([item(1, waited=waited, required=LOAN_IN_HEBREW)], crew, TWO_RINGS)

    assert pairs(result) == expected


def test_a_waiting_item_names_the_instant_of_its_next_ring() -> None:
    busy_expert = agent(BEN, skills=EXPERT, load=100, idle=None)

    result = decide([item(1, waited=12, required=LOAN_IN_HEBREW)], [busy_expert], TWO_RINGS)

    assert result.unmatched[0].wake_at == NOW + 18
    assert result.unmatched[0].reason is Reason.NOBODY_FREE
    assert result.wake_at == NOW + 18


def test_a_hard_skill_is_never_dropped() -> None:
    crew = [agent(ANA, skills={LOANS: 5, HEBREW: 1})]

    result = decide([item(1, waited=9999, required=LOAN_IN_HEBREW)], crew, TWO_RINGS)

    assert pairs(result) == []
    assert result.unmatched[0].reason is Reason.NOBODY_ELIGIBLE


def test_the_ring_clock_stands_still_while_an_offer_is_pending() -> None:
    """10 s before the offer and 5 since it ended count; the 100 s in between do not."""
    busy = agent(BEN, skills=EXPERT, load=100, idle=None)
    back = item(1, waited=115, required=LOAN_IN_HEBREW, ring_since=NOW - 5, ring_elapsed=10)

    assert decide([back], [busy], TWO_RINGS).unmatched[0].wake_at == NOW + 15


def test_an_unstaffed_ring_is_skipped_at_once() -> None:
    crew = [agent(ANA, skills={HEBREW: 2})]

    result = decide([item(1, waited=0, required=LOAN_IN_HEBREW)], crew, TWO_RINGS)

    assert pairs(result) == [(1, ANA)]
    assert result.matches[0].ring == 1
    assert result.ring_moves == (RingMove(1, 1, NOW),)


def test_a_ring_that_holds_is_waited_in_though_nobody_is_there() -> None:
    holding = QueueRules(SALES, rings=(Ring(30, hold=True), Ring(drops_all_soft=True)))

    result = decide([item(1, waited=5, required=LOAN_IN_HEBREW)], [agent(ANA, skills={HEBREW: 2})], holding)

    assert pairs(result) == []
    assert result.unmatched[0].wake_at == NOW + 25


def test_busy_agents_of_the_ring_keep_an_item_there_even_when_only_another_may_be_matched() -> None:
    crew = [agent(ANA, skills={HEBREW: 2}), agent(BEN, skills=EXPERT, load=100, idle=None)]

    result = decide([item(1, waited=5, required=LOAN_IN_HEBREW)], crew, TWO_RINGS, only_agents=frozenset({ANA}))

    assert pairs(result) == []


@pytest.mark.parametrize(
    ("group", "live", "helps"),
    [
        (RingGroup(GROUP), {}, True),
        (RingGroup(GROUP, min_expected_wait=60), {"expected_wait": 59.0}, False),
        (RingGroup(GROUP, min_expected_wait=60), {"expected_wait": 60.0}, True),
        (RingGroup(GROUP, max_service_level=0.8), {"service_level": 0.79}, True),
        (RingGroup(GROUP, max_service_level=0.8), {"service_level": None}, False),
        (RingGroup(GROUP, min_waiting=5), {"waiting": 4}, False),
        (RingGroup(GROUP, from_second=3600, to_second=7200), {"second_of_day": 7199}, True),
        (RingGroup(GROUP, from_second=3600, to_second=7200), {"second_of_day": 7200}, False),
        (RingGroup(GROUP, from_second=79200, to_second=3600), {"second_of_day": 100}, True),
    ],
)
def test_a_helping_group_joins_while_its_conditions_hold(group: RingGroup, live: dict[str, float], helps: bool) -> None:
    rules = QueueRules(SALES, rings=(Ring(20), Ring(groups=(group,))), **live)  # type: ignore[arg-type]
    crew = [agent(ANA, load=100, idle=None), agent(BEN, queues={}, groups=frozenset({GROUP}))]

    result = decide([item(1, waited=20)], crew, rules)

    assert pairs(result) == ([(1, BEN)] if helps else [])


def test_members_below_the_rings_level_come_in_later() -> None:
    rules = QueueRules(SALES, rings=(Ring(15, min_queue_level=3), Ring()))
    crew = [agent(ANA, queues={SALES: 4}, load=100, idle=None), agent(BEN, queues={SALES: 2})]

    assert pairs(decide([item(1, waited=14)], crew, rules)) == []
    assert pairs(decide([item(1, waited=15)], crew, rules)) == [(1, BEN)]


@pytest.mark.parametrize(
    ("mode", "expected"), [(SkillMode.BEST, [(1, BEN)]), (SkillMode.ALL, [(1, BEN)]), (SkillMode.NONE, [(1, ANA)])]
)
def test_skill_modes(mode: SkillMode, expected: list[tuple[int, int]]) -> None:
    """Ana has been idle longer; Ben has the soft skill."""
    crew = [agent(ANA, idle=900), agent(BEN, idle=5, skills={GOLD: 4})]

    assert pairs(decide([item(1, required=(Requirement(GOLD),))], crew, QueueRules(SALES, skill_mode=mode))) == expected
