"""What today still brings to each queue, read from the quarter-hours of days like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db import connection

from cxos.core.memory import remembered_long
from intelligence.intraday import QUARTERS, Level, Pattern, Volume, pattern_of
from intelligence.queries.floor import INTERVAL

Subject = tuple[str, int]
ALL: Subject = ("all", 0)
WEEKS = 8
KEPT_SECONDS = 600.0
RECENT = timedelta(days=7)

OFFERED = """
SELECT i.subject, i.subject_id, day.number, i.start, (i.sums->>'offered')::bigint
FROM unnest(%(subjects)s::text[], %(ids)s::bigint[]) AS wanted(subject, id)
CROSS JOIN unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS day(start, finish, number)
JOIN intelligence_interval i
  ON i.subject = wanted.subject AND i.subject_id = wanted.id AND i.start >= day.start AND i.start < day.finish
WHERE i.sums ? 'offered'
"""
PACE = """
SELECT subject_id,
  sum(coalesce((sums->>'handling_completed_ms')::bigint, 0) + coalesce((sums->>'wrap_up_completed_ms')::bigint, 0)),
  sum((sums->>'handled')::bigint), sum((sums->>'abandoned')::bigint),
  sum(coalesce((sums->>'abandoned_wait_ms')::bigint, 0) + coalesce((sums->>'answered_wait_ms')::bigint, 0))
FROM intelligence_interval
WHERE subject = 'queue' AND subject_id = ANY(%(ids)s) AND start >= %(start)s AND start < %(end)s
GROUP BY subject_id
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long one contact takes and how long a customer bears to wait, of the last week; None where unknown."""

    handle_seconds: float | None = None
    patience_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class DayOutlook:
    """One subject's day: the usual volume of each quarter-hour, what came, and what the level of today makes of the rest.

    `slots` are the starts of the day's quarter-hours (92, 96 or 100 of them), in UTC as `now` is; `usual` and `actual`
    stand beside them.
    """

    slots: Sequence[datetime]
    usual: Sequence[float]
    actual: Sequence[int]
    level: Level
    pattern: Pattern
    now: datetime

    def next(self, span: timedelta) -> Volume:
        """What the time from now on brings; the day's end cuts it off."""
        return self.level.volume(self._usual_between(self.now, self.now + span))

    @property
    def actual_so_far(self) -> int:
        return sum(self.actual)

    @property
    def expected_so_far(self) -> float:
        """What a usual day has brought by now: the forecast as it stood in the morning."""
        return self._usual_between(self.slots[0], self.now)

    def of(self, slot: int) -> Volume:
        """One whole quarter-hour, given what is known now."""
        return self.level.volume(self.usual[slot])

    def _usual_between(self, start: datetime, end: datetime) -> float:
        return usual_between(self.slots, self.usual, start, end)


def usual_between(slots: Sequence[datetime], usual: Sequence[float], start: datetime, end: datetime) -> float:
    """The usual arrivals of [start, end): of a quarter-hour that is cut, the part that lies inside. `slots` as slots_of."""
    start, end = max(start, slots[0]), min(end, slots[-1] + INTERVAL)
    if start >= end:
        return 0.0
    first, last = (start - slots[0]) // INTERVAL, (end - slots[0] - timedelta.resolution) // INTERVAL
    before, behind = (start - slots[first]) / INTERVAL, (slots[last] + INTERVAL - end) / INTERVAL
    return sum(usual[first : last + 1]) - usual[first] * before - usual[last] * behind


