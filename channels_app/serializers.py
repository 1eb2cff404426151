from __future__ import annotations

from typing import Any

from rest_framework import serializers

from channels_app.file_links import linked
from channels_app.models import Channel, Conversation, Message, Priority
from crm.serializers import CustomerName
from cxos.core.api.output import KeyedOutput, NameOutput, Output


class ChannelOutput(Output):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Channel.Kind.choices)
    medium = serializers.ChoiceField(choices=Channel.Medium.choices)
    enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ConversationOutput(Output):
    id = serializers.IntegerField()
    customer = CustomerName()
    channel = KeyedOutput()
    subject = serializers.CharField()
    status = serializers.ChoiceField(choices=Conversation.Status.choices)
    priority = serializers.ChoiceField(choices=Priority.choices, help_text="0 low, 1 normal, 2 high, 3 urgent.")
    tags = serializers.ListField(child=serializers.CharField())
    assignee = NameOutput(allow_null=True)
    team = NameOutput(allow_null=True)
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    last_message_at = serializers.DateTimeField()
    last_message_text = serializers.CharField()
    last_message_author = serializers.CharField()
    waiting_since = serializers.DateTimeField(
        allow_null=True, help_text="The oldest customer message nobody has answered."
    )
    metadata = serializers.JSONField()
    merged_into = serializers.IntegerField(
        source="merged_into_id", allow_null=True, help_text="The conversation this one has become part of."
    )


class Attachments(serializers.JSONField):
    """Each with an address; that of a file of ours is good for five minutes."""

    def to_representation(self, value: Any) -> Any:
        return linked(value, absolute=True)


class MessageOutput(Output):
    id = serializers.IntegerField()
    conversation = serializers.IntegerField(source="conversation_id")
    kind = serializers.ChoiceField(choices=Message.Kind.choices)
    author_kind = serializers.ChoiceField(choices=Message.Author.choices)
    author = NameOutput(allow_null=True)
    text = serializers.CharField()
    html = serializers.CharField()
    attachments = Attachments(
        help_text="url, name, mime, size; the address of an uploaded file is good for five minutes; read the message again for a fresh one."
    )
    state = serializers.ChoiceField(choices=Message.State.choices)
    problem = serializers.CharField(help_text="Why it could not be delivered.")
    client_id = serializers.CharField()
    external_id = serializers.CharField(
        source="interaction.external_id", default=None, allow_null=True, help_text="Of the interaction it came in by."
    )
    created_at = serializers.DateTimeField()
