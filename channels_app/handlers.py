"""Edges: what channels do when something has happened."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from channels_app.hints import tell_moved
from channels_app.models import Conversation, Interaction, Message
from channels_app.services import delivery, merges, webhooks
from channels_app.services.allowed import stop_forbidden
from cxos.core.catalogue import Received, on, stream
from cxos.core.events.channels import ConversationStarted, MessageReceived, MessageSent, NoteAdded
from cxos.core.events.crm import CustomerChanged, CustomersMerged, CustomersUnmerged
from cxos.core.search.dictionary import learn


@on(MessageSent, lane="live", atomic=False)
def deliver_message(received: Received) -> None:
    delivery.deliver(received.event.message_id, now=timezone.now())


@on(CustomersMerged, lane="work")
def follow_merge(received: Received) -> None:
    """What the merged customer said belongs to the survivor."""
    merged, survivor = received.event.merged_id, received.event.survivor_id
    Conversation.objects.filter(customer_id=merged).update(customer_id=survivor)
    Interaction.objects.filter(customer_id=merged).update(customer_id=survivor)
    transaction.on_commit(lambda: tell_moved(received))


@on(CustomersUnmerged, lane="work")
def follow_unmerge(received: Received) -> None:
    survivor = received.event.survivor_id
    merges.give_back(received.event.merged_id, survivor_id=survivor, now=timezone.now())
    transaction.on_commit(lambda: tell_moved(received))


@on(CustomerChanged)
def obey_withdrawal(received: Received) -> None:
    if "consent" in received.event.changed:
        stop_forbidden(received.event.customer_id)


@stream("webhooks")
def owe_webhooks(events: list[Received]) -> None:
    webhooks.owe(events)


@stream("words of messages", ConversationStarted, MessageReceived, MessageSent, NoteAdded)
def learn_words(events: list[Received]) -> None:
    messages = {one.event.message_id for one in events if one.name != "ConversationStarted"}
    started = {one.event.conversation_id for one in events if one.name == "ConversationStarted"}
    texts = Message.objects.filter(pk__in=messages).values_list("text", flat=True)
    learn([*texts, *Conversation.objects.filter(pk__in=started).values_list("subject", flat=True)])
