"""The simulated day: what happens in it, and that it agrees with theory."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from intelligence.erlang import Demand
from routing.engine.snapshot import Agent, QueueRules, Requirement, Ring, RingGroup
from routing.simulation.arrivals import Arrival, Kind, Poisson, Profile, Recorded, Together
from routing.simulation.chance import Constant, Exponential, LogNormal, Observed
from routing.simulation.check import Golden, check
from routing.simulation.compare import compare
from routing.simulation.day import simulate
from routing.simulation.report import batch_means, figures, interval, jain, percentile, replicate
from routing.simulation.scenario import Scenario, Shut, Worker
from routing.simulation.tally import Contact, Fate, Tally
from routing.simulation.what_if import what_if

SALES, CARE = 1, 2
CALL = Kind(SALES, handle=Constant(100))


def crew(count: int, **fields: object) -> tuple[Worker, ...]:
    return tuple(Worker(Agent(i, queues={SALES: 1}), **fields) for i in range(1, count + 1))  # type: ignore[arg-type]


def day(arrivals: Sequence[Arrival], workers: tuple[Worker, ...], **fields: object) -> Tally:
    return simulate(Scenario(Recorded(arrivals), workers, **fields), seed=1)  # type: ignore[arg-type]


def told(tally: Tally) -> list[tuple[float, float, str, int]]:
    """(arrived, waited, fate, agent) in order of arrival."""
    contacts = sorted(tally.contacts, key=lambda contact: contact.arrived)
    return [(contact.arrived, contact.waited, contact.fate.name, contact.agent) for contact in contacts]


def test_the_second_caller_waits_for_the_only_agent() -> None:
    tally = day([Arrival(0, CALL), Arrival(10, CALL)], crew(1))

    assert told(tally) == [(0, 0, "ANSWERED", 1), (10, 90, "ANSWERED", 1)]
    assert tally.posts[1].busy_seconds == 200


def test_wrap_up_and_answering_take_time_too() -> None:
    tally = day([Arrival(0, CALL), Arrival(10, CALL)], crew(1), wrap_up=Constant(20), answer=Constant(3))

    assert told(tally) == [(0, 3, "ANSWERED", 1), (10, 116, "ANSWERED", 1)]


def test_whoever_loses_patience_leaves() -> None:
    tally = day([Arrival(0, CALL), Arrival(10, CALL, patience_seconds=30), Arrival(20, CALL)], crew(1))

    assert told(tally) == [(0, 0, "ANSWERED", 1), (10, 30, "ABANDONED", 0), (20, 80, "ANSWERED", 1)]


def test_agents_work_only_their_shift_and_finish_what_they_hold() -> None:
    workers = (Worker(Agent(1, queues={SALES: 1}), on_duty=((50, 60), (500, 600))),)

    tally = day([Arrival(0, CALL), Arrival(70, CALL)], workers)

    assert told(tally) == [(0, 50, "ANSWERED", 1), (70, 430, "ANSWERED", 1)]
    assert (tally.posts[1].busy_seconds, tally.posts[1].idle_seconds) == (200, 0)


def test_a_skill_relaxes_with_the_ring() -> None:
    rules = {SALES: QueueRules(SALES, rings=(Ring(30), Ring(drops_all_soft=True)))}
    hebrew = Kind(SALES, handle=Constant(100), required=(Requirement(1),))
    workers = (
        Worker(Agent(1, queues={SALES: 1}, skills={1: 3})),
        Worker(Agent(2, queues={SALES: 1})),
    )

    tally = day([Arrival(0, hebrew), Arrival(10, hebrew)], workers, queues=rules)

    assert told(tally) == [(0, 0, "ANSWERED", 1), (10, 30, "ANSWERED", 2)]


def test_a_helping_group_comes_when_the_line_is_long() -> None:
    ring = Ring(groups=(RingGroup(7, min_waiting=2),))
    rules = {SALES: QueueRules(SALES, rings=(ring,))}
    helper = Worker(Agent(2, groups=frozenset({7})))

    tally = day([Arrival(0, CALL), Arrival(1, CALL), Arrival(2, CALL)], (*crew(1), helper), queues=rules)

    assert told(tally) == [(0, 0, "ANSWERED", 1), (1, 1, "ANSWERED", 2), (2, 98, "ANSWERED", 1)]


def test_a_full_queue_overflows_and_who_comes_to_a_closed_one_waits_for_its_opening() -> None:
    rules = {
        SALES: QueueRules(SALES, max_size=1, overflow=(CARE,)),
        CARE: QueueRules(CARE),
    }
    workers = (Worker(Agent(1, queues={SALES: 1})), Worker(Agent(2, queues={CARE: 1})))
    calls = [Arrival(at, CALL) for at in (0, 1, 2, 1000, 80_000)]

    tally = day(calls, workers, queues=rules, closed={SALES: (Shut(900, 2000), Shut(70_000, 86_400))})

    assert told(tally) == [
        (0, 0, "ANSWERED", 1),
        (1, 99, "ANSWERED", 1),
        (2, 0, "ANSWERED", 2),
        (1000, 1000, "ANSWERED", 1),
        (80_000, 0, "TURNED_AWAY", 0),  # it opens no more on this day
    ]


def test_who_waited_too_long_moves_to_the_next_queue_with_their_age() -> None:
    rules = {SALES: QueueRules(SALES, max_wait=40, overflow=(CARE,)), CARE: QueueRules(CARE)}
    workers = (Worker(Agent(1, queues={SALES: 1})), Worker(Agent(2, queues={CARE: 1})))

    tally = day([Arrival(0, CALL), Arrival(10, CALL)], workers, queues=rules)

    assert told(tally) == [(0, 0, "ANSWERED", 1), (10, 40, "ANSWERED", 2)]


def test_a_broadcast_leaves_the_others_free() -> None:
    tally = day([Arrival(0, CALL), Arrival(1, CALL)], crew(2), queues={SALES: QueueRules(SALES, offer_size=2)})

    assert told(tally) == [(0, 0, "ANSWERED", 1), (1, 0, "ANSWERED", 2)]


def test_a_known_agent_is_waited_for_only_if_they_will_be_free_in_time() -> None:
    known = [Arrival(0, CALL), Arrival(90, CALL, sticky_agent=1, sticky_seconds=20)]
    late = [Arrival(0, CALL), Arrival(50, CALL, sticky_agent=1, sticky_seconds=20)]

    assert told(day(known, crew(2)))[1] == (90, 10, "ANSWERED", 1)
    assert told(day(late, crew(2)))[1] == (50, 0, "ANSWERED", 2)


def test_nobody_there_leaves_customers_waiting() -> None:
    assert [fate for _, _, fate, _ in told(day([Arrival(0, CALL)], ()))] == ["LEFT_WAITING"]


# chance


def test_a_seed_gives_the_same_day_and_another_seed_another() -> None:
    scenario = Scenario(Poisson(Kind(SALES, handle=Exponential(100)), 60), crew(2), until=7200)

    assert told(simulate(scenario, seed=3)) == told(simulate(scenario, seed=3))
    assert told(simulate(scenario, seed=3)) != told(simulate(scenario, seed=4))


def test_rates_follow_the_profile() -> None:
    profile = Profile(CALL, per_hour=(10, 0, 100), interval_seconds=3600)
    counts = [0, 0, 0]
    for seed in range(200):
        for arrival in profile.day(Random(seed), until=3 * 3600):
            counts[int(arrival.at // 3600)] += 1

    assert counts[1] == 0
    assert counts[0] / 200 == pytest.approx(10, rel=0.1)
    assert counts[2] / 200 == pytest.approx(100, rel=0.03)


def test_sources_mix_in_order_of_time() -> None:
    both = Together((Poisson(CALL, 30), Poisson(Kind(CARE), 30)))

    arrivals = list(both.day(Random(1), until=36_000))

    assert [arrival.at for arrival in arrivals] == sorted(arrival.at for arrival in arrivals)
    assert {arrival.kind.queue for arrival in arrivals} == {SALES, CARE}


@pytest.mark.parametrize("duration", [Exponential(50), LogNormal(50, 0.8), Observed([20, 50, 80])])
def test_draws_have_the_stated_mean(duration: Exponential | LogNormal | Observed) -> None:
    random = Random(5)

    assert sum(duration.draw(random) for _ in range(20_000)) / 20_000 == pytest.approx(50, rel=0.03)


# figures


def test_figures_of_a_day_by_hand() -> None:
    tally = day([Arrival(0, CALL), Arrival(10, CALL, patience_seconds=30), Arrival(90, CALL)], crew(1))

    found = figures(tally)

    assert (found.total.offered, found.total.answered, found.total.abandoned) == (3, 2, 1)
    assert found.total.service_level == pytest.approx(2 / 3)
    assert found.total.mean_wait == pytest.approx(40 / 3)
    assert found.total.asa == 5
    assert found.total.longest_wait == 30
    assert found.occupancy == 1.0
    assert found.agents[1].handled == 2
    assert figures(tally, targets={SALES: 5}).total.service_level == pytest.approx(1 / 3)


def test_percentiles_and_fairness() -> None:
    assert percentile([10, 20, 30, 40, 50], 0.9) == 46
    assert percentile([], 0.5) == 0
    assert jain([0.5, 0.5]) == 1.0
    assert jain([1.0, 0.0]) == 0.5


def test_an_interval_by_hand() -> None:
    """Mean 3, standard error √(2.5/5), t₄ = 2.776."""
    found = interval([1, 2, 3, 4, 5])

    assert found.half_width == pytest.approx(2.7764 * (2.5 / 5) ** 0.5, abs=1e-3)
    assert found.contains(4.9)
    assert not found.contains(5.0)


def test_batch_means_need_enough_contacts() -> None:
    contacts = [Contact(SALES, float(i), float(i % 4), Fate.ANSWERED) for i in range(400)]

    found = batch_means(contacts, lambda batch: sum(contact.waited for contact in batch) / len(batch))

    assert found.mean == 1.5
    with pytest.raises(ValueError, match="too few"):
        batch_means(contacts[:10], len)


# theory and comparison


@pytest.mark.parametrize(
    "golden",
    [
        Golden("M/M/6", Demand(40, 180), 6),
        Golden("M/M/6+M", Demand(60, 180, patience_seconds=240), 6, split=True),
    ],
    ids=lambda golden: golden.name,
)
def test_it_agrees_with_theory(golden: Golden) -> None:
    [verdict] = check([golden], replications=14, interactions=2000)

    assert verdict.is_within, verdict
    waits, _ = verdict.figures["mean_wait"]
    assert waits.half_width < 0.45 * waits.mean


def test_two_configurations_meet_the_same_customers() -> None:
    before = Scenario(
        Poisson(Kind(SALES, handle=Exponential(180), patience=Exponential(300)), 100), crew(5), until=14_400
    )

    found = compare(before, what_if(before, more_agents=1), seeds=range(6))

    assert found.figures["offered"].change.mean == 0
    assert found.figures["mean_wait"].change.high < 0
    assert found.figures["mean_wait"].is_clear
    assert found.figures["mean_wait"].change.half_width < found.figures["mean_wait"].before.half_width


def test_what_if_changes_volume_crew_and_handle_time() -> None:
    before = Scenario(Poisson(Kind(SALES, handle=Constant(60)), 200), crew(4), until=36_000)

    busier = replicate(what_if(before, volume=1.5), seeds=range(5)).of(lambda d: d.total.offered)
    calmer = replicate(what_if(before, volume=0.5), seeds=range(5)).of(lambda d: d.total.offered)
    slower = figures(simulate(what_if(before, volume=0.5, handle_time=1.2, more_agents=-1), seed=1))

    assert busier.mean == pytest.approx(3000, rel=0.05)
    assert calmer.mean == pytest.approx(1000, rel=0.05)
    assert slower.occupancy == pytest.approx(100 / 3600 * 72 / 3, rel=0.1)
    assert len(slower.agents) == 3
