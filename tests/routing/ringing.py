"""At whom work rings, for tests that tell a story of several steps."""

from __future__ import annotations

from routing.models import WorkItem


def rings_at(item: WorkItem) -> str | None:
    """At whom it rings, if it does."""
    offer = item.offers.filter(state="pending").select_related("agent").first()
    return offer.agent.name if offer else None
