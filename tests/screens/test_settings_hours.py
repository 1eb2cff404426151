"""Holidays from a calendar file, and when a week opens next."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from cases.models import Calendar, CalendarDay
from cxos.core.models import User
from cxos.screens.settings.holiday_file import read_holidays
from cxos.screens.settings.hours import opening_parts

TODAY = date(2026, 12, 1)
FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20201225
DTEND;VALUE=DATE:20201227
RRULE:FREQ=YEARLY
SUMMARY:Christmas
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261211
SUMMARY:St Nicholas
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20261214T090000Z
DTEND:20261214T100000Z
SUMMARY:Meeting
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART;VALUE=DATE:20260101
SUMMARY:Long past
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n").encode()


def test_whole_days_are_read_yearly_ones_repeated_and_the_rest_named() -> None:
    read = read_holidays(FILE, today=TODAY)

    assert [(one.day.isoformat(), one.name, one.sure) for one in read.days[:3]] == [
        ("2026-12-11", "St Nicholas", False), ("2026-12-25", "Christmas", True), ("2026-12-26", "Christmas", True),
    ]  # fmt: skip
    assert {one.day.year for one in read.days} == {2026, 2027, 2028}
    assert read.left_out == ["Meeting: it has a time of day; only whole days are taken."]


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"BEGIN:VCALENDAR", b"\xff\xfe\x00", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"]
)
def test_what_is_no_calendar_says_so(content: bytes) -> None:
    read = read_holidays(content, today=TODAY)
    assert (read.days, bool(read.problem)) == ([], True)


@pytest.fixture
def calendar(db: None) -> Calendar:
    return Calendar.objects.create(
        name="Office", zone="Europe/Berlin", weekly={str(d): [[540, 1020]] for d in range(5)}
    )


def test_only_the_chosen_days_are_closed(client: Client, adi: User, calendar: Calendar) -> None:
    client.force_login(adi)
    coming = timezone.localdate() + timedelta(days=40)
    content = FILE.replace(b"20261211", coming.strftime("%Y%m%d").encode())
    path = f"/settings/hours/{calendar.pk}/import/"

    page = client.post(path, {"file": SimpleUploadedFile("h.ics", content)}).content.decode()
    assert "St Nicholas" in page and "perhaps a working day" in page
    assert CalendarDay.objects.count() == 0

    client.post(path, {"apply": "1", "day": [coming.isoformat()], f"name-{coming.isoformat()}": "St Nicholas"})
    assert [(one.date, one.name, one.intervals) for one in CalendarDay.objects.all()] == [(coming, "St Nicholas", [])]
    assert "set already" in client.post(path, {"file": SimpleUploadedFile("h.ics", content)}).content.decode()


def test_the_next_openings_are_told_on_the_calendars_own_clock(calendar: Calendar) -> None:
    openings = opening_parts(calendar.zone, calendar.weekly, calendar)["openings"]
    assert len(openings) == 4
    assert {(start.tzinfo.key, end.hour) for start, end in openings} == {("Europe/Berlin", 17)}  # type: ignore[union-attr]
    assert opening_parts("Nowhere/Land", calendar.weekly) == {}
    assert opening_parts("UTC", {}) == {"openings": [], "always": False}


def test_a_week_without_a_gap_is_open_day_and_night(client: Client, adi: User) -> None:
    always = Calendar.objects.create(name="Always", zone="UTC", weekly={str(day): [[0, 1440]] for day in range(7)})
    client.force_login(adi)

    page = client.get(f"/settings/hours/{always.pk}/").content.decode()

    assert "Open day and night" in page
    assert "Open next" not in page
