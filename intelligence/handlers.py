"""Events in: everything that happens becomes a fact."""

from __future__ import annotations

from django.db import transaction

from cxos.core.catalogue import Received, stream
from cxos.core.live import notify
from intelligence.services import facts


@stream("facts")
def record_facts(received: list[Received]) -> None:
    facts.record(received)
    newest = max(one.id for one in received)
    transaction.on_commit(lambda: notify(["figures"], version=newest))
