"""Did somebody do what was planned? One agent's day: what was scheduled against the presence that was seen. Pure.

Adherence = max(0, 1 − exceptions / scheduled time); conformance = time on the queue / time scheduled for it. A stretch in
which somebody did something else than planned is an exception when it is longer than the grace of what was planned, and
then all of it counts. Time of an approved exception is taken out of the schedule. Times are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

ON_QUEUE = "on_queue"
AWAY = "away"

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """`kind`: the activity's class, which is compared; with `strict` the very activity is."""

    start_ms: int
    end_ms: int
    activity_id: int
    kind: str
    grace_ms: int = 0
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody's presence meant. `activity_id` None: no activity is known for it."""

    start_ms: int
    end_ms: int
    kind: str
    activity_id: int | None = None

    def keeps(self, planned: Planned) -> bool:
        return self.activity_id == planned.activity_id if planned.strict else self.kind == planned.kind


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time in which somebody did something else than planned. `counts`: longer than the grace."""

    start_ms: int
    end_ms: int
    planned: Planned
    counts: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What came out of a day, in milliseconds; the ratios are in `formulas`."""

    scheduled_ms: int = 0
    exception_ms: int = 0
    scheduled_on_queue_ms: int = 0
    on_queue_ms: int = 0
    stretches: tuple[Stretch, ...] = ()


def compare(
    planned: Iterable[Planned],
    seen: Sequence[Seen],
    *,
    approved: Sequence[Span] = (),
    until_ms: int,
    outside_counts: bool = False,
) -> Kept:
    """The day up to `until_ms`. Where nothing was seen, nobody was there.

    `outside_counts`: time on the queue outside the schedule is an exception too, and is added to both parts of adherence.
    """
    seen = [replace(one, end_ms=min(one.end_ms, until_ms)) for one in seen if one.start_ms < until_ms]
    pieces = [piece for one in planned for piece in _without(one, approved, until_ms)]
    stretches = [stretch for piece in pieces for stretch in _stretches(piece, seen)]
    on_queue = [(one.start_ms, one.end_ms) for one in seen if one.kind == ON_QUEUE]
    outside = 0
    if outside_counts:
        expected = [*((piece.start_ms, piece.end_ms) for piece in pieces), *approved]
        outside = sum(end - start for span in on_queue for start, end in subtract(span, expected))
    return Kept(
        scheduled_ms=sum(piece.end_ms - piece.start_ms for piece in pieces) + outside,
        exception_ms=sum(one.end_ms - one.start_ms for one in stretches if one.counts) + outside,
        scheduled_on_queue_ms=sum(piece.end_ms - piece.start_ms for piece in pieces if piece.kind == ON_QUEUE),
        on_queue_ms=sum(end - start for start, end in on_queue),
        stretches=tuple(stretches),
    )


def subtract(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What of the span is left."""
    left = [span]
    for start, end in taken:
        left = [
            part
            for begin, finish in left
            for part in ((begin, min(finish, start)), (max(begin, end), finish))
            if part[0] < part[1]
        ]
    return left


def _without(one: Planned, approved: Sequence[Span], until_ms: int) -> list[Planned]:
    left = subtract((one.start_ms, min(one.end_ms, until_ms)), approved) if one.start_ms < until_ms else []
    return [replace(one, start_ms=start, end_ms=end) for start, end in left]


def _stretches(planned: Planned, seen: Sequence[Seen]) -> list[Stretch]:
    kept = [(one.start_ms, one.end_ms) for one in seen if one.keeps(planned)]
    missed = subtract((planned.start_ms, planned.end_ms), kept)
    return [Stretch(start, end, planned, counts=end - start > planned.grace_ms) for start, end in sorted(missed)]
