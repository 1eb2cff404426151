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
    ConversationStarted,
    MessageDelivered,
    MessageFailed,
    MessageReceived,
    MessageSent,
    NoteAdded,
    SurveyAnswered,
    WhisperSeen,
    WhisperSent,
)
from cxos.core.events.crm import CustomerChanged, CustomersMerged, CustomersUnmerged, MergeSuggested
from cxos.core.events.people import PersonChanged
from cxos.core.live import notify

MOST_OPEN = 50


@hint(MessageDelivered, SurveyAnswered)
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
    lists = [f"inbox.{holder}", "others"] if holder else ["inbox"]
    seen = [f"history.{told.customer_id}"] if received.name == "MessageReceived" else []
    notify([f"conversation.{told.conversation_id}", *lists, *seen], version=received.id)


@hint(ConversationStarted)
def history_grew(received: Received) -> None:
    notify([f"history.{received.event.customer_id}"], version=received.id)


@hint(ConversationAssigned)
def holder_changed(received: Received) -> None:
    told = received.event
    holders = [f"inbox.{user}" if user else "inbox" for user in (told.agent_id, told.previous_agent_id)]
    notify([f"conversation.{told.conversation_id}", *holders, "others"], version=received.id)


@hint(ConversationsMerged, ConversationsParted)
def joined_or_parted(received: Received) -> None:
    """Both pages: the one that is gone leads to the other. Called again when their cases and promises have moved. One
    query."""
    ids = [received.event.merged_id, received.event.survivor_id]
    holders = Conversation.objects.filter(pk__in=ids, assignee__isnull=False).values_list("assignee_id", flat=True)
    regions = [*(f"conversation.{pk}" for pk in ids), "inbox", *(f"inbox.{user}" for user in sorted(set(holders)))]
    regions.append(f"history.{received.event.customer_id}")
    notify(regions, version=received.id)


@hint(MergeSuggested)
def likeness_found(received: Received) -> None:
    """Beside an open conversation of either customer it is said that there may be another record. One query."""
    two = [received.event.first_id, received.event.second_id]
    notify([*(f"customer.{pk}" for pk in two), *open_conversations(two)], version=received.id)


@hint(CustomerChanged)
def customer_changed(received: Received) -> None:
    """Their name and marks stand at whatever they have open, in lists and on the floor. One query."""
    customer_id = received.event.customer_id
    regions = [f"customer.{customer_id}", "inbox", "board", "cases", *open_conversations([customer_id])]
    notify(regions, version=received.id)


@hint(CustomersMerged, CustomersUnmerged)
def customers_moved(received: Received) -> None:
    notify([f"customer.{pk}" for pk in two_of(received)], version=received.id)


def tell_moved(received: Received) -> None:
    """What the two have open is whose it is now: called when it has been moved."""
    two = two_of(received)
    regions = [f"customer.{pk}" for pk in two]
    notify([*regions, "inbox", "board", "cases", *open_conversations(two)], version=received.id)


def two_of(received: Received) -> list[int]:
    return [received.event.survivor_id, received.event.merged_id]


@hint(PersonChanged)
def person_changed(received: Received) -> None:
    """Their name stands at what they hold, in lists and on the floor. One query."""
    user_id = received.event.user_id
    held = Conversation.objects.filter(assignee=user_id).open().order_by("-last_message_at")
    regions = [f"conversation.{pk}" for pk in held.values_list("pk", flat=True)[:MOST_OPEN]]
    notify([f"presence.{user_id}", "inbox", "board", "cases", *regions], version=received.id)


def open_conversations(customer_ids: list[int]) -> list[str]:
    """The regions of their newest open ones."""
    found = Conversation.objects.filter(customer__in=customer_ids).open().order_by("-last_message_at")
    return [f"conversation.{pk}" for pk in found.values_list("pk", flat=True)[:MOST_OPEN]]


@hint(WhisperSent, WhisperSeen)
def whispered(received: Received) -> None:
    told = received.event
    notify([f"whispers.{user}" for user in (told.author_id, told.recipient_id) if user], version=received.id)
