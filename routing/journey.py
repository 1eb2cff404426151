"""The journey of an interaction, from raw row to waiting work: the straight line of the product on one page.

Safe to run again from the top: every step finds what it did before.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from automation.services.decide import decide
from cases.services.clocks import start_clocks
from channels_app.models import Channel, Interaction
from channels_app.services.threads import attach
from crm.services.identity import resolve
from intelligence.services.understand import understand
from routing.actions import Subject
from routing.facts import gather
from routing.perform import perform
from routing.place import place


def is_verified(interaction: Interaction) -> bool:
    """Only our own web chat checks a signed identity; what other senders claim about their customers proves nothing."""
    return interaction.channel.kind == Channel.Kind.WEBCHAT and interaction.payload["metadata"].get("verified") is True


def advance(interaction_id: int, *, now: datetime) -> None:
    """Resolve the customer, attach the message, understand it, decide, do it, and put the rest before people."""
    interaction = Interaction.objects.select_related("channel", "message__conversation").get(id=interaction_id)
    structlog.contextvars.bind_contextvars(interaction_id=interaction_id)
    if interaction.handled_at:
        return
    payload = interaction.payload
    with transaction.atomic():
        person = resolve(
            payload["identities"], attributes=payload.get("customer"), verified=is_verified(interaction), now=now
        )
        attached = attach(interaction, person.customer, now=now)
    insight = understand(attached.message, is_new=not attached.repeated, now=now)
    facts = gather(
        channel=interaction.channel,
        customer=person.customer,
        attached=attached,
        insight=insight,
        known=not person.created,
        now=now,
    )
    plan = decide("MessageReceived", facts)
    perform(plan, interaction, Subject(attached.conversation, attached.message, facts), now=now)
    with transaction.atomic():
        deadline = start_clocks(attached.conversation.pk, message=attached.message, now=now)
        place(plan, interaction, attached, deadline=deadline, now=now)
        Interaction.objects.filter(id=interaction_id, handled_at=None).update(handled_at=now)