def outlooks(subjects: Iterable[Subject], *, now: datetime) -> dict[Subject, DayOutlook]:
    """The day of each subject, ("queue", 5) or ("all", 0), in the zone of `now`; absent where no day like it is known.

    One query, and one more every ten minutes for the days that are over.
    """
    subjects, zone, today = tuple(sorted(subjects)), now.tzinfo, now.date()
    now = now.astimezone(UTC)
    patterns = patterns_of(subjects, today, zone)
    slots = slots_of(today, zone)
    offered = _offered(subjects, [(slots[0], slots[-1] + INTERVAL)])
    places = [quarter_of(slot.astimezone(zone)) for slot in slots]
    found = {}
    for subject, pattern in patterns.items():
        usual = [pattern.volumes[place] for place in places]
        counts = offered.get((subject, 1), {})
        actual = [counts.get(slot, 0) for slot in slots]
        level = Level.after(pattern, seen=sum(actual), usual=usual_between(slots, usual, slots[0], now))
        found[subject] = DayOutlook(slots, usual, actual, level, pattern, now)
    return found


@remembered_long(KEPT_SECONDS)
def patterns_of(subjects: tuple[Subject, ...], day: date, zone: tzinfo | None) -> dict[Subject, Pattern]:
    """What days like this one look like. A day nothing came in is left out: the queue was closed. One query."""
    volumes: dict[Subject, list[list[int]]] = defaultdict(list)
    for (subject, _), quarters in quarters_of(subjects, like_days(day), zone).items():
        volumes[subject].append(quarters)
    patterns = {subject: pattern_of(held) for subject, held in volumes.items()}
    return {subject: pattern for subject, pattern in patterns.items() if pattern is not None}


def quarters_of(
    subjects: Sequence[Subject], days: Sequence[date], zone: tzinfo | None
) -> dict[tuple[Subject, date], list[int]]:
    """What came in per quarter-hour of the local clock, on those of the days on which anything did. One query."""
    spans = [(slots[0], slots[-1] + INTERVAL) for slots in (slots_of(one, zone) for one in days)]
    found = {}
    for (subject, number), counts in sorted(_offered(subjects, spans).items()):
        quarters = [0] * QUARTERS
        for start, offered in counts.items():
            quarters[quarter_of(start.astimezone(zone))] += offered
        found[subject, days[number - 1]] = quarters
    return found


def like_days(day: date) -> list[date]:
    """The same weekday of the last eight weeks, newest first."""
    return [day - timedelta(weeks=weeks) for weeks in range(1, WEEKS + 1)]


@remembered_long(KEPT_SECONDS)
def paces(ids: tuple[int, ...], hour: datetime) -> dict[int, Pace]:
    """Handle time and patience of these queues over the seven days before this hour. One query."""
    with connection.cursor() as cursor:
        cursor.execute(PACE, {"ids": list(ids), "start": hour - RECENT, "end": hour})
        rows = cursor.fetchall()
    return {
        queue: Pace(
            handle_seconds=float(handling) / 1000 / float(handled) if handled and handling else None,
            patience_seconds=float(waited) / 1000 / float(abandoned) if abandoned and waited else None,
        )
        for queue, handling, handled, abandoned, waited in rows
    }


def slots_of(day: date, zone: tzinfo | None) -> list[datetime]:
    """The quarter-hours of a local day, also of one with 23 or 25 hours, as moments in UTC: local times of an hour that
    comes twice cannot be added to or compared."""
    start, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return [start + INTERVAL * number for number in range((end - start) // INTERVAL)]


def quarter_of(at: datetime) -> int:
    """Which quarter-hour of the local clock, 0–95."""
    return at.hour * 4 + at.minute // 15


def _offered(
    subjects: Iterable[Subject], spans: Sequence[tuple[datetime, datetime]]
) -> Mapping[tuple[Subject, int], dict[datetime, int]]:
    """(subject, number of the span from 1) → start of a quarter-hour → entries into the queue."""
    found: dict[tuple[Subject, int], dict[datetime, int]] = defaultdict(dict)
    subjects = list(subjects)
    with connection.cursor() as cursor:
        cursor.execute(
            OFFERED,
            {
                "subjects": [subject for subject, _ in subjects],
                "ids": [subject_id for _, subject_id in subjects],
                "starts": [start for start, _ in spans],
                "ends": [end for _, end in spans],
            },
        )
        for subject, subject_id, number, start, offered in cursor.fetchall():
            found[(subject, subject_id), number][start] = int(offered)
    return found
