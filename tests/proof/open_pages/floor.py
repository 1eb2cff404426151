"""Does a deed while pages are open, and says what they would not have noticed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from inspect import isgeneratorfunction
from typing import Any

from cxos.core.catalogue import EVENTS, STREAMS
from cxos.core.models import Delivery, Event
from cxos.core.relay import drain_outbox, received
from tests.proof.open_pages.pages import OpenChat, OpenPage, Shown
from tests.proof.open_pages.proofs import Proof
from tests.proof.open_pages.reading import Reader
from tests.proof.open_pages.scene import Scene

ROW = ("pk", "name", "key", "actor", "depth", "at", "payload")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`happened`: names of events; `changed`, `stale`: parts of pages that look different, and of them those the open
    page shows as they were, as "page: part"."""

    happened: frozenset[str]
    changed: frozenset[str]
    stale: frozenset[str]


@dataclass(slots=True)
class Floor:
    """`told`: where hints arrive that nobody has heard yet. `commits`: within it, what waits for a commit is done."""

    scene: Scene
    pages: list[OpenPage | OpenChat]
    reader: Reader
    commits: Callable[[], AbstractContextManager[Any]]
    told: set[str] = field(default_factory=set)

    def try_out(self, proof: Proof) -> Outcome:
        """What is done for it is taken back afterwards, so that each begins with the same floor."""
        with self.reader.undone():
            deed: Callable[[], Any] = lambda: proof.do(self.scene)  # noqa: E731
            if isgeneratorfunction(proof.do):
                steps = proof.do(self.scene)
                deed = lambda: next(steps, None)  # noqa: E731
                self.acts(deed, heard=False)
            before = self.open()
            happened = self.acts(deed)
            return self.outcome(before, happened)

    def open(self) -> dict[str, Shown]:
        self.told.clear()
        for page in self.pages:
            page.open()
        return {page.name: page.shown() for page in self.pages}

    def outcome(self, before: dict[str, Shown], happened: set[str]) -> Outcome:
        changed, stale = set[str](), set[str]()
        for page in self.pages:
            fresh = page.fresh()
            changed |= {f"{page.name}: {part}" for part in differing(before[page.name], fresh)}
            stale |= {f"{page.name}: {part}" for part in differing(page.shown(), fresh)}
        return Outcome(frozenset(happened), frozenset(changed), frozenset(stale))

    def acts(self, act: Callable[[], Any], *, heard: bool = True) -> set[str]:
        """As in a running installation: what is done commits and is told, then its handlers and streams run; after each of
        both open pages hear what was told so far. Returns the names of the events."""
        before = newest()
        for steps in ((act,), (drain_outbox, lambda: run_streams(before), drain_outbox)):
            for step in steps:
                with self.commits():
                    step()
            if heard:
                self.hear()
        assert list(Delivery.objects.filter(failures__gt=0).values_list("handler", "last_error")) == []
        return set(Event.objects.filter(pk__gt=before).values_list("name", flat=True))

    def hear(self) -> None:
        told = set(self.told)
        self.told.clear()
        if told:
            for page in self.pages:
                page.hear(told)


def newest() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def run_streams(after: int) -> None:
    events = [received(row) for row in Event.objects.filter(pk__gt=after).order_by("pk").values_list(*ROW)]
    for stream in STREAMS.values():
        if mine := [one for one in events if one.name in (stream.events or EVENTS)]:
            stream.run(mine)


def differing(one: Shown, other: Shown) -> set[str]:
    return {part for part in one.keys() | other.keys() if one.get(part) != other.get(part)}
