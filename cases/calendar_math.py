"""Business time: how much of it lies between two instants, and where an amount of it ends.

Pure: no ORM, no Django, no ambient clock. A `BusinessCalendar` holds opening hours in the wall time of an IANA
zone. Hours belong to the local date on which they *open*: a night shift from 22:00 to 30:00 on Friday is Friday's,
so a holiday on Saturday does not cut it short and a holiday on Friday removes all of it.

Each opening becomes one span of UTC. An edge the wall clock skips (spring) moves forward to the first instant that
exists; an edge the wall clock shows twice (autumn) takes the first showing to open and the last one to close.
Lengths are taken between UTC instants only, because Python subtracts two times of the same zone as wall time.

Instants are aware datetimes, results are UTC; seconds are exact to the microsecond.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from cases.hours import DAY_MINUTES, CalendarError, Interval, zone_named

HORIZON_YEARS = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_TWO_DAYS = timedelta(days=2)
_SECOND_MICROS = 1_000_000
_MINUTE_MICROS = 60 * _SECOND_MICROS
_DAY_MICROS = DAY_MINUTES * _MINUTE_MICROS
_BLOCK_DAYS = 28
_BLOCK_MICROS = _BLOCK_DAYS * _DAY_MICROS
_HORIZON_BLOCKS = HORIZON_YEARS * 366 // _BLOCK_DAYS


Week = Sequence[Sequence[Interval]]


class Span(NamedTuple):
    """A stretch of UTC in which the calendar is open."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class HoursVersion:
    """Weekly hours and zone in force for openings from the local date `valid_from` on. Monday is `week[0]`."""

    zone: str
    week: tuple[tuple[Interval, ...], ...]
    valid_from: date = date.min


class DayHours(NamedTuple):
    """What one local day looks like on a drawn week. Intervals lie within 0–1440 and do not overlap."""

    date: date
    intervals: tuple[Interval, ...]
    reason: str  # why it differs from the ordinary week: a holiday's name, "special hours", or ""


class _Block(NamedTuple):
    """The merged openings of 28 days in epoch microseconds, with the open time before each of them."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    through: list[int]
    total: int

    def open_before(self, moment: int) -> int:
        at = bisect_right(self.starts, moment) - 1
        return 0 if at < 0 else self.before[at] + min(moment, self.ends[at]) - self.starts[at]


@dataclass(frozen=True)
class BusinessCalendar:
    """When we are open. Special hours win over a holiday on the same date; dates are local opening dates.

    Versions are ordered by `valid_from`; dates before the first version follow the first version, so that a case
    older than the calendar can still be measured.
    """

    versions: tuple[HoursVersion, ...]
    holidays: Mapping[date, str] = field(default_factory=dict, hash=False)
    special_hours: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict, hash=False)
    _blocks: dict[int, _Block] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.versions:
            raise CalendarError("A calendar needs at least one week of opening hours.")
        if any(a.valid_from >= b.valid_from for a, b in zip(self.versions, self.versions[1:], strict=False)):
            raise CalendarError("Versions of a calendar must start on different dates, earliest first.")
        for version in self.versions:
            zone_named(version.zone)
            if len(version.week) != 7:
                raise CalendarError(f"A week has seven days, not {len(version.week)}.")
        weeks = [day for version in self.versions for day in version.week]
        for interval in (i for day in (*weeks, *self.special_hours.values()) for i in day):
            interval.checked()

    @classmethod
    def weekly(
        cls,
        zone: str,
        week: Week,
        *,
        holidays: Mapping[date, str] | Iterable[date] = (),
        special_hours: Mapping[date, Sequence[Interval]] | None = None,
    ) -> Self:
        """A calendar with one version. `holidays` may be dates alone or dates with names."""
        named = dict(holidays) if isinstance(holidays, Mapping) else dict.fromkeys(holidays, "holiday")
        special = {day: tuple(hours) for day, hours in (special_hours or {}).items()}
        return cls((HoursVersion(zone, tuple(tuple(day) for day in week)),), named, special)

    @classmethod
    def always_open(cls, zone: str = "UTC") -> Self:
        """24 hours, 7 days."""
        return cls.weekly(zone, [[Interval(0, DAY_MINUTES)]] * 7)

    @cached_property
    def _dated(self) -> tuple[int, int]:
        """Ordinals of the first and last date on which this calendar differs from its plain weeks."""
        dates = {*self.holidays, *self.special_hours, *(v.valid_from for v in self.versions[1:])}
        ordinals = [day.toordinal() for day in dates] or [_EPOCH_ORDINAL]
        return min(ordinals), max(ordinals)

    def version_on(self, day: date) -> HoursVersion:
        """The version in force for hours that open on this local date."""
        if len(self.versions) == 1:
            return self.versions[0]
        at = bisect_right(self.versions, day, key=lambda version: version.valid_from)
        return self.versions[max(at - 1, 0)]

    def hours_on(self, day: date) -> tuple[Interval, ...]:
        """What opens on this local date, as written (may overlap, may run past midnight)."""
        special = self.special_hours.get(day)
        if special is not None:
            return special
        return () if day in self.holidays else self.version_on(day).week[day.weekday()]

    def reason_on(self, day: date) -> str:
        """Why this date differs from its ordinary week: a holiday's name, "special hours", or ""."""
        if day in self.special_hours:
            return "special hours"
        return self.holidays.get(day, "")

    def zone_at(self, instant: datetime) -> ZoneInfo:
        """The zone in which this instant is read."""
        day = instant.astimezone(UTC).date()
        return zone_named(self.version_on(day).zone)


