"""Business time: the golden values, and the faults other products had, each as a fact about ours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.calendar_math import (
    BusinessCalendar,
    HoursVersion,
    Span,
    add_business,
    business_seconds,
    is_open,
    next_open,
    open_spans,
    week_hours,
)
from cases.hours import CalendarError, Interval

HOUR = 3600
NINE_TO_FIVE = Interval(9 * 60, 17 * 60)
SPLIT_DAY = (Interval(8 * 60, 12 * 60), Interval(13 * 60 + 30, 18 * 60))


def weekdays(zone: str, *hours: Interval, **dated: object) -> BusinessCalendar:
    return BusinessCalendar.weekly(zone, [hours] * 5 + [(), ()], **dated)  # type: ignore[arg-type]


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


def test_an_hour_on_friday_evening_ends_on_monday_after_the_clock_changed() -> None:
    new_york = weekdays("America/New_York", NINE_TO_FIVE)

    due = add_business(new_york, local("America/New_York", 2026, 3, 6, 16, 30), HOUR)

    assert due == datetime(2026, 3, 9, 13, 30, tzinfo=UTC)
    assert due.astimezone(ZoneInfo("America/New_York")).isoformat() == "2026-03-09T09:30:00-04:00"


def test_a_day_of_24_hours_ends_at_another_wall_time_when_the_clock_changed_in_it() -> None:
    berlin = BusinessCalendar.always_open("Europe/Berlin")

    due = add_business(berlin, local("Europe/Berlin", 2026, 3, 28, 20), 24 * HOUR)

    assert due.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == "2026-03-29T21:00:00+02:00"


@pytest.mark.parametrize(("day", "minutes"), [((2026, 3, 28), 420), ((2026, 10, 24), 540), ((2026, 6, 1), 480)])
def test_a_night_shift_is_as_long_as_the_night_really_is(day: tuple[int, int, int], minutes: int) -> None:
    nights = BusinessCalendar.weekly("Europe/Berlin", [[Interval.parse("22:00", "06:00")]] * 7)
    noon = local("Europe/Berlin", *day, 12)

    assert business_seconds(nights, noon, noon + timedelta(days=1)) == minutes * 60


def test_a_holiday_on_monday_moves_the_deadline_to_tuesday() -> None:
    lagos = weekdays("Africa/Lagos", NINE_TO_FIVE, holidays={date(2026, 4, 6): "Easter Monday"})

    due = add_business(lagos, local("Africa/Lagos", 2026, 4, 3, 16), 8 * HOUR)

    assert due == local("Africa/Lagos", 2026, 4, 7, 16)


def test_the_midday_break_does_not_count() -> None:
    split = weekdays("Europe/Berlin", *SPLIT_DAY)

    assert add_business(split, local("Europe/Berlin", 2026, 3, 4, 11, 30), 2 * HOUR) == local(
        "Europe/Berlin", 2026, 3, 4, 15
    )


def test_saturday_morning_begins_to_count_on_monday() -> None:
    calendar = weekdays("Europe/Berlin", NINE_TO_FIVE)
    saturday = local("Europe/Berlin", 2026, 3, 7, 10)

    assert add_business(calendar, saturday, 30 * 60) == local("Europe/Berlin", 2026, 3, 9, 9, 30)
    assert next_open(calendar, saturday) == local("Europe/Berlin", 2026, 3, 9, 9)


@pytest.mark.parametrize("end", ["24:00", "23:59", "00:00"])
def test_a_calendar_that_never_closes_loses_no_minute_at_midnight(end: str) -> None:
    always = BusinessCalendar.weekly("Europe/Berlin", [[Interval.parse("00:00", end)]] * 7)

    due = add_business(always, local("Europe/Berlin", 2026, 3, 4, 23, 30), HOUR)

    assert due == local("Europe/Berlin", 2026, 3, 5, 0, 30)


def test_historical_time_is_measured_with_the_offset_of_its_own_day() -> None:
    calendar = weekdays("America/New_York", NINE_TO_FIVE)

    winter = business_seconds(
        calendar, datetime(2026, 1, 5, 13, 30, tzinfo=UTC), datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
    )
    summer = business_seconds(
        calendar, datetime(2026, 7, 6, 13, 30, tzinfo=UTC), datetime(2026, 7, 6, 14, 30, tzinfo=UTC)
    )

    assert (winter, summer) == (1800, 3600)


def test_the_last_day_counts_when_it_ends_earlier_in_the_day_than_it_began() -> None:
    calendar = weekdays("Europe/Berlin", NINE_TO_FIVE)

    spent = business_seconds(calendar, local("Europe/Berlin", 2026, 3, 2, 16), local("Europe/Berlin", 2026, 3, 5, 10))

    assert spent == (1 + 8 + 8 + 1) * HOUR


def test_the_hour_the_clock_skips_is_not_counted() -> None:
    always = BusinessCalendar.always_open("Europe/Berlin")
    before, after = local("Europe/Berlin", 2026, 3, 29, 1, 30), local("Europe/Berlin", 2026, 3, 29, 3, 30)

    assert after - before == timedelta(hours=2)  # what Python says of two times of one zone
    assert business_seconds(always, before, after) == HOUR


def test_only_dates_written_into_the_calendar_are_holidays() -> None:
    st_martin = date(2026, 11, 11)
    calendar = weekdays("Europe/Berlin", NINE_TO_FIVE, holidays=[date(2026, 12, 25)])

    assert calendar.hours_on(st_martin) == (NINE_TO_FIVE,)
    assert calendar.hours_on(date(2026, 12, 25)) == ()


def test_special_hours_win_over_a_holiday() -> None:
    eve = date(2026, 12, 24)
    short = Interval(9 * 60, 12 * 60)
    calendar = weekdays("Europe/Berlin", NINE_TO_FIVE, holidays=[eve], special_hours={eve: [short]})

    due = add_business(calendar, local("Europe/Berlin", 2026, 12, 24, 11), 2 * HOUR)

    assert due == local("Europe/Berlin", 2026, 12, 25, 10)
    assert calendar.reason_on(eve) == "special hours"


def test_a_night_shift_that_opened_before_a_holiday_goes_on_into_it() -> None:
    nights = BusinessCalendar.weekly(
        "Europe/Berlin", [[Interval.parse("22:00", "06:00")]] * 7, holidays=[date(2026, 5, 1)]
    )

    spans = open_spans(nights, local("Europe/Berlin", 2026, 4, 30, 12), local("Europe/Berlin", 2026, 5, 3, 0))

    assert spans == (
        Span(local("Europe/Berlin", 2026, 4, 30, 22), local("Europe/Berlin", 2026, 5, 1, 6)),
        Span(local("Europe/Berlin", 2026, 5, 2, 22), local("Europe/Berlin", 2026, 5, 3, 0)),
    )


def test_budget_that_ends_at_closing_time_is_due_at_closing_time() -> None:
    calendar = weekdays("Europe/Berlin", NINE_TO_FIVE)

    assert add_business(calendar, local("Europe/Berlin", 2026, 3, 6, 9), 8 * HOUR) == local(
        "Europe/Berlin", 2026, 3, 6, 17
    )


def test_walking_back_lands_inside_opening_hours() -> None:
    split = weekdays("Europe/Berlin", *SPLIT_DAY)

    one_hour_before = add_business(split, local("Europe/Berlin", 2026, 3, 4, 14), -HOUR)
    back_to_opening = add_business(split, local("Europe/Berlin", 2026, 3, 9, 9), -HOUR)
    over_the_weekend = add_business(split, local("Europe/Berlin", 2026, 3, 9, 8, 30), -HOUR)

    assert one_hour_before == local("Europe/Berlin", 2026, 3, 4, 11, 30)
    assert back_to_opening == local("Europe/Berlin", 2026, 3, 9, 8)
    assert over_the_weekend == local("Europe/Berlin", 2026, 3, 6, 17, 30)


def test_no_time_added_is_the_instant_itself_also_while_closed() -> None:
    calendar = weekdays("Europe/Berlin", NINE_TO_FIVE)
    saturday = local("Europe/Berlin", 2026, 3, 7, 10)

    assert add_business(calendar, saturday, 0) == saturday


def test_a_new_version_holds_from_its_date_and_the_old_one_before() -> None:
    full = tuple([(NINE_TO_FIVE,)] * 5 + [(), ()])
    short = tuple([(Interval(9 * 60, 13 * 60),)] * 5 + [(), ()])
    calendar = BusinessCalendar(
        (HoursVersion("Africa/Lagos", full), HoursVersion("Europe/London", short, date(2026, 5, 6)))
    )

    assert business_seconds(calendar, datetime(2026, 5, 5, tzinfo=UTC), datetime(2026, 5, 6, tzinfo=UTC)) == 8 * HOUR
    assert business_seconds(calendar, datetime(2026, 5, 6, tzinfo=UTC), datetime(2026, 5, 7, tzinfo=UTC)) == 4 * HOUR
    assert open_spans(calendar, datetime(2026, 5, 5, tzinfo=UTC), datetime(2026, 5, 7, tzinfo=UTC)) == (
        Span(datetime(2026, 5, 5, 8, tzinfo=UTC), datetime(2026, 5, 5, 16, tzinfo=UTC)),
        Span(datetime(2026, 5, 6, 8, tzinfo=UTC), datetime(2026, 5, 6, 12, tzinfo=UTC)),
    )


def test_overlapping_hours_count_once() -> None:
    calendar = weekdays("UTC", Interval(540, 720), Interval(660, 780), Interval(780, 840))

    assert business_seconds(calendar, datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)) == 5 * HOUR


def test_an_edge_in_the_skipped_hour_moves_forward() -> None:
    opens = BusinessCalendar.weekly("Europe/Berlin", [[Interval.parse("02:30", "06:00")]] * 7)
    closes = BusinessCalendar.weekly("Europe/Berlin", [[Interval.parse("00:00", "02:30")]] * 7)
    inside = BusinessCalendar.weekly("Europe/Berlin", [[Interval.parse("02:10", "02:50")]] * 7)
    day = (local("Europe/Berlin", 2026, 3, 29), local("Europe/Berlin", 2026, 3, 30))
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)

    assert open_spans(opens, *day) == (Span(change, local("Europe/Berlin", 2026, 3, 29, 6)),)
    assert open_spans(closes, *day) == (Span(local("Europe/Berlin", 2026, 3, 29), change),)
    assert open_spans(inside, *day) == ()


def test_an_edge_shown_twice_opens_at_the_first_and_closes_at_the_last() -> None:
    opens = BusinessCalendar.weekly("Europe/Berlin", [[Interval.parse("02:30", "06:00")]] * 7)
    closes = BusinessCalendar.weekly("Europe/Berlin", [[Interval.parse("01:00", "02:30")]] * 7)
    day = (local("Europe/Berlin", 2026, 10, 25), local("Europe/Berlin", 2026, 10, 26))

    assert open_spans(opens, *day)[0].start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert open_spans(closes, *day)[0].end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_change_of_half_an_hour_is_half_an_hour() -> None:
    island = BusinessCalendar.always_open("Australia/Lord_Howe")
    day = local("Australia/Lord_Howe", 2026, 10, 4)

    assert business_seconds(island, day, local("Australia/Lord_Howe", 2026, 10, 5)) == 23.5 * HOUR
    autumn = (local("Australia/Lord_Howe", 2026, 4, 5), local("Australia/Lord_Howe", 2026, 4, 6))
    assert business_seconds(island, *autumn) == 24.5 * HOUR


def test_the_leap_day_counts() -> None:
    calendar = BusinessCalendar.weekly("UTC", [[NINE_TO_FIVE]] * 7)

    assert business_seconds(calendar, datetime(2028, 2, 28, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)) == 16 * HOUR
    assert add_business(calendar, datetime(2028, 2, 28, 16, tzinfo=UTC), 2 * HOUR) == datetime(
        2028, 2, 29, 10, tzinfo=UTC
    )


def test_a_date_that_a_country_skipped_has_no_hours() -> None:
    samoa = BusinessCalendar.weekly("Pacific/Apia", [[NINE_TO_FIVE]] * 7)

    spans = open_spans(samoa, local("Pacific/Apia", 2011, 12, 29), local("Pacific/Apia", 2012, 1, 1))

    assert [span.start.astimezone(ZoneInfo("Pacific/Apia")).day for span in spans] == [29, 31]


def test_a_calendar_that_never_opens_says_so() -> None:
    closed = BusinessCalendar.weekly("UTC", [()] * 7, special_hours={date(2026, 3, 4): [NINE_TO_FIVE]})
    now = datetime(2026, 3, 1, tzinfo=UTC)

    assert add_business(closed, now, 8 * HOUR) == datetime(2026, 3, 4, 17, tzinfo=UTC)
    with pytest.raises(CalendarError, match="never opens again"):
        add_business(closed, now, 8 * HOUR + 1)
    with pytest.raises(CalendarError, match="never open before"):
        add_business(closed, now, -1)
    with pytest.raises(CalendarError, match="100 years"):
        add_business(BusinessCalendar.always_open(), now, 101 * 366 * 24 * HOUR)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Interval.parse("9 am", "17:00"), "“9 am” is not a time of day"),
        (lambda: Interval.parse("09:60", "17:00"), "“09:60” is not a time of day"),
        (lambda: Interval.parse("23:00", "07:00"), "up to 06:00"),
        (lambda: weekdays("Mars/Olympus", NINE_TO_FIVE), "no time zone called “Mars/Olympus”"),
        (lambda: weekdays("UTC", Interval(600, 540)), "must end after they start"),
        (lambda: BusinessCalendar.weekly("UTC", [()] * 6), "seven days, not 6"),
        (lambda: BusinessCalendar(()), "at least one week"),
        (lambda: is_open(BusinessCalendar.always_open(), datetime(2026, 3, 4)), "without one"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_with_a_sentence(make: object, sentence: str) -> None:
    with pytest.raises(CalendarError, match=sentence):
        make()  # type: ignore[operator]


def test_a_drawn_week_shows_night_hours_on_both_days_and_names_the_holiday() -> None:
    nights = BusinessCalendar.weekly(
        "Europe/Berlin",
        [[Interval.parse("22:00", "06:00")]] * 5 + [(), ()],
        holidays={date(2026, 5, 1): "Labour Day"},
    )

    week = week_hours(nights, date(2026, 4, 27))

    assert week[0].intervals == (Interval(22 * 60, 24 * 60),)
    assert week[3].intervals == (Interval(0, 6 * 60), Interval(22 * 60, 24 * 60))
    assert week[4] == (date(2026, 5, 1), (Interval(0, 6 * 60),), "Labour Day")
    assert [day.intervals for day in week[5:]] == [(), ()]


def test_measuring_backwards_is_negative_so_that_measures_add_up() -> None:
    calendar = weekdays("UTC", NINE_TO_FIVE)
    monday, tuesday = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)

    assert business_seconds(calendar, tuesday, monday) == -8 * HOUR
