"""Telling open chats to look again. A visitor hears only of what he can see; notes and tags are not among it."""

from __future__ import annotations

from channels_app.webchat.chats import chat_region, thread_region
from cxos.core import live
from cxos.core.catalogue import Received, hint
from cxos.core.events.channels import (
    ConversationAssigned,
    ConversationReopened,
    ConversationResolved,
    ConversationsMerged,
    ConversationsParted,
    ConversationStarted,
    MessageReceived,
    MessageSent,
)  # fmt: skip


@hint(MessageReceived, MessageSent, ConversationAssigned, ConversationResolved, ConversationReopened)
def tell_chat(received: Received) -> None:
    live.notify([chat_region(received.event.conversation_id)], version=received.id)


@hint(ConversationsMerged, ConversationsParted)
def tell_both_chats(received: Received) -> None:
    ids = (received.event.merged_id, received.event.survivor_id)
    live.notify([chat_region(pk) for pk in ids], version=received.id)


@hint(ConversationStarted)
def tell_thread(received: Received) -> None:
    """A new conversation has an id no open page can know yet: its thread's region tells."""
    live.notify([thread_region(received.event.channel_id, received.event.thread_key)], version=received.id)
