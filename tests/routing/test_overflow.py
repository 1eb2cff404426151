"""Closed, full or too long a wait."""

from __future__ import annotations

from routing.matching import Diversion, QueueRules, Reason, overflow_target
from tests.routing.floors import ANA, CARE, NOW, SALES, agent, decide, item, pairs

LATE, DESK = 3, 4


def chain(*rules: QueueRules) -> dict[int, QueueRules]:
    return {each.id: each for each in rules}


def test_a_closed_queue_gives_its_items_the_closed_treatment() -> None:
    result = decide([item(1)], [agent(ANA)], QueueRules(SALES, open=False, opens_at=NOW + 3600))

    assert result.diversions == (Diversion(1, Reason.CLOSED, None),)
    assert pairs(result) == []


def test_an_item_that_waited_too_long_goes_to_the_first_open_queue_with_room() -> None:
    queues = chain(
        QueueRules(SALES, max_wait=60, overflow=(CARE, LATE)),
        QueueRules(CARE, open=False),
        QueueRules(LATE, max_size=10, waiting=9),
    )

    result = decide([item(1, waited=60), item(2, waited=59)], [], *queues.values())

    assert result.diversions == (Diversion(1, Reason.MAX_WAIT, LATE),)
    assert [waiting.item for waiting in result.unmatched] == [2]
    assert result.unmatched[0].wake_at == NOW + 1


def test_the_wait_counts_from_entry_into_the_present_queue() -> None:
    rules = QueueRules(SALES, max_wait=60, overflow=(CARE,))

    result = decide([item(1, waited=600, entered_at=NOW - 10)], [agent(ANA)], rules, QueueRules(CARE))

    assert pairs(result) == [(1, ANA)]


def test_with_nowhere_to_go_an_item_keeps_its_place() -> None:
    result = decide([item(1, waited=600)], [agent(ANA)], QueueRules(SALES, max_wait=60, overflow=(SALES,)))

    assert pairs(result) == [(1, ANA)]


def test_the_chain_is_followed_through_full_queues() -> None:
    queues = chain(
        QueueRules(SALES, overflow=(CARE,)),
        QueueRules(CARE, max_size=1, waiting=1, overflow=(SALES, LATE)),
        QueueRules(LATE),
    )

    assert overflow_target(SALES, queues) == LATE


def test_no_item_goes_in_circles_or_more_than_five_steps() -> None:
    circle = chain(QueueRules(SALES, overflow=(CARE,)), QueueRules(CARE, overflow=(SALES,)))
    full = {n: QueueRules(n, max_size=0, overflow=(n + 1,)) for n in range(1, 7)} | {7: QueueRules(7)}

    assert overflow_target(CARE, circle, visited=(SALES,)) is None
    assert overflow_target(1, full) is None
    assert overflow_target(2, full) == 7
