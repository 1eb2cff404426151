"""Conversations of customers whose merge was taken back."""

from __future__ import annotations

from django.db import transaction

from channels_app.models import Conversation, Interaction
from crm.queries import family_of
from cxos.core.models import Event


def give_back(merged_id: int, *, survivor_id: int) -> int:
    """What the customer set free (or anybody merged into them) once began is theirs again; returns how many.

    Who began a conversation stands in its first event.
    """
    ids = Conversation.objects.filter(customer_id=survivor_id).values_list("id", flat=True)
    started = Event.objects.filter(name="ConversationStarted", key__in=[f"conversation:{pk}" for pk in ids])
    family = set(family_of(merged_id))
    theirs = [
        payload["conversation_id"]
        for payload in started.values_list("payload", flat=True)
        if payload["customer_id"] in family
    ]
    with transaction.atomic():
        Interaction.objects.filter(conversation_id__in=theirs).update(customer_id=merged_id)
        return Conversation.objects.filter(pk__in=theirs).update(customer_id=merged_id)
