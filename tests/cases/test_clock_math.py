"""One clock through its life: pauses, breaches, changed policies, reopening and merging."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from cases.calendar_math import BusinessCalendar, add_business, business_seconds
from cases.clock_math import (
    Clock,
    ClockError,
    ClockState,
    ReopenMode,
    cancel,
    check,
    consumed_at,
    instant_of,
    merge,
    pause,
    recompute,
    remaining_at,
    reopen,
    resume,
    start,
    stop,
)
from cases.hours import Interval

HOUR = 3600
OFFICE = BusinessCalendar.weekly("UTC", [[Interval(9 * 60, 17 * 60)]] * 5 + [[], []])
ALWAYS = BusinessCalendar.always_open()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """March 2026: the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def running(budget_seconds: float = 4 * HOUR, since: datetime | None = None) -> Clock:
    return start(Clock(budget_seconds), OFFICE, at=since or at(2, 9))


def test_a_clock_started_outside_hours_has_its_whole_budget() -> None:
    clock = running(since=at(7, 10))

    assert clock.due_at == at(9, 13)
    assert remaining_at(clock, OFFICE, at=at(9, 8)) == 4 * HOUR


def test_several_customer_messages_keep_the_oldest_start() -> None:
    clock = running()

    assert start(clock, OFFICE, at=at(2, 11)) == clock


def test_a_pause_moves_the_deadline_by_business_time_not_wall_time() -> None:
    clock = pause(running(since=at(6, 16)), OFFICE, at=at(6, 16, 30))

    again = resume(clock, OFFICE, at=at(9, 9, 30))

    assert clock.state is ClockState.PAUSED
    assert clock.due_at is None
    assert clock.consumed_seconds == HOUR / 2
    assert again.due_at == at(9, 13)


def test_a_paused_clock_does_not_tick() -> None:
    clock = pause(running(), OFFICE, at=at(2, 10))

    assert consumed_at(clock, OFFICE, at=at(5, 10)) == HOUR
    assert check(clock, at=at(30, 0)) == clock


def test_pausing_and_resuming_on_a_closed_day_changes_nothing() -> None:
    clock = running(since=at(6, 16))

    weekend = resume(pause(clock, OFFICE, at=at(7, 10)), OFFICE, at=at(8, 10))

    assert weekend.due_at == clock.due_at == at(9, 12)


@pytest.mark.parametrize(
    ("moment", "state"),
    [(at(2, 13), ClockState.MET), (at(2, 13) + timedelta(microseconds=1), ClockState.MET_LATE)],
)
def test_a_promise_is_kept_up_to_and_including_the_due_instant(moment: datetime, state: ClockState) -> None:
    clock = stop(running(), OFFICE, at=moment)

    assert (clock.state, clock.stopped_at, clock.due_at) == (state, moment, at(2, 13))


def test_a_breached_clock_goes_on_until_it_is_stopped_and_then_its_miss_grows_no_more() -> None:
    late = check(running(), at=at(2, 14))

    ended = stop(late, OFFICE, at=at(2, 15))

    assert (late.state, late.breached_at) == (ClockState.BREACHED, at(2, 13))
    assert ended.state is ClockState.MET_LATE
    assert ended.overrun_seconds == 2 * HOUR
    assert consumed_at(ended, OFFICE, at=at(20, 12)) == 6 * HOUR
    assert stop(ended, OFFICE, at=at(3, 9)) == ended


def test_a_breach_stays_through_pause_and_resume() -> None:
    clock = resume(pause(running(), OFFICE, at=at(2, 14)), OFFICE, at=at(3, 9))

    assert (clock.state, clock.breached_at, clock.due_at) == (ClockState.BREACHED, at(2, 13), at(2, 13))
    assert clock.consumed_seconds == 5 * HOUR


def test_a_canceled_clock_is_neither_met_nor_missed() -> None:
    clock = cancel(running(), OFFICE, at=at(2, 10))

    assert (clock.state, clock.running_since, clock.breached_at) == (ClockState.CANCELED, None, None)
    assert check(clock, at=at(30, 0)) == clock
    assert recompute(clock, ALWAYS, budget_seconds=1, at=at(3, 0)) == clock


