"""Quarter-hour tallies: how events add up. Pure, and in whole numbers, so that neither the order of events nor the
way they were batched shows in the result.

Counts go to the interval of the event. Durations are kept in two forms: `split` over the intervals the clock ran
through, which is what staffing needs, and `completed`, the whole duration in the interval it ended in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from intelligence.sketch import Sketch

INTERVAL_MS = 15 * 60 * 1000
# The split form looks back this far from an event and no farther, so that one odd duration cannot fill the table.
LONGEST_SPLIT_MS = 31 * 86_400_000
_SECOND = 1000
# What the marked seconds add up to. Kept among the sums as well, so that the database can add them up by itself.
MARKED = ("in_hand_seconds", "routable_seconds", "worked_or_routable_seconds")


class Cell(NamedTuple):
    """Where something is counted: one subject (`queue`, `agent`, `channel` or `all`) in one quarter of an hour."""

    subject: str
    subject_id: int
    start_ms: int


def interval_start(at_ms: int) -> int:
    """Start of the quarter-hour that holds this moment (Unix time, milliseconds)."""
    return at_ms - at_ms % INTERVAL_MS


def split_span(start_ms: int, end_ms: int) -> Iterator[tuple[int, int, int]]:
    """The pieces of a span, as (interval start, piece start, piece end). Nothing for an empty or reversed span."""
    at = max(start_ms, end_ms - LONGEST_SPLIT_MS)
    while at < end_ms:
        interval = interval_start(at)
        piece_end = min(end_ms, interval + INTERVAL_MS)
        yield interval, at, piece_end
        at = piece_end


def seconds_mask(interval_ms: int, start_ms: int, end_ms: int) -> int:
    """One bit for each second of the interval begun within [start, end). Spans that touch share no second."""
    first = -(-(start_ms - interval_ms) // _SECOND)
    after = -(-(end_ms - interval_ms) // _SECOND)
    return (1 << after) - (1 << first) if after > first else 0


@dataclass(slots=True)
class Tally:
    """What one cell holds. `sums` add, `sketches` merge, `seconds` (one bit each, by wall clock) unite."""

    sums: Counter[str] = field(default_factory=Counter)
    sketches: dict[str, Sketch] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, amount: int = 1) -> None:
        if amount:
            self.sums[name] += amount

    def measure(self, name: str, value: int) -> None:
        self.sketches.setdefault(name, Sketch()).record(value)

    def mark(self, name: str, mask: int) -> None:
        if mask:
            self.seconds[name] = self.seconds.get(name, 0) | mask

    def add(self, other: Tally) -> None:
        """Take in more of the *same* interval."""
        self.sums.update(other.sums)
        for name, sketch in other.sketches.items():
            self.sketches.setdefault(name, Sketch()).add(sketch)
        for name, mask in other.seconds.items():
            self.mark(name, mask)

    def to_json(self) -> tuple[dict[str, int], dict[str, Any]]:
        """(sums, sketches) as the row keeps them, keys in order; seconds as hexadecimal among the sketches."""
        kept: dict[str, Any] = {name: self.sketches[name].to_json() for name in sorted(self.sketches)}
        kept |= {name: {"seconds": f"{self.seconds[name]:x}"} for name in sorted(self.seconds)}
        sums = {**self.sums, **self.marked()}
        return {name: sums[name] for name in sorted(sums)}, kept

    def marked(self) -> Counter[str]:
        """The marked seconds as sums; nothing where none are marked."""
        in_hand, routable = self.seconds.get("in_hand", 0), self.seconds.get("routable", 0)
        counts = (in_hand.bit_count(), routable.bit_count(), (in_hand | routable).bit_count())
        return Counter({name: count for name, count in zip(MARKED, counts, strict=True) if count})

    @classmethod
    def from_json(cls, sums: dict[str, int], sketches: dict[str, Any]) -> Tally:
        return cls(
            sums=Counter({name: count for name, count in sums.items() if name not in MARKED}),
            sketches={name: Sketch.from_json(kept) for name, kept in sketches.items() if "buckets" in kept},
            seconds={name: int(kept["seconds"], 16) for name, kept in sketches.items() if "seconds" in kept},
        )


class Tallies(dict[Cell, Tally]):
    """All cells that some events touch."""

    def at(self, cell: Cell) -> Tally:
        if cell not in self:
            self[cell] = Tally()
        return self[cell]

    def add(self, other: Tallies) -> None:
        for cell, tally in other.items():
            self.at(cell).add(tally)


class Subjects(NamedTuple):
    """Who an event is counted for. Every event also counts for `all`."""

    queue_id: int | None = None
    agent_id: int | None = None
    channel_id: int | None = None

    def cells(self, start_ms: int) -> Iterator[Cell]:
        yield Cell("all", 0, start_ms)
        for subject, subject_id in (("queue", self.queue_id), ("agent", self.agent_id), ("channel", self.channel_id)):
            if subject_id is not None:
                yield Cell(subject, subject_id, start_ms)


@dataclass(slots=True)
class Recorder:
    """Writes what one event means into the cells of its subjects."""

    tallies: Tallies
    subjects: Subjects
    at_ms: int

    def count(self, name: str, amount: int = 1) -> None:
        for cell in self.subjects.cells(interval_start(self.at_ms)):
            self.tallies.at(cell).count(name, amount)

    def measure(self, name: str, value: int) -> None:
        for cell in self.subjects.cells(interval_start(self.at_ms)):
            self.tallies.at(cell).measure(name, value)

    def span(self, name: str, start_ms: int, end_ms: int) -> None:
        """A duration in both forms: `<name>_split_ms` by clock overlap, `<name>_completed_ms` where it ended."""
        if end_ms <= start_ms:
            return
        for cell in self.subjects.cells(interval_start(self.at_ms)):
            self.tallies.at(cell).count(f"{name}_completed_ms", end_ms - start_ms)
        for interval, piece_start, piece_end in split_span(start_ms, end_ms):
            for cell in self.subjects.cells(interval):
                self.tallies.at(cell).count(f"{name}_split_ms", piece_end - piece_start)

    def presence(self, name: str, start_ms: int, end_ms: int) -> None:
        """Seconds by wall clock of one agent: counted once, however many things happen in them."""
        if self.subjects.agent_id is None:
            return
        for interval, piece_start, piece_end in split_span(start_ms, end_ms):
            cell = Cell("agent", self.subjects.agent_id, interval)
            self.tallies.at(cell).mark(name, seconds_mask(interval, piece_start, piece_end))


def roll_up(tallies: Iterable[Tally]) -> Tally:
    """One tally of several cells of *different* intervals or subjects: a half-hour, a day, a team.

    Marked seconds become the sums `in_hand_seconds`, `routable_seconds` and `worked_or_routable_seconds`.
    """
    whole = Tally()
    for tally in tallies:
        whole.sums.update(tally.sums)
        for name, sketch in tally.sketches.items():
            whole.sketches.setdefault(name, Sketch()).add(sketch)
        whole.sums.update(tally.marked())
    return whole
