"""Conversations and messages over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from channels_app.models import Channel, Conversation, Message, Priority
from channels_app.permissions import get_conversation_for, get_message_for
from channels_app.serializers import ChannelOutput, ConversationOutput, MessageOutput
from cxos.core.api import query
from cxos.core.api.views import ReadViewSet, reads
from cxos.core.errors import NotFound


class Channels(ReadViewSet):
    """Configured ways in and out."""

    summaries = {"list": "List channels.", "retrieve": "One channel."}
    output = ChannelOutput
    filters = {
        "kind": query.choice("kind", Channel.Kind, "Of these kinds."),
        "enabled": query.flag(Q(enabled=True), "In use, or switched off."),
    }

    def get_queryset(self) -> QuerySet[Channel]:
        return Channel.objects.defer("secrets", "config")

    def load(self, id: int) -> Channel:
        channel = self.get_queryset().filter(id=id).first()
        if channel is None:
            raise NotFound("no_such_channel", _("There is no channel %(number)s.") % {"number": id})
        return channel


class Conversations(ReadViewSet):
    """Threads with customers that the user may see."""

    summaries = {"list": "List conversations, newest first.", "retrieve": "One conversation."}
    output = ConversationOutput
    filters = {
        "status": query.choice("status", Conversation.Status, "In these states."),
        "resolved": query.flag(Q(status="resolved"), "Resolved, or all others."),
        "priority": query.choice("priority", Priority, "Of these priorities."),
        "customer": query.reference("customer_id", "With this customer."),
        "channel": query.reference("channel_id", "On this channel."),
        "assignee": query.reference("assignee_id", "Held by this person.", me=True, nobody=True),
        "team": query.reference("team_id", "Of this team.", nobody=True),
        "tag": query.holding("tags", "With this tag."),
        "waiting": query.flag(Q(waiting_since__isnull=False), "A customer message is unanswered, or none is."),
        "created_since": query.since("created_at", "Started at or after."),
        "created_before": query.before("created_at", "Started before."),
        "last_message_since": query.since("last_message_at", "With a message at or after."),
    }
    orderings = {"-id": "-pk", "id": "pk", "-last_message_at": "-last_message_at"}

    def refuse_costly(self, given: Mapping[str, Any]) -> None:
        unresolved = given.get("resolved") is False or "resolved" not in given.get("status", ["resolved"])
        indexed = unresolved or "customer" in given or "assignee" in given
        if given.get("ordering") == "-last_message_at" and not indexed:
            raise ValidationError({"ordering": ["Goes with resolved=false, or with a customer or an assignee."]})

    def get_queryset(self) -> QuerySet[Conversation]:
        rows = Conversation.objects.visible_to(self.request.user)
        return rows.select_related("customer", "channel", "assignee", "team").defer("channel__secrets")

    def load(self, id: int) -> Conversation:
        return get_conversation_for(self.request.user, id)


class Messages(ReadViewSet):
    """What was said and noted in conversations that the user may see."""

    summaries = {"list": "List messages, newest first.", "retrieve": "One message."}
    output = MessageOutput
    filters = {
        "conversation": query.reference("conversation_id", "Of this conversation."),
        "kind": query.choice("kind", Message.Kind, "Of these kinds; with `conversation`."),
        "author_kind": query.choice("author_kind", Message.Author, "By these; with `conversation`."),
        "state": query.choice("state", Message.State, "In these states; with `conversation`."),
    }

    def refuse_costly(self, given: Mapping[str, Any]) -> None:
        for name in ("kind", "author_kind", "state"):
            if name in given and "conversation" not in given:
                raise ValidationError({name: ["Goes with a conversation."]})

    def get_queryset(self) -> QuerySet[Message]:
        rows = Message.objects.visible_to(self.request.user)
        return rows.select_related("author", "interaction").defer("interaction__payload")

    def load(self, id: int) -> Message:
        return get_message_for(self.request.user, id)


urlpatterns = [
    *reads("channels", Channels),
    *reads("conversations", Conversations),
    *reads("messages", Messages),
]
