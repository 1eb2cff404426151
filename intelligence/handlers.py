"""Events in: everything that happens becomes a fact."""

from __future__ import annotations

from cxos.core.catalogue import Received, stream
from intelligence.services import facts


@stream("facts")
def record_facts(received: list[Received]) -> None:
    facts.record(received)
