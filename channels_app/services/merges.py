"""Conversations of customers whose merge was taken back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from channels_app.models import Conversation, ConversationMerge, Interaction
from channels_app.services.joining import take_apart
from crm.queries import family_of
from cxos.core.models import Event


def give_back(merged_id: int, *, survivor_id: int, now: datetime) -> int:
    """What the customer set free (or anybody merged into them) once began is theirs again; returns how many.

    Who began a conversation stands in its first event. Conversations of the two that were merged are taken apart first:
    neither may keep what the other said.
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
        part_strangers(theirs, now=now)
        Interaction.objects.filter(conversation_id__in=theirs).update(customer_id=merged_id)
        return Conversation.objects.filter(pk__in=theirs).update(customer_id=merged_id)


def part_strangers(theirs: Collection[int], *, now: datetime) -> None:
    """Merges of one of `theirs` with one that is not, the newest first, however long ago."""
    standing = ConversationMerge.objects.filter(undone_at=None)
    mixed = standing.filter(Q(merged__in=theirs) ^ Q(survivor__in=theirs)).order_by("-id")
    for merge_id in list(mixed.values_list("pk", flat=True)):
        take_apart(merge_id, actor=None, now=now, whenever=True)
