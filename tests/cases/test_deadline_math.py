"""Every deadline explains itself."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from cases.calendar_math import BusinessCalendar
from cases.clock_math import Clock, pause, resume, start, stop
from cases.deadline_math import SkippedDay, explain
from cases.deadline_words import sentence
from cases.hours import Interval

HOUR = 3600
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = BusinessCalendar.weekly(
    "Europe/Berlin", [[Interval(9 * 60, 18 * 60)]] * 5 + [[], []], holidays={date(2026, 4, 6): "Easter Monday"}
)


def test_a_deadline_over_the_weekend_names_each_stretch_and_each_closed_day() -> None:
    clock = start(Clock(3 * HOUR), OFFICE, at=datetime(2026, 3, 6, 17, 30, tzinfo=BERLIN))

    told = explain(clock, OFFICE)

    assert [
        (span.date.isoformat(), f"{span.start:%H:%M}", f"{span.end:%H:%M}", span.seconds) for span in told.spans
    ] == [
        ("2026-03-06", "17:30", "18:00", HOUR / 2),
        ("2026-03-09", "09:00", "11:30", 2.5 * HOUR),
    ]
    assert told.skipped == (SkippedDay(date(2026, 3, 7), "closed"), SkippedDay(date(2026, 3, 8), "closed"))
    assert (told.zone, told.budget_seconds, told.pauses) == ("Europe/Berlin", 3 * HOUR, ())
    assert sentence(told) == (
        "Opened Fri 6 Mar 17:30 → due Mon 9 Mar 11:30, because 3 h count in opening hours; "
        "counted Fri 6 Mar 17:30–18:00 (30 min), Mon 9 Mar 09:00–11:30 (2 h 30 min); "
        "not counted Sat 7 Mar closed, Sun 8 Mar closed."
    )


def test_a_holiday_is_named() -> None:
    clock = start(Clock(2 * HOUR), OFFICE, at=datetime(2026, 4, 3, 17, tzinfo=BERLIN))

    told = explain(clock, OFFICE)

    assert SkippedDay(date(2026, 4, 6), "Easter Monday") in told.skipped
    assert told.due_at == datetime(2026, 4, 7, 10, tzinfo=BERLIN)


def test_pauses_are_told_and_not_counted() -> None:
    clock = start(Clock(4 * HOUR), OFFICE, at=datetime(2026, 3, 4, 9, tzinfo=BERLIN))
    paused = pause(clock, OFFICE, at=datetime(2026, 3, 4, 10, tzinfo=BERLIN))
    again = resume(paused, OFFICE, at=datetime(2026, 3, 6, 9, tzinfo=BERLIN))

    assert explain(paused, OFFICE).due_at is None
    assert explain(paused, OFFICE).pauses == ((datetime(2026, 3, 4, 10, tzinfo=BERLIN), None),)
    assert sentence(explain(paused, OFFICE)).startswith("Opened Wed 4 Mar 09:00 → paused, so not due yet, because 4 h")
    told = explain(again, OFFICE)
    assert told.due_at == datetime(2026, 3, 6, 12, tzinfo=BERLIN)
    assert told.skipped == (SkippedDay(date(2026, 3, 5), "not running"),)
    assert sum(span.seconds for span in told.spans) == 4 * HOUR


def test_days_of_a_calendar_that_never_closes_are_cut_at_local_midnight() -> None:
    always = BusinessCalendar.always_open("Europe/Berlin")
    clock = start(Clock(24 * HOUR), always, at=datetime(2026, 3, 28, 20, tzinfo=BERLIN))

    spans = explain(clock, always).spans

    assert [(span.date.day, span.seconds / HOUR) for span in spans] == [(28, 4), (29, 20)]
    assert "Sat 28 Mar 20:00–24:00 (4 h), Sun 29 Mar 00:00–21:00 (20 h)" in sentence(explain(clock, always))


def test_what_ran_after_the_deadline_and_after_the_end_is_left_out() -> None:
    clock = start(Clock(HOUR), OFFICE, at=datetime(2026, 3, 4, 9, tzinfo=BERLIN))
    ended = stop(clock, OFFICE, at=datetime(2026, 3, 5, 9, tzinfo=BERLIN))

    told = explain(ended, OFFICE)

    assert [span.seconds for span in told.spans] == [HOUR]
    assert told.pauses == ()


def test_a_clock_that_has_not_started_says_so() -> None:
    assert sentence(explain(Clock(HOUR), OFFICE)) == "Not started yet."
    assert explain(Clock(HOUR), OFFICE).due_at is None


def test_instants_are_told_in_the_zone_of_the_calendar_not_of_the_viewer() -> None:
    clock = start(Clock(HOUR), OFFICE, at=datetime(2026, 3, 4, 8, tzinfo=UTC))

    assert explain(clock, OFFICE).started_at == datetime(2026, 3, 4, 9, tzinfo=BERLIN)
    assert f"{explain(clock, OFFICE).started_at:%H:%M}" == "09:00"
