"""A configuration tried out: figures with intervals, two side by side, progress, and a way to stop."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from routing.engine.snapshot import Agent, QueueRules, Requirement, Ring, Strategy
from routing.simulation.arrivals import Arrival, Kind, Poisson, Recorded, Together
from routing.simulation.chance import Constant, Exponential
from routing.simulation.day import simulate
from routing.simulation.scenario import Scenario, Worker
from routing.simulation.setting import BadChange, Setting, changed
from routing.simulation.study import Progress, Subject, run, versus_run
from routing.simulation.tally import Fate

BILLING, SALES = 1, 2
NAMES = {BILLING: "billing", SALES: "sales"}


def setting(hours: float = 4.0) -> Setting:
    billing = Kind(BILLING, handle=Exponential(180), patience=Exponential(300))
    sales = Kind(SALES, handle=Exponential(120), patience=Exponential(300))
    crew = tuple(Worker(Agent(i, queues={BILLING: 0, SALES: 0} if i % 2 else {BILLING: 0})) for i in range(1, 7))
    scenario = Scenario(
        Together((Poisson(billing, 80), Poisson(sales, 40))),
        crew,
        queues={queue: QueueRules(queue) for queue in NAMES},
        until=hours * 3600,
    )
    return Setting(scenario, NAMES, {i: f"agent{i}" for i in range(1, 7)}, {"spanish": 9}, {BILLING: 20, SALES: 60})


def test_every_figure_comes_with_its_interval() -> None:
    tried = setting()

    result = run(tried.scenario, days=4, targets=tried.targets)

    assert (result.days, result.stopped) == (4, False)
    assert sorted(result.of("queue")) == [BILLING, SALES]
    assert sorted(result.of("agent")) == [1, 2, 3, 4, 5, 6]
    assert sorted(result.of("hour")) == [0, 1, 2, 3]
    waits = result.total["mean_wait"]
    assert waits.days == 4
    assert waits.half_width is not None
    assert 0 < waits.half_width < waits.mean
    offered = [result.figures[Subject("queue", queue)]["offered"].mean for queue in NAMES]
    assert sum(offered) == pytest.approx(result.total["offered"].mean)
    assert result.interactions == 4 * result.total["offered"].mean


def test_a_figure_of_nothing_is_left_out() -> None:
    """One caller who hangs up: no speed of answer; an agent without duty: no occupancy."""
    calls = Recorded([Arrival(0, Kind(BILLING), 60, 10)])
    scenario = Scenario(calls, (Worker(Agent(1, queues={BILLING: 0}), on_duty=()),), until=3600)

    result = run(scenario, days=1)

    assert result.total["abandon_rate"].mean == 1
    assert result.total["mean_wait"].half_width is None
    assert "asa" not in result.total
    assert dict(result.of("agent")[1].items()).keys() == {"handled"}


def test_progress_is_told_and_ends_at_one() -> None:
    told: list[Progress] = []

    result = run(setting().scenario, days=3, on_progress=told.append)

    assert [one.share for one in told] == sorted(one.share for one in told)
    assert told[-1] == Progress(1.0, 3, 3, result.interactions)


def test_stopping_keeps_the_days_that_were_finished() -> None:
    done: list[int] = []

    result = run(
        setting().scenario, days=50, on_progress=lambda one: done.append(one.days_done),
        should_stop=lambda: bool(done) and done[-1] == 2,
    )  # fmt: skip

    assert (result.days, result.stopped) == (2, True)
    assert result.total["offered"].days == 2


def test_two_stopped_sides_are_whole_pairs() -> None:
    seen: list[Progress] = []

    found = versus_run(
        setting().scenario, setting().scenario, days=9, on_progress=seen.append,
        should_stop=lambda: len(seen) > 0 and seen[-1].share > 0.4,
    )  # fmt: skip

    assert found.before.days == found.after.days < 9
    assert found.before.stopped


def test_the_same_configuration_twice_differs_by_nothing() -> None:
    found = versus_run(setting().scenario, setting().scenario, days=3)

    for figures in found.changes.values():
        for difference in figures.values():
            assert (difference.change.mean, difference.change.half_width) == (0, 0)


def test_one_more_agent_shortens_the_wait_beyond_doubt() -> None:
    tried = setting()
    more = changed(tried, {"agents": {"more": {"billing": 1}}})

    found = versus_run(tried.scenario, more.scenario, days=6)

    assert found.total["offered"].change.mean == 0
    assert found.total["mean_wait"].change.high < 0
    assert more.agents[7] == "agent1 (copy 1)"
    assert 7 in found.after.of("agent")


def test_more_customers_leave_the_others_as_they_were() -> None:
    """Common random numbers: whoever comes either way brings the same handle time and patience."""
    tried = setting(hours=1)
    busier = changed(tried, {"volume": {"sales": 1.5}})

    before = {c.arrived: (c.queue, c.worked) for c in simulate(tried.scenario, seed=4).contacts if c.worked}
    after = {c.arrived: (c.queue, c.worked) for c in simulate(busier.scenario, seed=4).contacts if c.worked}

    both = before.keys() & after.keys()
    assert len(both) > 60
    assert {at: before[at] for at in both} == {at: after[at] for at in both}
    assert len(after) > len(before)


def test_changes_reach_the_scenario() -> None:
    rules = {"strategy": "fewest_handled", "rings": [{"seconds": 30}, {"drops": ["spanish"]}], "overflow": ["sales"],
             "max_size": 4, "service_level_seconds": 45}  # fmt: skip
    person = {"skills": {"spanish": 4}, "queues": {"sales": None}, "on_duty": [["08:00", "16:30"]], "pace": 1.2}

    found = changed(
        setting(),
        {"queues": {"billing": rules}, "agents": {"without": ["agent2"], "change": {"agent1": person}}},
    )

    assert found.targets == {BILLING: 45, SALES: 60}
    assert found.scenario.queues[BILLING] == QueueRules(
        BILLING,
        strategy=Strategy.FEWEST_HANDLED,
        rings=(Ring(30), Ring(drops=frozenset({9}))),
        overflow=(SALES,),
        max_size=4,
    )
    first, second = found.scenario.crew[:2]
    assert (first.agent.skills, first.agent.queues, first.pace) == ({9: 4}, {BILLING: 0}, 1.2)
    assert first.on_duty == ((28_800, 59_400),)
    assert second.agent.id == 3


def test_handling_and_patience_change_by_queue() -> None:
    calls = [Arrival(0, Kind(BILLING), 100.0, 50.0), Arrival(500, Kind(SALES), 100.0, 50.0)]
    tried = Setting(
        Scenario(Recorded(calls), (Worker(Agent(1, queues={BILLING: 0, SALES: 0})),), until=3600),
        NAMES,
        {1: "a"},
        {},
        {},
    )

    found = changed(tried, {"handle_time": {"billing": 2.0}, "patience": 0.5, "wrap_up_seconds": 7})

    contacts = simulate(found.scenario, seed=1).contacts
    assert [(each.queue, each.worked) for each in contacts] == [(BILLING, 207.0), (SALES, 107.0)]
    [first, _] = found.scenario.arrivals.day(Random(1), until=3600)
    assert first.patience_seconds == 25


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colour": 1}, "“colour” is not known in changes"),
        ({"volume": {"biling": 2}}, "There is no queue “biling”. Known are: billing, sales."),
        ({"volume": -1}, "volume must be a number from 0 to 100, not -1."),
        ({"agents": {"more": {"sales": 1.5}}}, "must be a whole number"),
        ({"agents": {"change": {"agent1": {"skills": {"greek": 1}}}}}, "There is no skill “greek”"),
        ({"agents": {"change": {"agent1": {"on_duty": [["9"]]}}}}, "is no span of duty"),
        ({"agents": {"change": {"agent1": {"on_duty": [["09:00", "08:00"]]}}}}, "ends before it begins"),
        ({"queues": {"billing": {"strategy": "loudest"}}}, "'loudest' is no strategy a queue can have"),
        ({"queues": {"billing": {"waiting": 3}}}, "“waiting” is not known in queues.billing"),
        ({"queues": {"billing": {"max_size": [1]}}}, "is no value for max_size"),
        ({"agents": []}, "agents must be an object"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_name(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadChange) as refused:
        changed(setting(), changes)

    assert sentence in str(refused.value)


def test_a_ring_timer_ends_at_its_very_instant() -> None:
    """0.1 + 0.2 is not 0.3: a timer compared in two ways would be looked at for ever without advancing."""
    rules = QueueRules(BILLING, rings=(*(Ring(0.1 + step / 7) for step in range(5)), Ring(drops_all_soft=True)))
    kind = Kind(BILLING, handle=Constant(1), required=(Requirement(1),))
    calls = [Arrival(number / 3, kind) for number in range(300)]
    crew = (
        Worker(Agent(1, queues={BILLING: 0})),
        Worker(Agent(2, queues={BILLING: 0}, skills={1: 1}), on_duty=((900, 901),)),
    )

    tally = simulate(Scenario(Recorded(calls), crew, queues={BILLING: rules}, until=1000), seed=1)

    assert [contact.fate for contact in tally.contacts] == [Fate.ANSWERED] * 300


def test_a_ring_reached_because_nobody_is_there_is_not_left_again() -> None:
    """Nobody has skill 1: ring 1 begins at once, and ring 2 its 30 seconds later, not after ring 0's as well."""
    rules = QueueRules(BILLING, rings=(Ring(60), Ring(30, drops=frozenset({1})), Ring(drops_all_soft=True)))
    spoken = Requirement(2, hard=True)
    calls = [
        Arrival(0, Kind(BILLING, handle=Constant(100), required=(spoken,))),
        Arrival(5, Kind(BILLING, handle=Constant(10), required=(Requirement(1), Requirement(2)))),
    ]
    crew = (Worker(Agent(1, queues={BILLING: 0}, skills={2: 3})), Worker(Agent(2, queues={BILLING: 0})))

    tally = simulate(Scenario(Recorded(calls), crew, queues={BILLING: rules}, until=400), seed=1)

    assert [(contact.waited, contact.agent) for contact in tally.contacts] == [(0, 1), (30, 2)]


def test_a_break_begins_when_the_work_in_hand_is_done_and_lasts_its_time() -> None:
    """Due at 50 in the middle of a call until 100: away from 100 to 130, whatever waits meanwhile."""
    call = Kind(BILLING, handle=Constant(100))
    crew = (Worker(Agent(1, queues={BILLING: 0}), on_duty=((0, 1000),), breaks=((50, 30), (400, 60))),)

    tally = simulate(Scenario(Recorded([Arrival(0, call), Arrival(60, call), Arrival(410, call)]), crew), seed=1)

    assert [(contact.arrived, contact.waited) for contact in tally.contacts] == [(0, 0), (60, 70), (410, 50)]
    assert tally.posts[1].idle_seconds == 1000 - 300 - 90
