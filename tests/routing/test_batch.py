"""Queues that ask for the globally best pairs."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings, strategies as st

from routing.matching import Preference, QueueRules, Reason
from tests.routing.floors import ANA, BEN, CARE, NOW, SALES, agent, decide, item, pairs

LOANS, CARDS = 1, 2


def wish(skill: int) -> tuple[Preference, ...]:
    return (Preference(skill),)


def test_the_best_pairs_are_chosen_where_greedy_would_give_the_first_item_the_only_good_agent() -> None:
    """Greedy gives item 1 Ana (5 points), leaving Ben, who is useless for item 2: 5 points. The best is 4 + 5."""
    crew = [agent(ANA, skills={LOANS: 5, CARDS: 5}), agent(BEN, skills={LOANS: 4})]
    work = [item(1, waited=20, preferred=wish(LOANS)), item(2, waited=10, preferred=wish(CARDS))]

    greedy = decide(work, crew, QueueRules(SALES))
    best = decide(work, crew, QueueRules(SALES, batch=True))

    assert sorted(pairs(greedy)) == [(1, ANA), (2, BEN)]
    assert sorted(pairs(best)) == [(1, BEN), (2, ANA)]
    assert {each.reason for each in best.matches} == {Reason.BATCH}


def test_a_better_pair_may_go_first_within_the_fairness_bound_and_not_beyond() -> None:
    crew = [agent(ANA, skills={LOANS: 5})]
    close = [item(1, waited=100), item(2, waited=80, preferred=wish(LOANS))]
    far = [item(1, waited=100), item(2, waited=60, preferred=wish(LOANS))]
    rules = QueueRules(SALES, batch=True, batch_fairness_seconds=60)

    assert pairs(decide(close, crew, rules)) == [(2, ANA)]
    assert pairs(decide(far, crew, rules)) == [(1, ANA)]


def test_nobody_beyond_the_queues_occupancy_is_given_more() -> None:
    crew = [agent(ANA, idle=60), agent(BEN, idle=5000, occupancy=0.95)]

    assert pairs(decide([item(1)], crew, QueueRules(SALES, batch=True, max_occupancy=0.9))) == [(1, ANA)]


def test_nobody_is_offered_more_a_minute_than_the_queue_allows() -> None:
    crew = [agent(ANA), agent(BEN, queues={SALES: 5}, idle=5000, recent_offers=(NOW - 1,))]
    work = [item(1, waited=20, medium="chat"), item(2, waited=21, medium="chat")]
    rules = QueueRules(SALES, batch=True, max_offers_per_minute=1)

    assert pairs(decide(work, crew, rules)) == [(2, ANA)]


def test_a_reserve_is_kept_by_all_pairs_together() -> None:
    crew = [agent(ANA, queues={SALES: 1, CARE: 1}), agent(BEN, queues={SALES: 1, CARE: 1})]
    sales, care = QueueRules(SALES, batch=True, blended=True), QueueRules(CARE, min_reserve=1)

    assert len(decide([item(1, waited=20), item(2, waited=20)], crew, sales, care).matches) == 1


levels = st.integers(0, 5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(levels, levels, levels), min_size=2, max_size=4),
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
)
def test_no_other_pairing_of_equally_old_items_is_worth_more(
    skills: list[tuple[int, int, int]], asks: list[int]
) -> None:
    crew = [agent(i, skills={1: a, 2: b, 3: c}) for i, (a, b, c) in enumerate(skills, start=1)]
    work = [item(i, preferred=wish(skill)) for i, skill in enumerate(asks, start=1)]

    result = decide(work, crew, QueueRules(SALES, batch=True))

    def worth(pairing: list[tuple[int, int]]) -> int:
        return sum(skills[person - 1][asks[number - 1] - 1] for number, person in pairing)

    size = min(len(crew), len(work))
    everyone, all_work = range(1, len(crew) + 1), range(1, len(work) + 1)
    best = max(
        worth(list(zip(some, people, strict=True)))
        for some in permutations(all_work, size)
        for people in permutations(everyone, size)
    )
    assert len(result.matches) == size
    assert worth(pairs(result)) == best
