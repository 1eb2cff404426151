"""Laws of business time, checked against an oracle that looks at every minute of UTC."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings, strategies as st

from cases.calendar_math import BusinessCalendar, add_business, business_seconds, is_open, next_open, open_spans
from cases.hours import CalendarError, Interval

MINUTE = timedelta(minutes=1)
# Each holds a change of the clock, forth or back, by an hour or by half an hour, or a leap day.
WINDOWS = [
    ("Europe/Berlin", date(2026, 3, 27)),
    ("Europe/Berlin", date(2026, 10, 23)),
    ("America/New_York", date(2026, 3, 6)),
    ("America/New_York", date(2026, 10, 30)),
    ("Australia/Lord_Howe", date(2026, 4, 3)),
    ("Australia/Lord_Howe", date(2026, 10, 2)),
    ("America/Santiago", date(2026, 9, 4)),
    ("Africa/Cairo", date(2026, 4, 22)),
    ("Asia/Kathmandu", date(2028, 2, 27)),
]
DAYS = 6


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    small_hours = st.sampled_from(range(0, 210, 15))  # when clocks change
    start = draw(small_hours | st.integers(0, 1439))
    end = draw(small_hours | st.integers(start + 1, 1800))
    return Interval(start, end if end > start else start + 30)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[BusinessCalendar, datetime]:
    zone, first = draw(st.sampled_from(WINDOWS))
    same = st.lists(intervals(), max_size=2).map(lambda hours: [hours] * 7)
    week = draw(same | st.lists(st.lists(intervals(), max_size=3), min_size=7, max_size=7))
    dates = st.integers(0, DAYS).map(lambda days: first + timedelta(days=days))
    holidays = draw(st.sets(dates, max_size=2))
    special = draw(st.dictionaries(dates, st.lists(intervals(), max_size=2), max_size=2))
    calendar = BusinessCalendar.weekly(zone, week, holidays=holidays, special_hours=special)
    return calendar, datetime(first.year, first.month, first.day, tzinfo=UTC)


@cache
def wall_minutes(zone: str, first: datetime) -> list[tuple[datetime, datetime]]:
    """Every UTC minute of the window and two days around it, with what the wall clock shows."""
    start = first - 2 * timedelta(days=1)
    minutes = [start + number * MINUTE for number in range((DAYS + 4) * 1440)]
    return [(minute, minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for minute in minutes]


def open_minutes(calendar: BusinessCalendar, first: datetime) -> set[datetime]:
    """For each opening, from the first minute whose wall time has reached its start to the last before its end.

    An end that is shown twice closes at its second showing, also when its first minute is already the doubled one.
    """
    zone = calendar.versions[0].zone
    found: set[datetime] = set()
    for number in range(-2, DAYS + 2):
        day = first.date() + timedelta(days=number)
        midnight = datetime(day.year, day.month, day.day)
        for interval in calendar.hours_on(day):
            opens, closes = (midnight + timedelta(minutes=minutes) for minutes in interval)
            at = (number + 2) * 1440
            near = wall_minutes(zone, first)[max(0, at - 1440) : at + 3 * 1440]
            begin = next((minute for minute, wall in near if wall >= opens), None)
            shown_at_end = [minute for minute, wall in near if wall == closes]
            last = shown_at_end[-1] if shown_at_end else next((m for m, wall in near if wall >= closes), None)
            if begin is None or last is None:
                continue
            found.update(begin + step * MINUTE for step in range(max(0, (last - begin) // MINUTE)))
    return found


@given(made=calendars(), cut=st.tuples(*[st.integers(0, DAYS * 1440)] * 2))
@settings(max_examples=100, deadline=None)
def test_open_time_is_what_an_oracle_counts_minute_by_minute(
    made: tuple[BusinessCalendar, datetime], cut: tuple[int, int]
) -> None:
    calendar, first = made
    minutes = open_minutes(calendar, first)

    for start, end in [(first, first + timedelta(days=DAYS)), [first + number * MINUTE for number in sorted(cut)]]:
        expected = sum(60 for minute in minutes if start <= minute < end)
        assert business_seconds(calendar, start, end) == expected


moments = st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
budgets = st.integers(1, 40 * 24 * 3600 * 1000).map(lambda milliseconds: milliseconds / 1000)


def opens_enough(calendar: BusinessCalendar) -> bool:
    return sum(i.end - i.start for day in calendar.versions[0].week for i in day) >= 60


@given(made=calendars(), start=moments, budget=budgets)
@settings(max_examples=200, deadline=None)
def test_time_added_is_time_measured(made: tuple[BusinessCalendar, datetime], start: datetime, budget: float) -> None:
    calendar = made[0]
    assume(opens_enough(calendar))

    due = add_business(calendar, start, budget)
    back = add_business(calendar, start, -budget)

    assert business_seconds(calendar, start, due) == budget
    assert business_seconds(calendar, back, start) == budget
    assert due > start > back
    # The earliest such instant, and walking back the latest.
    assert business_seconds(calendar, due - timedelta(microseconds=1), due) > 0
    assert business_seconds(calendar, back, back + timedelta(microseconds=1)) > 0


@given(made=calendars(), times=st.lists(moments, min_size=3, max_size=3))
@settings(max_examples=200, deadline=None)
def test_measures_add_up_and_never_exceed_real_time(
    made: tuple[BusinessCalendar, datetime], times: list[datetime]
) -> None:
    calendar, (a, b, c) = made[0], sorted(times)

    assert round(business_seconds(calendar, a, b) + business_seconds(calendar, b, c), 6) == business_seconds(
        calendar, a, c
    )
    assert 0 <= business_seconds(calendar, a, b) <= (b - a).total_seconds()
    assert sum((s.end - s.start for s in open_spans(calendar, a, b)), timedelta()).total_seconds() == (
        business_seconds(calendar, a, b)
    )


@given(made=calendars(), start=moments, pair=st.tuples(budgets, budgets))
@settings(max_examples=100, deadline=None)
def test_more_budget_is_never_due_earlier(
    made: tuple[BusinessCalendar, datetime], start: datetime, pair: tuple[float, float]
) -> None:
    calendar = made[0]
    assume(opens_enough(calendar))
    less, more = sorted(pair)

    assert add_business(calendar, start, less) <= add_business(calendar, start, more)


@given(made=calendars(), moment=moments)
@settings(max_examples=200, deadline=None)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    made: tuple[BusinessCalendar, datetime], moment: datetime
) -> None:
    calendar = made[0]
    try:
        opening = next_open(calendar, moment)
    except CalendarError:
        assert business_seconds(calendar, moment, moment + timedelta(days=400)) == 0
        return

    assert is_open(calendar, opening)
    assert business_seconds(calendar, moment, opening) == 0
