"""What is configured is what is simulated: teams that help on a condition, best pairs, closed and full queues."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from routing.engine.snapshot import Agent, Preference, QueueRules, Ring, RingGroup
from routing.simulation.arrivals import Arrival, Kind, Recorded
from routing.simulation.chance import Constant
from routing.simulation.day import simulate
from routing.simulation.scenario import Scenario, Shut, Worker

SALES, CARE, OTHER = 1, 2, 3
HELPERS = 7
CALL = Kind(SALES, handle=Constant(100))
Told = tuple[float, float, str, int]


def played(arrivals: Sequence[Arrival], agents: Sequence[Agent], *rules: QueueRules, **more: object) -> list[Told]:
    """(arrived, waited, fate, agent) in order of arrival."""
    queues = {each.id: each for each in rules}
    scenario = Scenario(Recorded(arrivals), tuple(map(Worker, agents)), queues=queues, **more)  # type: ignore[arg-type]
    contacts = sorted(simulate(scenario, seed=1).contacts, key=lambda one: one.arrived)
    return [(one.arrived, one.waited, one.fate.name, one.agent) for one in contacts]


def helped(*at: float, group: RingGroup, **more: object) -> list[float]:
    """How long callers who come at these moments wait, with one agent and a helper."""
    agents = [Agent(1, queues={SALES: 1}), Agent(2, groups=frozenset({HELPERS}))]
    rules = QueueRules(SALES, rings=(Ring(groups=(group,)),))
    return [waited for _, waited, _, _ in played([Arrival(one, CALL) for one in at], agents, rules, **more)]


def test_a_team_helps_once_the_expected_wait_is_long_enough() -> None:
    """A call takes 100 s: behind one who waits it is 200 s, behind two 300 s. Figures are read every 15 s."""
    group = RingGroup(HELPERS, min_expected_wait=250)

    assert helped(0, 1, group=group) == [0, 99]
    assert helped(0, 1, 2, group=group) == [0, 14, 98]


def test_a_team_helps_once_the_service_level_is_low_enough() -> None:
    """Of three who came one was answered within the target."""
    targets = {SALES: 10.0}

    assert helped(0, 1, 2, group=RingGroup(HELPERS, max_service_level=0.4), targets=targets) == [0, 14, 98]
    assert helped(0, 1, 2, group=RingGroup(HELPERS, max_service_level=0.3), targets=targets) == [0, 99, 198]


def test_a_team_helps_from_its_hour_on() -> None:
    assert helped(0, 1, group=RingGroup(HELPERS, from_second=40, to_second=90)) == [0, 44]
    assert helped(0, 1, group=RingGroup(HELPERS, from_second=140, to_second=190)) == [0, 99]


def test_a_day_ends_although_nobody_can_take_who_waits_for_help() -> None:
    rules = QueueRules(SALES, rings=(Ring(groups=(RingGroup(HELPERS, min_waiting=5),)),))

    assert played([Arrival(0, CALL)], [], rules, until=600.0) == [(0, 600, "LEFT_WAITING", 0)]


@pytest.mark.parametrize(
    ("batch", "second_at", "waits"), [(False, 12, [90, 188]), (True, 12, [190, 88]), (True, 60, [90, 140])]
)
def test_a_queue_that_asks_for_it_gets_the_best_pairs_within_fairness(
    batch: bool, second_at: float, waits: list[float]
) -> None:
    """Who frees up is good at what the second one wishes for; that outweighs half a minute, not more."""
    wishes = Kind(SALES, handle=Constant(100), preferred=(Preference(9),))
    arrivals = [Arrival(0, CALL), Arrival(10, CALL), Arrival(second_at, wishes)]

    told = played(arrivals, [Agent(1, queues={SALES: 1}, skills={9: 5})], QueueRules(SALES, batch=batch))

    assert [waited for _, waited, _, _ in told[1:]] == waits


def test_best_pairs_leave_nobody_behind_whose_ring_relaxes() -> None:
    """The one passed over goes on by its own clock: its ring lets the second agent in at 40 s."""
    rings = (Ring(40, min_queue_level=2), Ring())
    wishes = Kind(SALES, handle=Constant(100), preferred=(Preference(9),))
    agents = [Agent(1, queues={SALES: 2}, skills={9: 5}), Agent(2, queues={SALES: 1})]
    arrivals = [Arrival(0, Kind(SALES, handle=Constant(20))), Arrival(10, CALL), Arrival(12, wishes)]

    told = played(arrivals, agents, QueueRules(SALES, batch=True, rings=rings))

    assert told[1:] == [(10, 40, "ANSWERED", 2), (12, 8, "ANSWERED", 1)]


def test_work_of_a_closed_queue_goes_along_the_chain_as_soon_as_something_there_is_open() -> None:
    rules = QueueRules(SALES, overflow=(CARE,)), QueueRules(CARE, overflow=(OTHER,)), QueueRules(OTHER)
    agents = [Agent(1, queues={SALES: 1}), Agent(2, queues={CARE: 1}), Agent(3, queues={OTHER: 1})]
    shut = Shut(0, 1000, overflows=True)
    calls = [Arrival(50, CALL)]

    assert played(calls, agents, *rules, closed={SALES: (shut,)}) == [(50, 0, "ANSWERED", 2)]
    both = {SALES: (shut,), CARE: (Shut(0, 100),)}
    assert played(calls, agents, *rules, closed=both) == [(50, 0, "ANSWERED", 3)]
    whole = both | {OTHER: (Shut(0, 300),)}
    assert played(calls, agents, *rules, closed=whole) == [(50, 50, "ANSWERED", 2)]


def test_work_of_a_closed_queue_looks_again_when_the_chain_was_only_full() -> None:
    rules = QueueRules(SALES, overflow=(CARE,)), QueueRules(CARE, max_size=1)
    agents = [Agent(2, queues={CARE: 1})]
    calls = [Arrival(0, Kind(CARE, handle=Constant(30))), Arrival(1, Kind(CARE, handle=Constant(30))), Arrival(2, CALL)]

    told = played(calls, agents, *rules, closed={SALES: (Shut(0, 5000, overflows=True),)})

    assert told[-1] == (2, 60, "ANSWERED", 2)


def test_full_queues_send_on_along_the_chain_and_throw_nobody_out() -> None:
    rules = (
        QueueRules(SALES, max_size=1, overflow=(CARE,)),
        QueueRules(CARE, max_size=1, overflow=(OTHER,)),
        QueueRules(OTHER, max_size=1),
    )
    agents = [Agent(3, queues={OTHER: 1})]
    calls = [Arrival(at, CALL) for at in range(5)]

    told = played(calls, agents, *rules, until=50.0)

    assert [(fate, agent) for _, _, fate, agent in told] == [
        ("LEFT_WAITING", 0),  # in sales
        ("LEFT_WAITING", 0),  # in care
        ("ANSWERED", 3),
        ("ANSWERED", 3),
        ("LEFT_WAITING", 0),  # everything is full: sales takes them all the same
    ]


def test_who_waits_too_long_does_not_go_where_it_is_full() -> None:
    rules = (
        QueueRules(SALES, max_wait=40, overflow=(CARE,)),
        QueueRules(CARE, max_size=1, overflow=(OTHER,)),
        QueueRules(OTHER),
    )
    calls = [Arrival(0, Kind(CARE, handle=Constant(100))), Arrival(10, CALL)]

    told = played(calls, [Agent(3, queues={OTHER: 1})], *rules, until=100.0)

    assert told[1] == (10, 40, "ANSWERED", 3)