def test_events_that_arrive_out_of_order_never_make_a_stretch_negative() -> None:
    clock = running()

    assert stop(clock, OFFICE, at=at(2, 8)).consumed_seconds == 0
    assert pause(clock, OFFICE, at=at(2, 8)).consumed_seconds == 0
    assert resume(pause(clock, OFFICE, at=at(2, 11)), OFFICE, at=at(2, 10)).running_since == at(2, 11)


def test_steps_a_clock_cannot_take_are_refused() -> None:
    met = stop(running(), OFFICE, at=at(2, 10))

    for refused in (
        lambda: pause(Clock(HOUR), OFFICE, at=at(2, 9)),
        lambda: resume(met, OFFICE, at=at(2, 11)),
        lambda: stop(Clock(HOUR), OFFICE, at=at(2, 9)),
        lambda: start(met, OFFICE, at=at(2, 11)),
        lambda: reopen(running(), OFFICE, at=at(2, 11)),
    ):
        with pytest.raises(ClockError):
            refused()


def test_a_policy_change_keeps_the_pause_that_has_accumulated() -> None:
    clock = resume(pause(running(), OFFICE, at=at(2, 10)), OFFICE, at=at(2, 12))

    changed = recompute(clock, OFFICE, budget_seconds=6 * HOUR, at=at(2, 13))

    assert clock.due_at == at(2, 15)
    assert changed.due_at == at(2, 17)
    assert changed.consumed_seconds == HOUR


def test_a_policy_change_while_paused_keeps_the_pause_going() -> None:
    clock = pause(running(), OFFICE, at=at(2, 10))

    changed = recompute(clock, ALWAYS, budget_seconds=2 * HOUR, at=at(3, 10))

    assert (changed.state, changed.due_at, changed.consumed_seconds) == (ClockState.PAUSED, None, HOUR)
    assert resume(changed, ALWAYS, at=at(3, 12)).due_at == at(3, 13)


def test_a_new_calendar_counts_from_the_start_or_from_the_change() -> None:
    clock = running(12 * HOUR)

    retroactive = recompute(clock, ALWAYS, budget_seconds=12 * HOUR, at=at(2, 20))
    from_change = recompute(clock, ALWAYS, budget_seconds=12 * HOUR, at=at(2, 20), old_calendar=OFFICE)

    assert retroactive.due_at == at(2, 21)
    assert from_change.due_at == at(3, 0)
    assert from_change.consumed_seconds == 8 * HOUR
    assert recompute(from_change, ALWAYS, budget_seconds=12 * HOUR, at=at(2, 20)).due_at == at(3, 0)


def test_a_change_that_puts_the_deadline_into_the_past_is_a_breach_now() -> None:
    changed = recompute(running(), OFFICE, budget_seconds=HOUR, at=at(2, 12))
    while_paused = recompute(pause(running(), OFFICE, at=at(2, 12)), OFFICE, budget_seconds=HOUR, at=at(3, 9))

    assert (changed.state, changed.due_at, changed.breached_at) == (ClockState.BREACHED, at(2, 10), at(2, 12))
    assert (while_paused.state, while_paused.breached_at) == (ClockState.BREACHED, at(3, 9))


def test_a_more_generous_policy_never_undoes_a_breach() -> None:
    late = check(running(), at=at(2, 14))

    changed = recompute(late, OFFICE, budget_seconds=40 * HOUR, at=at(2, 14))

    assert (changed.state, changed.breached_at) == (ClockState.BREACHED, at(2, 13))


def test_a_reopened_clock_goes_on_without_the_solved_time() -> None:
    met = stop(running(), OFFICE, at=at(2, 10))

    again = reopen(met, OFFICE, at=at(4, 9))

    assert (again.state, again.version, again.cycle) == (ClockState.RUNNING, 2, 1)
    assert again.due_at == at(4, 12)
    assert (met.state, met.version) == (ClockState.MET, 1)


