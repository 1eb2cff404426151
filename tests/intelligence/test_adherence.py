"""Adherence and conformance of a day, worked out by hand. Minutes stand for milliseconds."""

from __future__ import annotations

import pytest

from intelligence import formulas
from intelligence.adherence import Kept, Planned, Seen, compare, subtract

QUEUE, BREAK, TRAINING = 1, 2, 3
# Nine to five in minutes: on the queue, with a break from 60 to 75.
PLAN = [
    Planned(0, 60, QUEUE, "on_queue", grace_ms=5),
    Planned(60, 75, BREAK, "break", grace_ms=2),
    Planned(75, 480, QUEUE, "on_queue", grace_ms=5),
]


def queue(start: int, end: int) -> Seen:
    return Seen(start, end, "on_queue", QUEUE)


def rest(start: int, end: int, activity: int = BREAK) -> Seen:
    return Seen(start, end, "break", activity)


def ratios(kept: Kept) -> tuple[float | None, float | None]:
    return (
        formulas.adherence(kept.exception_ms, kept.scheduled_ms),
        formulas.conformance(kept.on_queue_ms, kept.scheduled_on_queue_ms),
    )


def test_a_day_as_planned() -> None:
    kept = compare(PLAN, [queue(0, 60), rest(60, 75), queue(75, 480)], until_ms=1_440)

    assert (kept.scheduled_ms, kept.exception_ms, kept.scheduled_on_queue_ms, kept.on_queue_ms) == (480, 0, 465, 465)
    assert ratios(kept) == (1.0, 1.0)


def test_what_is_longer_than_the_grace_counts_whole_and_what_is_not_counts_nothing() -> None:
    """Four minutes late, within the grace of five; back from the break seven minutes late, beyond it."""
    kept = compare(PLAN, [queue(4, 60), rest(60, 82), queue(82, 480)], until_ms=1_440)

    assert [(one.start_ms, one.end_ms, one.counts) for one in kept.stretches] == [(0, 4, False), (75, 82, True)]
    assert kept.exception_ms == 7
    assert ratios(kept) == (1 - 7 / 480, (56 + 398) / 465)


def test_a_break_at_another_time_breaks_the_plan_twice() -> None:
    kept = compare(PLAN, [queue(0, 100), rest(100, 115), queue(115, 480)], until_ms=1_440)

    assert kept.exception_ms == 15 + 15
    assert ratios(kept) == (1 - 30 / 480, 1.0), "on the queue for as long as planned, though not when"


def test_an_approved_exception_is_taken_out_of_the_plan() -> None:
    kept = compare(PLAN, [queue(0, 60), rest(60, 75), queue(75, 240)], approved=[(240, 480)], until_ms=1_440)

    assert (kept.scheduled_ms, kept.exception_ms, kept.scheduled_on_queue_ms) == (240, 0, 225)
    assert ratios(kept) == (1.0, 1.0)


def test_up_to_now_only_what_has_passed_counts() -> None:
    kept = compare(PLAN, [queue(0, 60), rest(60, 90)], until_ms=90)

    assert (kept.scheduled_ms, kept.exception_ms, kept.scheduled_on_queue_ms) == (90, 15, 75)


def test_nobody_there_all_day_keeps_nothing() -> None:
    assert ratios(compare(PLAN, [], until_ms=1_440)) == (0.0, 0.0)


def test_nothing_planned_is_not_available() -> None:
    assert ratios(compare([], [queue(0, 60)], until_ms=1_440)) == (None, None)


def test_work_outside_the_plan_counts_only_where_asked() -> None:
    seen = [queue(0, 60), rest(60, 75), queue(75, 540)]

    assert ratios(compare(PLAN, seen, until_ms=1_440)) == (1.0, 525 / 465)
    strict = compare(PLAN, seen, until_ms=1_440, outside_counts=True)
    assert (strict.scheduled_ms, strict.exception_ms) == (540, 60)


@pytest.mark.parametrize(("strict", "exceptions"), [(False, 0), (True, 15)])
def test_classes_are_compared_and_the_very_activity_where_strict(strict: bool, exceptions: int) -> None:
    """A smoke is a break by its class, though it is not the break that was planned."""
    plan = [Planned(60, 75, BREAK, "break", grace_ms=2, strict=strict)]

    assert compare(plan, [rest(60, 75, activity=9)], until_ms=1_440).exception_ms == exceptions


def test_spans_are_subtracted() -> None:
    assert subtract((0, 100), [(10, 20), (15, 30), (90, 120)]) == [(0, 10), (30, 90)]
    assert subtract((0, 100), [(0, 100)]) == []
    assert subtract((0, 100), []) == [(0, 100)]
