"""The journey of an interaction, from raw row to waiting work: the straight line of the product on one page.

Its handler is one transaction: all of it is there, or nothing and it begins again from the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from automation.facts_known import MESSAGE
from automation.plan import Plan
from automation.services.decide import decide
from cases.services.cases import wake_cases
from cases.services.clocks import lock_for_clocks, start_clocks
from channels_app.models import Channel, Interaction
from channels_app.services.threads import Attached, attach
from crm.models import Customer
from crm.services.identity import resolve
from intelligence.models import Insight
from intelligence.services.understand import understand
from routing.actions import Subject
from routing.facts import gather
from routing.models import WorkItem
from routing.perform import perform
from routing.place import place


def is_verified(interaction: Interaction) -> bool:
    """Only our own web chat checks a signed identity; what other senders claim about their customers proves nothing."""
    return interaction.channel.kind == Channel.Kind.WEBCHAT and interaction.payload["metadata"].get("verified") is True


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an interaction before anything is done about it. `known`: the customer was known before;
    `evidence`: why it is theirs (crm.services.identity.Resolution.kept)."""

    customer: Customer
    known: bool
    evidence: dict[str, Any]
    attached: Attached
    insight: Insight
    facts: dict[str, Any]
    plan: Plan


def advance(interaction_id: int, *, now: datetime) -> None:
    """Resolve the customer, attach the message, understand it, decide, do it, and put the rest before people.

    In the caller's transaction."""
    structlog.contextvars.bind_contextvars(interaction_id=interaction_id)
    interaction = Interaction.objects.select_related("channel", "message__conversation").get(id=interaction_id)
    if not interaction.handled_at:
        act(interaction, look(interaction, now=now), now=now)


def look(interaction: Interaction, *, now: datetime) -> Seen:
    """Who it is, what they said, what it means, and what the rules ask for."""
    payload = interaction.payload
    person = resolve(
        payload["identities"], attributes=payload.get("customer"), verified=is_verified(interaction), now=now
    )
    attached = attach(interaction, person.customer, is_new=person.created, now=now)
    insight = understand(attached.message, is_new=not attached.repeated, now=now)
    facts = gather(
        channel=interaction.channel,
        customer=person.customer,
        attached=attached,
        insight=insight,
        known=not person.created,
        now=now,
    )
    plan = decide(MESSAGE, facts)
    return Seen(person.customer, not person.created, person.kept, attached, insight, facts, plan)


def act(interaction: Interaction, seen: Seen, *, now: datetime) -> WorkItem | None:
    """Carry the plan out, wake what waited, start the clocks, and put the conversation before people. Returns its work, if it has any."""
    attached = seen.attached
    perform(
        Subject(attached.conversation, seen.facts, seen.plan, interaction=interaction, message=attached.message),
        now=now,
    )
    if not attached.created:
        wake_cases(attached.conversation.pk, at=attached.message.created_at, actor=seen.customer, now=now)
    conversation, fresh = attached.conversation, attached.created
    if seen.plan.actions or attached.repeated:  # what we hold may be out of date
        conversation, fresh = lock_for_clocks(conversation.pk), False
    deadline = start_clocks(conversation, fresh=fresh, at=attached.message.created_at, now=now)
    item = place(seen.plan, interaction, conversation, is_new=attached.created, deadline=deadline, now=now)
    Interaction.objects.filter(id=interaction.pk, handled_at=None).update(
        customer=seen.customer, conversation=conversation, evidence=seen.evidence, handled_at=now
    )
    return item
