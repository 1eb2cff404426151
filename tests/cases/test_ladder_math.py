"""When the steps of an escalation come, and that missed ones run as one."""

from datetime import UTC, datetime

import pytest

from cases.calendar_math import BusinessCalendar, is_open
from cases.clock_math import Clock, ClockError, pause, resume, start
from cases.hours import Interval
from cases.ladder_math import Step, StepTime, step_times, steps_to_run

HOUR = 3600
SPLIT = BusinessCalendar.weekly("UTC", [[Interval(8 * 60, 12 * 60), Interval(13 * 60 + 30, 18 * 60)]] * 5 + [[], []])
LADDER = (
    Step("half", percent=50),
    Step("warning", offset_seconds=-HOUR),
    Step("due", percent=100),
    Step("again", offset_seconds=HOUR, repeat=3),
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def running(budget_seconds: float, since: datetime) -> Clock:
    return start(Clock(budget_seconds), SPLIT, at=since)


def test_steps_come_in_opening_hours_only() -> None:
    times = step_times(running(4 * HOUR, at(6, 15)), SPLIT, LADDER)

    assert times == (
        StepTime("half", 1, at(6, 17)),
        StepTime("warning", 1, at(9, 8)),
        StepTime("due", 1, at(9, 9)),
        StepTime("again", 1, at(9, 10)),
        StepTime("again", 2, at(9, 11)),
        StepTime("again", 3, at(9, 12)),
    )
    assert all(is_open(SPLIT, step.at) or step.at.hour in (12, 18) for step in times)


def test_an_hour_before_due_is_an_hour_of_opening_across_the_midday_break() -> None:
    times = step_times(running(3 * HOUR, at(4, 9, 30)), SPLIT, [Step("warning", offset_seconds=-HOUR)])

    assert times == (StepTime("warning", 1, at(4, 11, 30)),)


def test_a_warning_longer_than_the_budget_comes_at_the_start() -> None:
    times = step_times(running(HOUR, at(4, 9)), SPLIT, [Step("warning", offset_seconds=-3 * HOUR)])

    assert times == (StepTime("warning", 1, at(4, 9)),)


def test_a_pause_between_warning_and_due_does_not_move_the_warning_into_the_pause() -> None:
    clock = resume(pause(running(4 * HOUR, at(4, 8)), SPLIT, at=at(4, 11, 30)), SPLIT, at=at(5, 9))

    times = step_times(clock, SPLIT, [Step("warning", offset_seconds=-HOUR), Step("due", percent=100)])

    assert times == (StepTime("warning", 1, at(4, 11)), StepTime("due", 1, at(5, 9, 30)))


def test_a_paused_clock_has_no_steps_to_come() -> None:
    clock = pause(running(4 * HOUR, at(4, 8)), SPLIT, at=at(4, 10, 30))

    assert step_times(clock, SPLIT, LADDER) == (StepTime("half", 1, at(4, 10)),)


def test_of_the_steps_missed_in_a_downtime_only_the_highest_runs() -> None:
    times = step_times(running(4 * HOUR, at(4, 8)), SPLIT, LADDER)

    run, passed_over = steps_to_run(times, at=at(4, 14), done=frozenset({("half", 1)}))

    assert run == StepTime("due", 1, at(4, 12))
    assert passed_over == (StepTime("warning", 1, at(4, 11)),)


def test_a_step_runs_once_and_lower_ones_never_after_it() -> None:
    times = step_times(running(4 * HOUR, at(4, 8)), SPLIT, LADDER)

    assert steps_to_run(times, at=at(4, 14), done=frozenset({("due", 1)})) == (None, ())
    assert steps_to_run(times, at=at(4, 9)) == (None, ())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Step("none"),
        lambda: Step("both", percent=50, offset_seconds=1),
        lambda: Step("before", offset_seconds=-1, repeat=2),
        lambda: Step("never", percent=50, repeat=0),
    ],
)
def test_a_step_that_means_two_things_is_refused(make: object) -> None:
    with pytest.raises(ClockError):
        make()  # type: ignore[operator]
