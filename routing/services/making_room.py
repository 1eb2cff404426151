"""Work that was paused takes its full cost again: what rings at its holder makes way, and what is too much is on record."""

from __future__ import annotations

from datetime import datetime

from cxos.core.phrases import Phrase
from routing.models import AgentState, Decision, WorkItem
from routing.services.agents import held_cost
from routing.services.notes import note
from routing.services.offers import return_offers_of


def make_room(item: WorkItem, holder: AgentState, *, why: str, reason: str, now: datetime) -> None:
    """Nothing when the holder has room. `why`: the sentence for the record, with %(load)s and %(budget)s; `reason` of the
    offers that go back. The holder is locked."""
    if held_cost(holder.user_id) <= holder.budget:
        return
    return_offers_of(holder.user_id, reason=reason, now=now)
    load = held_cost(holder.user_id)
    if load > holder.budget:
        facts = {"agent": holder.user_id, "load": load, "budget": holder.budget}
        note(item, Decision.Kind.OVERRIDE, Phrase(why, facts), facts=facts, now=now)
