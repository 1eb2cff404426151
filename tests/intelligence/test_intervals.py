"""Events add up to intervals: exactly, in any order, in any batches."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from intelligence.counting import COUNTS, Occurrence, tally
from intelligence.formulas import SERVICE_LEVELS, average_handle_time, occupancy
from intelligence.intervals import INTERVAL_MS, Cell, Subjects, Tallies, Tally, roll_up, seconds_mask, split_span

NINE = 1_767_949_200_000  # 2026-01-09 09:00 UTC
MINUTE = 60_000


def at(minutes: float) -> int:
    return NINE + round(minutes * MINUTE)


def queue_cell(minutes: int) -> Cell:
    return Cell("queue", 1, at(minutes))


def completed(end: int, *, handled: int, wrap_up: int = 0, agent: int = 7) -> Occurrence:
    return Occurrence(
        "WorkCompleted", end, Subjects(queue_id=1, agent_id=agent), {"handled_ms": handled, "wrap_up_ms": wrap_up}
    )


def test_a_span_is_cut_at_the_quarters_and_loses_nothing() -> None:
    pieces = list(split_span(at(10), at(40)))

    assert pieces == [
        (at(0), at(10), at(15)),
        (at(15), at(15), at(30)),
        (at(30), at(30), at(40)),
    ]
    assert list(split_span(at(5), at(5))) == []
    assert list(split_span(at(6), at(5))) == []


def test_a_long_call_is_split_by_the_clock_and_completed_where_it_ended() -> None:
    # given a call from 9:10 to 9:55 with five minutes of wrap-up
    tallies = tally([completed(at(60) - 1, handled=45 * MINUTE, wrap_up=5 * MINUTE - 1)])

    # then staffing sees each quarter's share, the report the whole where it ended
    split = {cell.start_ms: held.sums["handling_split_ms"] for cell, held in tallies.items() if cell.subject == "queue"}
    assert split == {at(0): 5 * MINUTE, at(15): 15 * MINUTE, at(30): 15 * MINUTE, at(45): 10 * MINUTE}
    assert tallies[queue_cell(45)].sums["handling_completed_ms"] == 45 * MINUTE
    assert tallies[queue_cell(45)].sums["wrap_up_completed_ms"] == 5 * MINUTE - 1
    assert tallies[queue_cell(0)].sums["handling_completed_ms"] == 0
    assert average_handle_time(tallies[queue_cell(45)]).value == 50 * MINUTE - 1


def test_each_event_counts_in_the_interval_of_its_own_moment() -> None:
    subjects = Subjects(queue_id=1, agent_id=7)
    tallies = tally(
        [
            Occurrence("WorkQueued", at(14), Subjects(queue_id=1), {"again": False}),
            Occurrence("OfferMade", at(15.25), subjects, {"waited_ms": 75_000}),
            Occurrence(
                "OfferAccepted",
                at(15.5),
                subjects,
                {"waited_ms": 90_000, "ring_ms": 15_000, "within_service_level": False},
            ),
        ]
    )

    assert dict(tallies[queue_cell(0)].sums) == {"offered": 1}
    assert dict(tallies[queue_cell(15)].sums) == {
        "offers_made": 1, "offers_accepted": 1, "answered": 1, "answered_wait_ms": 90_000,
        "ring_completed_ms": 15_000, "ring_split_ms": 15_000,
    }  # fmt: skip
    assert tallies[queue_cell(15)].sketches["answered_wait"].largest == 90_000
    assert tallies[Cell("agent", 7, at(15))].sums == tallies[queue_cell(15)].sums
    assert tallies[Cell("all", 0, at(15))].sums == tallies[queue_cell(15)].sums


def test_a_missed_offer_is_no_answer() -> None:
    tallies = tally([Occurrence("OfferExpired", at(1), Subjects(queue_id=1, agent_id=7), {"ring_ms": 30_000})])

    assert dict(tallies[queue_cell(0)].sums) == {
        "offers_expired": 1,
        "ring_completed_ms": 30_000,
        "ring_split_ms": 30_000,
    }


def test_abandoning_counts_short_and_within_the_target_apart() -> None:
    left = {"waited_ms": 12_000, "short": False, "within_service_level": True}
    sums = tally([Occurrence("WorkAbandoned", at(1), Subjects(queue_id=1), left)])[queue_cell(0)].sums

    assert dict(sums) == {"abandoned": 1, "abandoned_within": 1, "abandoned_wait_ms": 12_000}


def test_occupancy_counts_two_chats_at_once_as_one_busy_minute() -> None:
    # given an agent available from 9:00 to 9:10 with two chats side by side, 9:01–9:05 and 9:03–9:06
    agent = Subjects(agent_id=7)
    tallies = tally(
        [
            Occurrence("PresenceChanged", at(10), agent, {"previous": "available", "previous_ms": 10 * MINUTE}),
            completed(at(5), handled=4 * MINUTE),
            completed(at(6), handled=3 * MINUTE),
        ]
    )

    whole = roll_up(held for cell, held in tallies.items() if cell.subject == "agent")

    assert occupancy(whole).numerator == 300
    assert occupancy(whole).denominator == 600
    assert whole.sums["presence_available_split_ms"] == 10 * MINUTE


def test_spans_that_touch_share_no_second() -> None:
    first, second = seconds_mask(0, 0, 1_500), seconds_mask(0, 1_500, 3_000)

    assert first & second == 0
    assert (first | second) == seconds_mask(0, 0, 3_000) == 0b111


def test_responses_of_humans_and_bots_are_measured_apart() -> None:
    agent = Subjects(agent_id=7, channel_id=2)
    sent = {"author_kind": "agent", "waiting_ms": 30_000, "first_response": True}
    auto = {"author_kind": "bot", "waiting_ms": 200, "first_response": True}
    cells = tally(
        [
            Occurrence("MessageSent", at(1), Subjects(channel_id=2), auto),
            Occurrence("MessageSent", at(2), agent, sent),
            Occurrence("MessageSent", at(3), agent, {"author_kind": "agent", "waiting_ms": 9_000}),
            Occurrence("MessageSent", at(4), agent, {"author_kind": "agent", "waiting_ms": None}),
        ]
    )

    channel = cells[Cell("channel", 2, at(0))]
    assert {name: sketch.total for name, sketch in channel.sketches.items()} == {
        "bot_first_response": 200,
        "human_first_response": 30_000,
        "human_next_response": 9_000,
    }
    assert dict(channel.sums) == {"messages_sent_by_bot": 1, "messages_sent_by_human": 3}


def test_work_closed_while_waiting_is_neither_handled_nor_completed() -> None:
    closed = Occurrence("WorkCompleted", at(1), Subjects(queue_id=1), {"handled_ms": 0, "wrap_up_ms": 0})

    assert dict(tally([closed])[queue_cell(0)].sums) == {"canceled": 1}


def test_work_put_back_into_a_queue_is_to_be_answered_again() -> None:
    again = Occurrence("WorkQueued", at(1), Subjects(queue_id=1), {"again": True})

    assert dict(tally([again])[queue_cell(0)].sums) == {"offered": 1, "offered_again": 1}


def test_releases_tell_transfers_from_returns() -> None:
    kinds = ("transferred", "reassigned", "handed_over", "external", "requeued", "scheduled")
    cells = tally(
        [Occurrence("WorkReleased", at(1), Subjects(agent_id=7), {"kind": kind, "handled_ms": 5}) for kind in kinds]
    )

    sums = cells[Cell("agent", 7, at(0))].sums
    assert (sums["segments_transferred"], sums["segments_returned"]) == (4, 2)
    assert [sums[f"segments_transferred_{how}"] for how in ("blind", "warm", "by_hand")] == [2, 1, 1]
    assert sums["handled"] == 5, "what went outside is handled by its completion"


def test_an_event_nobody_counts_changes_nothing() -> None:
    assert tally([Occurrence("RuleApplied", at(1), Subjects(queue_id=1))]) == {}


def erlang_a(*, calls_a_second: float, handle: float, patience: float, agents: int, target: float, calls: int) -> Tally:
    """What a Markov queue with impatience does on average to so many calls. Riordan's series for the waits."""
    mu, theta = 1 / handle, 1 / patience
    weights = [1.0]
    for k in range(1, agents + 400):
        weights.append(weights[-1] * calls_a_second / (min(k, agents) * mu + max(k - agents, 0) * theta))
    whole = sum(weights)
    answered_within = abandoned_within = abandoned = 0.0
    steps = 2_000
    for ahead, weight in enumerate(weights):
        if ahead < agents:
            answered_within += weight
            continue
        abandoned += weight * (ahead + 1 - agents) * theta / (agents * mu + (ahead + 1 - agents) * theta)
    # tagged callers: chances to be j-th in the queue after t seconds, by small steps
    places = weights[agents : agents + 150]
    step = target / steps
    for _ in range(steps):
        served = places[0] * agents * mu * step
        nxt = list(places)
        for j, held in enumerate(places):
            ahead_leaves = (agents * mu + j * theta) * step
            nxt[j] -= held * (ahead_leaves + theta * step)
            if j:
                nxt[j - 1] += held * ahead_leaves
            abandoned_within += held * theta * step
        answered_within += served
        places = nxt
    share = calls / whole
    made = Tally()
    made.sums.update(
        offered=calls,
        answered=calls - round(abandoned * share),
        abandoned=round(abandoned * share),
        answered_within=round(answered_within * share),
        abandoned_within=round(abandoned_within * share),
    )
    return made


