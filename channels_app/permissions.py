"""Who may see and do what to a conversation: asked by pages, the API and sockets alike."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from channels_app.models import Conversation, ConversationMerge, Message
from cxos.core.errors import NotFound
from cxos.core.models import User


def get_conversation_for(user: Any, conversation_id: int) -> Conversation:
    """The conversation with customer, channel, assignee and team, if this user may see it; else NotFound. One query."""
    found = (
        Conversation.objects.visible_to(user)
        .select_related("customer", "channel", "assignee", "team")
        .defer("channel__secrets")
        .filter(pk=conversation_id)
        .first()
    )
    if found is None:
        raise NotFound(
            "conversation_not_found",
            _("Conversation #%(number)s does not exist, or not for you.") % {"number": conversation_id},
        )
    found.read_for = user.pk
    return found


def get_message_for(user: Any, message_id: int) -> Message:
    """The message with its conversation, if this user may see it; else NotFound. One query."""
    found = Message.objects.visible_to(user).select_related("conversation").filter(pk=message_id).first()
    if found is None:
        raise NotFound(
            "message_not_found", _("Message %(number)s does not exist, or not for you.") % {"number": message_id}
        )
    return found


def can_reply(user: User, conversation: Conversation) -> bool:
    """Whoever sees a conversation may answer it, note, tag, resolve and reopen it."""
    return _sees(user, conversation)


can_change = can_reply


def can_assign(user: User, conversation: Conversation, *, assignee_id: int | None) -> bool:
    """Supervisors assign anybody; an agent takes what is free, and gives away only what they hold."""
    if user.supervises:
        return user.is_active
    free_to_take = conversation.assignee_id is None and assignee_id == user.pk
    return _sees(user, conversation) and (free_to_take or conversation.assignee_id == user.pk)


def can_merge(user: User, conversation: Conversation) -> bool:
    """Making it part of another one, or taking that back: a supervisor, who holds it, and anybody while nobody does."""
    return _sees(user, conversation) and (user.supervises or conversation.assignee_id in {None, user.pk})


def get_merge_for(user: User, conversation_id: int) -> ConversationMerge:
    """The merge that stands of this conversation into another, if the user may see both; else NotFound. Two queries."""
    conversation = get_conversation_for(user, conversation_id)
    found = ConversationMerge.objects.select_related("survivor").filter(merged=conversation, undone_at=None).first()
    if found is None or not Conversation.objects.visible_to(user).filter(pk=found.survivor_id).exists():
        raise NotFound(
            "not_merged", _("Conversation #%(number)s is not merged into another.") % {"number": conversation_id}
        )
    return found


def can_administer_channels(user: User) -> bool:
    return user.is_active and user.administers


def _sees(user: User, conversation: Conversation) -> bool:
    """Costs no query for who supervises or holds it, nor for whom it was just read; one otherwise."""
    if not user.is_active:
        return False
    if user.supervises or user.pk in (conversation.assignee_id, conversation.read_for):
        return True
    return bool(Conversation.objects.visible_to(user).filter(pk=conversation.pk).exists())
