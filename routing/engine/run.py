"""One run: groups take turns, the group whose first item has the largest score first, until nothing more fits."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from routing.engine.bench import Bench, Key
from routing.engine.feed import Feed
from routing.engine.snapshot import Diversion, Item, Match

if TYPE_CHECKING:
    from routing.engine.floor import Floor, Group, Standing


class Run:
    """`only` = the agents who may be matched, as bits. `outcomes` = what became of the items let in from a feed."""

    def __init__(self, floor: Floor, *, now: float, only: int) -> None:
        self.outcomes: list[Standing | Diversion] = []
        self._floor = floor
        self._now = now
        self._only = only
        self._benches: dict[int, Bench] = {}
        self._order: list[tuple[Key, int, Bench]] = []
        floor.held = {}

    def matches(self, groups: Iterable[Group], feed: Feed | None = None) -> list[Match]:
        for group in groups:
            self._enlist(group)
        found: list[Match] = []
        while True:
            bound = None if feed is None else feed.bound()
            if feed is not None and bound is not None and (not self._order or bound <= self._order[0][0][0]):
                item = feed.pop()
                if item is not None:
                    self._let_in(item)
            elif self._order:
                match = self._next()
                if match is not None:
                    found.append(match)
            else:
                break
        for bench in self._benches.values():
            bench.put_back()
        return found

    def _let_in(self, item: Item) -> None:
        outcome = self._floor.add(item, now=self._now)
        self.outcomes.append(outcome)
        if not isinstance(outcome, Diversion) and outcome.group is not None:
            self._enlist(outcome.group)

    def _enlist(self, group: Group) -> None:
        """Put the group in the order of the run, unless it stands there or has nothing to match."""
        bench = self._benches.get(id(group))
        if bench is None:
            bench = self._benches[id(group)] = Bench(self._floor, group, now=self._now, only=self._only)
        if bench.listed:
            return
        key = bench.key()
        if key is not None:
            bench.listed = True
            heappush(self._order, (key, len(self._benches), bench))

    def _next(self) -> Match | None:
        """The foremost group's turn; a group whose key has become worse is only put back in its new place."""
        stored, _, bench = heappop(self._order)
        bench.listed = False
        still_first = bench.valid_at == self._floor.version or bench.key() == stored
        match = bench.place() if still_first else None
        self._enlist(bench.group)
        return match