def test_the_same_floor_differs_by_three_points_and_a_half_by_the_choice_of_formula() -> None:
    # given 100 calls a half-hour, 180 s handling, 300 s patience, 12 agents, target 20 s
    floor = erlang_a(calls_a_second=100 / 1800, handle=180, patience=300, agents=12, target=20, calls=1_000_000)

    levels = {name: formula(floor).percent for name, formula in SERVICE_LEVELS.items()}

    assert levels["SL_offered"] == 77.2
    assert levels["SL_answered"] == 80.7
    assert levels["SL_ab_excl_T"] == 78.6
    assert levels["SL_ab_good"] == 79.0


subjects = st.builds(
    Subjects,
    queue_id=st.none() | st.integers(1, 3),
    agent_id=st.none() | st.integers(1, 3),
    channel_id=st.none() | st.integers(1, 2),
)
milliseconds = st.integers(-1_000, 3 * INTERVAL_MS)
payloads: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "waited_ms": milliseconds, "ring_ms": milliseconds, "handled_ms": milliseconds, "wrap_up_ms": milliseconds,
        "previous_ms": milliseconds, "open_ms": milliseconds, "waiting_ms": st.none() | milliseconds,
        "short": st.booleans(), "within_service_level": st.booleans(), "late": st.booleans(),
        "first_response": st.booleans(), "author_kind": st.sampled_from(["agent", "bot"]),
        "previous": st.sampled_from(["available", "busy", "break", "offline"]),
        "metric": st.sampled_from(["first_response", "resolution"]), "consumed_seconds": st.integers(0, 10_000),
        "kind": st.sampled_from(["transferred", "handed_over", "external", "requeued", "overflow"]),
        "joined_ms": milliseconds, "paused_ms": milliseconds, "transfers": st.integers(0, 3),
        "called_back": st.booleans(), "from_queue": st.booleans(), "again": st.booleans(),
        "entered": st.booleans(), "pauses": st.lists(st.tuples(milliseconds, milliseconds), max_size=3),
    },
)  # fmt: skip
occurrences = st.lists(
    st.builds(
        Occurrence,
        name=st.sampled_from(sorted(COUNTS)),
        at_ms=st.integers(NINE, NINE + 4 * INTERVAL_MS),
        subjects=subjects,
        payload=payloads,
    ),
    max_size=30,
)


