"""Opening hours as an admin writes them: intervals of wall time on the day they open, in a named zone."""

import re
from functools import cache
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
LATEST_END_MINUTE = 30 * 60

_CLOCK_TEXT = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)


class CalendarError(ValueError):
    """A calendar that cannot be, or a question it cannot answer. The text is a sentence for the admin."""


class Interval(NamedTuple):
    """Open from `start` up to, not including, `end`: minutes after the local midnight of the day it opens on."""

    start: int
    end: int

    @classmethod
    def parse(cls, start: str, end: str) -> Self:
        """From clock texts such as "09:00", "17:30", "24:00", "30:00".

        An end at or before the start means the next day ("22:00" to "06:00" is 22:00–30:00). "23:59" as an end
        means midnight: browsers offer no 24:00, and nobody closes for one minute.
        """
        first, last = _clock_minutes(start), _clock_minutes(end)
        if last % DAY_MINUTES == DAY_MINUTES - 1:
            last += 1
        if last <= first:
            last += DAY_MINUTES
        return cls(first, last).checked()

    def checked(self) -> Self:
        """Itself; raises CalendarError when the hours cannot be."""
        if not 0 <= self.start < DAY_MINUTES:
            raise CalendarError(f"Opening hours must start between 00:00 and 23:59, not at {clock_text(self.start)}.")
        if self.end <= self.start:
            raise CalendarError(f"Opening hours from {clock_text(self.start)} must end after they start.")
        if self.end > LATEST_END_MINUTE:
            raise CalendarError(
                f"Opening hours may run past midnight up to 06:00 (30:00), not to {clock_text(self.end)}: "
                "put the rest on the next day."
            )
        return self


@cache
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone; raises CalendarError with a sentence when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        text = f"There is no time zone called “{name}”: use an IANA name such as Europe/Berlin."
        raise CalendarError(text) from error


def clock_text(minutes: int) -> str:
    """540 → "09:00"; 1800 → "30:00"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _clock_minutes(text: str) -> int:
    match = _CLOCK_TEXT.fullmatch(text.strip())
    if match is None or int(match[2]) > 59 or int(match[1]) * 60 + int(match[2]) > LATEST_END_MINUTE:
        raise CalendarError(f"“{text}” is not a time of day between 00:00 and 30:00.")
    return int(match[1]) * 60 + int(match[2])
