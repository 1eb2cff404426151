"""Which open pages of staff should look again: the conversation's, and the inbox of whoever holds it."""

from __future__ import annotations

from channels_app.models import Conversation
from channels_app.webchat import hints as webchat_hints  # noqa: F401  (registers what open chats hear)
from cxos.core.catalogue import Received, hint
from cxos.core.events.channels import (
    ConversationAssigned,
    ConversationChanged,
    ConversationReopened,
    ConversationResolved,
    ConversationsMerged,
    ConversationsParted,
    MessageDelivered,
    MessageFailed,
    MessageReceived,
    MessageSent,
    NoteAdded,
    WhisperSeen,
    WhisperSent,
)
from cxos.core.events.crm import CustomerChanged, MergeSuggested
from cxos.core.live import notify

OPEN_OF_TWO = 50


@hint(MessageDelivered)
def states_changed(received: Received) -> None:
    notify([f"conversation.{received.event.conversation_id}"], version=received.id)


@hint(
    MessageReceived, MessageSent, MessageFailed, NoteAdded, ConversationChanged,
    ConversationResolved, ConversationReopened,
)  # fmt: skip
def conversation_changed(received: Received) -> None:
    """One query, but for a new conversation, which nobody holds."""
    told = received.event
    holder = None
    if not getattr(told, "first", False):
        holder = Conversation.objects.filter(pk=told.conversation_id).values_list("assignee_id", flat=True).first()
    notify([f"conversation.{told.conversation_id}", f"inbox.{holder}" if holder else "inbox"], version=received.id)


@hint(ConversationAssigned)
def holder_changed(received: Received) -> None:
    told = received.event
    holders = [f"inbox.{user}" if user else "inbox" for user in (told.agent_id, told.previous_agent_id)]
    notify([f"conversation.{told.conversation_id}", *holders], version=received.id)


@hint(ConversationsMerged, ConversationsParted)
def joined_or_parted(received: Received) -> None:
    """Both pages: the one that is gone leads to the other. One query."""
    ids = [received.event.merged_id, received.event.survivor_id]
    holders = Conversation.objects.filter(pk__in=ids, assignee__isnull=False).values_list("assignee_id", flat=True)
    regions = [*(f"conversation.{pk}" for pk in ids), "inbox", *(f"inbox.{user}" for user in sorted(set(holders)))]
    notify(regions, version=received.id)


@hint(CustomerChanged)
def record_changed(received: Received) -> None:
    """Beside the customer's open conversations stands what is known of them. One query."""
    theirs = Conversation.objects.filter(customer=received.event.customer_id).open().order_by("-last_message_at")
    notify((f"context.{pk}" for pk in theirs.values_list("pk", flat=True)[:OPEN_OF_TWO]), version=received.id)


@hint(MergeSuggested)
def likeness_found(received: Received) -> None:
    """Beside an open conversation of either customer it is said that there may be another record. One query."""
    either = Conversation.objects.filter(customer__in=[received.event.first_id, received.event.second_id]).open()
    ids = either.order_by("-last_message_at").values_list("pk", flat=True)[:OPEN_OF_TWO]
    notify((f"conversation.{pk}" for pk in ids), version=received.id)


@hint(WhisperSent, WhisperSeen)
def whispered(received: Received) -> None:
    told = received.event
    notify([f"whispers.{user}" for user in (told.author_id, told.recipient_id) if user], version=received.id)
