"""Telling open chats to look again. A visitor hears only of what he can see; notes and tags are not among it."""

from __future__ import annotations

from channels_app.models import Conversation
from channels_app.webchat.chats import chat_region, thread_region
from cxos.core import live
from cxos.core.catalogue import Received, hint
from cxos.core.events.channels import (
    ConversationAssigned,
    ConversationChanged,
    ConversationReopened,
    ConversationResolved,
    ConversationsMerged,
    ConversationsParted,
    ConversationStarted,
    MessageReceived,
    MessageSent,
    SurveyAnswered,
)  # fmt: skip
from cxos.core.events.people import PersonChanged

MOST_OPEN = 50


@hint(MessageReceived, MessageSent, ConversationAssigned, ConversationResolved, ConversationReopened, SurveyAnswered)
def tell_chat(received: Received) -> None:
    live.notify([chat_region(received.event.conversation_id)], version=received.id)


@hint(ConversationsMerged, ConversationsParted)
def tell_both_chats(received: Received) -> None:
    ids = (received.event.merged_id, received.event.survivor_id)
    live.notify([chat_region(pk) for pk in ids], version=received.id)


@hint(ConversationChanged)
def tell_status(received: Received) -> None:
    if "status" in received.event.changed:
        tell_chat(received)


@hint(PersonChanged)
def tell_name(received: Received) -> None:
    """Whose chats are open has another name there. One query."""
    held = Conversation.objects.filter(assignee=received.event.user_id).open().order_by("-last_message_at")
    ids = held.values_list("pk", flat=True)[:MOST_OPEN]
    live.notify((chat_region(id) for id in ids), version=received.id)


@hint(ConversationStarted)
def tell_thread(received: Received) -> None:
    """A new conversation has an id no open page can know yet: its thread's region tells."""
    live.notify([thread_region(received.event.channel_id, received.event.thread_key)], version=received.id)