def test_a_reopened_clock_may_start_anew_or_count_the_solved_time() -> None:
    met = stop(running(20 * HOUR), OFFICE, at=at(2, 10))

    anew = reopen(met, OFFICE, at=at(4, 9), mode=ReopenMode.NEW_CYCLE)
    counted = reopen(met, OFFICE, at=at(4, 9), mode=ReopenMode.INCLUDE_SOLVED)

    assert (anew.cycle, anew.version, anew.started_at, anew.due_at) == (2, 2, at(4, 9), at(6, 13))
    assert (counted.consumed_seconds, counted.due_at) == (16 * HOUR, at(4, 13))


def test_a_missed_promise_is_still_missed_when_reopened() -> None:
    again = reopen(stop(running(), OFFICE, at=at(2, 15)), OFFICE, at=at(3, 9))

    assert (again.state, again.breached_at) == (ClockState.BREACHED, at(2, 13))


def test_a_next_cycle_knows_nothing_of_an_older_pause() -> None:
    met = stop(pause(running(), OFFICE, at=at(2, 10)), OFFICE, at=at(2, 11))

    anew = reopen(met, OFFICE, at=at(3, 9), mode=ReopenMode.NEW_CYCLE)

    assert (anew.segments, anew.due_at) == ((), at(3, 13))


def test_a_merged_clock_has_run_wherever_either_ran() -> None:
    older = pause(running(since=at(2, 9)), OFFICE, at=at(2, 10))
    younger = running(since=at(2, 12))

    merged = merge(younger, older, OFFICE, at=at(2, 14))

    assert merged.started_at == at(2, 9)
    assert merged.consumed_seconds == 3 * HOUR
    assert merged.due_at == at(2, 15)


def test_the_instant_of_a_consumption_is_found_in_the_past_and_the_future() -> None:
    clock = resume(pause(running(), OFFICE, at=at(2, 11)), OFFICE, at=at(2, 15))

    assert instant_of(clock, OFFICE, HOUR) == at(2, 10)
    assert instant_of(clock, OFFICE, 3 * HOUR) == at(2, 16)
    assert instant_of(pause(clock, OFFICE, at=at(2, 16)), OFFICE, 4 * HOUR) is None


def test_a_changed_holiday_list_measures_the_past_again() -> None:
    holiday = BusinessCalendar.weekly("UTC", [[Interval(9 * 60, 17 * 60)]] * 5 + [[], []], holidays=[date(2026, 3, 3)])
    clock = pause(running(20 * HOUR), OFFICE, at=at(4, 10))

    changed = recompute(clock, holiday, budget_seconds=20 * HOUR, at=at(4, 10))

    assert (clock.consumed_seconds, changed.consumed_seconds) == (17 * HOUR, 9 * HOUR)


gaps = st.lists(st.integers(0, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)), max_size=12)


@given(steps=gaps, budget=st.integers(1, 60 * HOUR), first=st.integers(0, 7 * 24 * 60))
@settings(max_examples=200, deadline=None)
def test_any_sequence_of_pauses_consumes_what_ran_and_is_due_when_the_budget_is_used(
    steps: list[timedelta], budget: int, first: int
) -> None:
    now = at(2, 0) + timedelta(minutes=first)
    clock, ran = running(budget, since=now), 0.0
    for number, step in enumerate(steps):
        if clock.running_since is not None:
            ran += business_seconds(OFFICE, now, now + step)
        now += step
        clock = (pause, resume)[number % 2](clock, OFFICE, at=now)

    assert consumed_at(clock, OFFICE, at=now) == ran
    assert (clock.state is ClockState.BREACHED) is (clock.breached_at is not None)
    if clock.state is ClockState.RUNNING:
        assert clock.due_at == add_business(OFFICE, now, budget - ran)
    if clock.breached_at is not None:
        assert consumed_at(clock, OFFICE, at=now) >= budget
