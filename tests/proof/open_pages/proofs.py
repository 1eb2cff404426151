"""The register of proofs: which deed makes an event happen, and, where no page listens to the event, why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.proof.open_pages.scene import Scene

# A deed, or a generator: what comes before its `yield` is how things stood when the pages were opened.
Deed = Callable[[Scene], Iterator[None] | None]


@dataclass(frozen=True, slots=True)
class Proof:
    """`silent`: why no page needs to be told. Without it the event has a hint, and some page shows what happened."""

    name: str
    events: frozenset[str]
    do: Deed
    silent: str


PROOFS: list[Proof] = []


def proves(*events: type[Any], silent: str = "") -> Callable[[Deed], Deed]:
    def register(do: Deed) -> Deed:
        names = frozenset(event.__name__ for event in events)
        PROOFS.append(Proof(do.__name__.replace("_", " "), names, do, silent))
        return do

    return register