def business_seconds(calendar: BusinessCalendar, start: datetime, end: datetime) -> float:
    """Open seconds in [start, end); negative when end lies before start, so that measures always add up."""
    return _open_micros(calendar, _micros(start), _micros(end)) / _SECOND_MICROS


def add_business(calendar: BusinessCalendar, start: datetime, seconds: float) -> datetime:
    """Where `seconds` of open time, counted from `start`, end. UTC.

    Forward: the earliest such instant (8 h from Friday 09:00 is Friday 17:00, not Monday 09:00). Negative walks
    back to the latest such instant (1 h before Monday 10:00 is Monday 09:00). Zero is `start` itself. Raises
    CalendarError when the calendar does not open enough within 100 years.
    """
    moment, amount = _micros(start), round(seconds * _SECOND_MICROS)
    if amount == 0:
        return _instant(moment)
    return _instant(_walk_forward(calendar, moment, amount) if amount > 0 else _walk_back(calendar, moment, -amount))


def is_open(calendar: BusinessCalendar, instant: datetime) -> bool:
    """Whether the calendar is open at this instant."""
    moment = _micros(instant)
    block = _block(calendar, moment // _BLOCK_MICROS)
    at = bisect_right(block.starts, moment) - 1
    return at >= 0 and moment < block.ends[at]


def next_open(calendar: BusinessCalendar, instant: datetime) -> datetime:
    """The instant itself while open, else the next opening. UTC; raises CalendarError if it never opens again."""
    if is_open(calendar, instant):
        return instant.astimezone(UTC)
    # One open microsecond ends one microsecond after the opening it lies in.
    return _instant(_walk_forward(calendar, _micros(instant), 1) - 1)


def open_spans(calendar: BusinessCalendar, start: datetime, end: datetime) -> tuple[Span, ...]:
    """The stretches of [start, end) in which the calendar is open, in order, touching ones joined."""
    first, last = _micros(start), _micros(end)
    spans: list[tuple[int, int]] = []
    for number in range(first // _BLOCK_MICROS, -(-last // _BLOCK_MICROS)):
        block = _block(calendar, number)
        for opens, closes in zip(block.starts, block.ends, strict=True):
            opens, closes = max(opens, first), min(closes, last)
            if opens >= closes:
                continue
            if spans and spans[-1][1] == opens:
                spans[-1] = (spans[-1][0], closes)
            else:
                spans.append((opens, closes))
    return tuple(Span(_instant(opens), _instant(closes)) for opens, closes in spans)


def week_hours(calendar: BusinessCalendar, monday: date) -> tuple[DayHours, ...]:
    """Seven local days from `monday` for drawing: hours that run past midnight appear on both days."""
    days = []
    for day in (monday + timedelta(days=number) for number in range(7)):
        spill = [Interval(0, i.end - DAY_MINUTES) for i in calendar.hours_on(day - timedelta(days=1))]
        own = [Interval(i.start, min(i.end, DAY_MINUTES)) for i in calendar.hours_on(day)]
        merged = tuple(Interval(*pair) for pair in _union([i for i in (*spill, *own) if i.end > i.start]))
        days.append(DayHours(day, merged, calendar.reason_on(day)))
    return tuple(days)


def _micros(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise CalendarError("An instant needs a time zone: it was given without one.")
    return (instant - _EPOCH) // _MICROSECOND


def _instant(moment: int) -> datetime:
    return _EPOCH + timedelta(microseconds=moment)


def _open_micros(calendar: BusinessCalendar, start: int, end: int) -> int:
    if end < start:
        return -_open_micros(calendar, end, start)
    first, last = start // _BLOCK_MICROS, end // _BLOCK_MICROS
    total = sum(_block(calendar, number).total for number in range(first, last))
    return total + _block(calendar, last).open_before(end) - _block(calendar, first).open_before(start)


def _walk_forward(calendar: BusinessCalendar, moment: int, amount: int) -> int:
    first = moment // _BLOCK_MICROS
    wanted = _block(calendar, first).open_before(moment) + amount
    last_dated = calendar._dated[1]
    for number in range(first, first + _HORIZON_BLOCKS):
        block = _block(calendar, number)
        if wanted <= block.total:
            at = bisect_left(block.through, wanted)
            return block.ends[at] - (block.through[at] - wanted)
        if block.total == 0 and number * _BLOCK_DAYS + _EPOCH_ORDINAL > last_dated + 2:
            raise CalendarError(f"The calendar never opens again after {_instant(moment):%Y-%m-%d}.")
        wanted -= block.total
    raise CalendarError(f"That much open time does not fit into the next {HORIZON_YEARS} years.")


def _walk_back(calendar: BusinessCalendar, moment: int, amount: int) -> int:
    first = moment // _BLOCK_MICROS
    wanted = _block(calendar, first).open_before(moment) - amount
    first_dated = calendar._dated[0]
    for number in range(first, first - _HORIZON_BLOCKS, -1):
        block = _block(calendar, number)
        if number != first:
            wanted += block.total
        if wanted >= 0:
            at = bisect_right(block.before, wanted) - 1
            return block.starts[at] + wanted - block.before[at]
        if block.total == 0 and (number + 1) * _BLOCK_DAYS + _EPOCH_ORDINAL < first_dated - 2:
            raise CalendarError(f"The calendar was never open before {_instant(moment):%Y-%m-%d}.")
    raise CalendarError(f"That much open time does not fit into the last {HORIZON_YEARS} years.")


def _block(calendar: BusinessCalendar, number: int) -> _Block:
    """Expanded once and kept on the calendar: every later question in these 28 days is a bisection."""
    block = calendar._blocks.get(number)
    if block is None:
        block = calendar._blocks[number] = _expand(calendar, number)
    return block


def _expand(calendar: BusinessCalendar, number: int) -> _Block:
    floor, ceiling = number * _BLOCK_MICROS, (number + 1) * _BLOCK_MICROS
    first = number * _BLOCK_DAYS + _EPOCH_ORDINAL
    # A local date reaches from 14 h before its UTC namesake to 42 h after its midnight (30:00 in UTC-12).
    edges = [pair for ordinal in range(first - 2, first + _BLOCK_DAYS + 2) for pair in _day_edges(calendar, ordinal)]
    merged = _union([(max(a, floor), min(b, ceiling)) for a, b in edges if a < ceiling and b > floor])
    starts, ends = [a for a, _ in merged], [b for _, b in merged]
    before, through, total = [], [], 0
    for opens, closes in merged:
        before.append(total)
        total += closes - opens
        through.append(total)
    return _Block(starts, ends, before, through, total)


def _day_edges(calendar: BusinessCalendar, ordinal: int) -> list[tuple[int, int]]:
    """The openings of one local date in epoch microseconds; those that fall wholly into a skipped hour vanish."""
    try:
        day = date.fromordinal(ordinal)
        intervals = calendar.hours_on(day)
        if not intervals:
            return []
        zone = zone_named(calendar.version_on(day).zone)
        midnight = datetime(day.year, day.month, day.day)
        offset, offset_after = zone.utcoffset(midnight), zone.utcoffset(midnight + _TWO_DAYS)
    except (ValueError, OverflowError) as error:
        raise CalendarError("Business time can be reckoned from year 1 to year 9999 only.") from error
    if offset is not None and offset == offset_after:  # no zone changes its offset and back within 48 hours
        base = (ordinal - _EPOCH_ORDINAL) * _DAY_MICROS - offset // _MICROSECOND
        return [(base + i.start * _MINUTE_MICROS, base + i.end * _MINUTE_MICROS) for i in intervals]
    pairs = [(_edge(zone, midnight, i.start, fold=0), _edge(zone, midnight, i.end, fold=1)) for i in intervals]
    return [(opens, closes) for opens, closes in pairs if opens < closes]


def _edge(zone: ZoneInfo, midnight: datetime, minutes: int, *, fold: int) -> int:
    """One wall-clock edge as epoch microseconds. fold: 0 takes the first of two showings, 1 the last."""
    wall = (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone)
    early, late = _micros(wall), _micros(wall.replace(fold=1))
    if early <= late:
        return late if fold else early
    # Skipped: the change of the clock lies in (late, early]; find the first instant after it.
    known, offset_after = late, _instant(early).astimezone(zone).utcoffset()
    while early - known > 1:
        middle = (known + early) // 2
        if _instant(middle).astimezone(zone).utcoffset() == offset_after:
            early = middle
        else:
            known = middle
    return early


def _union(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping and touching pairs joined, in order."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(pairs):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