def stored(tallies: Tallies) -> dict[Cell, str]:
    return {cell: json.dumps(held.to_json()) for cell, held in tallies.items()}


@settings(deadline=None)
@given(occurrences, st.randoms(use_true_random=False), st.lists(st.integers(0, 30), max_size=5))
def test_any_order_in_any_batches_gives_the_same_to_the_last_digit(
    events: list[Occurrence], chance: random.Random, cuts: list[int]
) -> None:
    # given the same events shuffled, and handed over in batches through storage
    shuffled = list(events)
    chance.shuffle(shuffled)
    edges = [0, *sorted(cuts), len(shuffled)]

    incremental = Tallies()
    for start, end in itertools.pairwise(edges):
        for cell, held in tally(shuffled[start:end]).items():
            incremental.at(cell).add(Tally.from_json(*json.loads(json.dumps(held.to_json()))))

    assert stored(incremental) == stored(tally(events))


@settings(deadline=None)
@given(occurrences)
def test_split_and_completed_forms_hold_the_same_time(events: list[Occurrence]) -> None:
    whole = roll_up(held for cell, held in tally(events).items() if cell.subject == "all")

    for name in ("handling", "wrap_up", "ring"):
        assert whole.sums[f"{name}_split_ms"] == whole.sums[f"{name}_completed_ms"]


@settings(deadline=None)
@given(occurrences)
def test_occupancy_never_exceeds_one(events: list[Occurrence]) -> None:
    for cell, held in tally(events).items():
        ratio = occupancy(roll_up([held]))
        assert cell.subject == "agent" or ratio.denominator == 0
        assert ratio.numerator <= ratio.denominator <= 900


def test_intervals_of_thirty_minutes_are_two_quarters_rolled_up() -> None:
    tallies = tally([completed(at(20), handled=10 * MINUTE), completed(at(29), handled=2 * MINUTE)])

    half_hour = roll_up([tallies[queue_cell(0)], tallies[queue_cell(15)]])

    assert half_hour.sums["handled"] == 2
    assert half_hour.sums["handling_split_ms"] == 12 * MINUTE
    assert half_hour.sketches["handle"].largest == pytest.approx(10 * MINUTE)
