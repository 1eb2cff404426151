"""Until when: the words people use mean mornings and afternoons where they are."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from channels_app.services.snoozes import snooze_until, snoozes
from cxos.core.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")


def said(here: datetime) -> dict[str, str]:
    return {one.key: f"{one.until:%a %d %H:%M}" for one in snoozes(here)}


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        (datetime(2026, 3, 4, 13, 10, tzinfo=BERLIN),
         {"hour": "Wed 04 14:10", "later": "Wed 04 16:15", "tomorrow": "Thu 05 09:00", "monday": "Mon 09 09:00"}),
        (datetime(2026, 3, 4, 13, 0, tzinfo=BERLIN),
         {"hour": "Wed 04 14:00", "later": "Wed 04 16:00", "tomorrow": "Thu 05 09:00", "monday": "Mon 09 09:00"}),
        # Nothing is left of this day; it is Monday, and next week's is meant.
        (datetime(2026, 3, 9, 21, 30, tzinfo=BERLIN),
         {"hour": "Mon 09 22:30", "tomorrow": "Tue 10 09:00", "monday": "Mon 16 09:00"}),
        # The clocks go forward in the night to Sunday: nine is nine.
        (datetime(2026, 3, 28, 23, 30, tzinfo=BERLIN),
         {"hour": "Sun 29 00:30", "tomorrow": "Sun 29 09:00", "monday": "Mon 30 09:00"}),
    ],
)  # fmt: skip
def test_the_words_mean_times_of_the_day_there(here: datetime, expected: dict[str, str]) -> None:
    assert said(here) == expected


def test_nine_in_the_morning_is_nine_where_one_is() -> None:
    here = datetime(2026, 3, 4, 23, 30, tzinfo=UTC).astimezone(BERLIN)  # the fifth has begun there

    until = snooze_until({"for": "tomorrow"}, here=here)

    assert until.astimezone(UTC) == datetime(2026, 3, 6, 8, 0, tzinfo=UTC)


def test_a_time_of_ones_own_is_read_in_ones_zone_unless_it_names_another() -> None:
    here = datetime(2026, 3, 4, 12, 0, tzinfo=BERLIN)

    assert snooze_until({"until": "2026-07-01T09:30"}, here=here) == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert snooze_until({"until": "2026-07-01T09:30Z"}, here=here) == datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "how long"), ({"for": "ever"}, "how long"), ({"until": "soon"}, "a day and a time"),
        ({"until": "2026-02-30T09:00"}, "a day and a time"), ({"until": "2026-03-04T11:59"}, "has passed"),
        ({"until": "2026-03-04T12:00"}, "has passed"), ({"until": "9999-12-31T23:59"}, "a year at most"),
        ({"until": "0001-01-01T00:00+14:00"}, "a day and a time|has passed"),
    ],
)  # fmt: skip
def test_what_is_no_time_to_come_is_refused_in_words(given: dict[str, str], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        snooze_until(given, here=datetime(2026, 3, 4, 12, 0, tzinfo=BERLIN))
