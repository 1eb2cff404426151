"""A snapshot's items on their way to the floor, the largest score first, so that only those with a chance are indexed.

With one freed agent and five thousand waiting items, all are scored but only a handful is looked at more closely.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop
from typing import TYPE_CHECKING

from routing.engine.capacity import cost_of
from routing.engine.pools import MAX_LEVEL
from routing.engine.scoring import score_line
from routing.engine.snapshot import Item

if TYPE_CHECKING:
    from routing.engine.floor import Floor


class Feed:
    """Items by an upper bound of their order among groups: the score, and the largest bonus a queue level can give."""

    def __init__(self, floor: Floor, items: Iterable[Item], *, now: float, only: int) -> None:
        self._floor = floor
        self._only = only
        bonus = floor.level_seconds * MAX_LEVEL
        self._heap: list[tuple[float, float, int, Item]] = []
        for item in items:
            score, _, _ = score_line(item, floor.rules(item.queue).aging, now=now)
            self._heap.append((-(score + bonus), item.queued_at, item.id, item))
        self._shapes = {(entry[3].medium, cost_of(entry[3])) for entry in self._heap}
        heapify(self._heap)
        self.left: list[Item] = []  # without a chance in this run

    def bound(self) -> float | None:
        """The next item's bound (negative, smaller first); None when nobody has room for any of the rest."""
        if not self._heap or not any(self._floor.roster.free(*shape) & self._only for shape in self._shapes):
            return None
        return self._heap[0][0]

    def pop(self) -> Item | None:
        """The next item; None when no agent could have taken it."""
        item = heappop(self._heap)[3]
        if self._floor.has_chance(item, self._only):
            return item
        self.left.append(item)
        return None

    def rest(self) -> list[Item]:
        """Every item that has not reached the floor."""
        return self.left + [entry[3] for entry in self._heap]
