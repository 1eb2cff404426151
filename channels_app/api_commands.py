"""What one can do in a conversation over the API: each command is one input shape and one service call."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.urls import path
from django.utils import timezone
from rest_framework import serializers

from channels_app.intake import MAX_ATTACHMENTS, MAX_HTML, MAX_NAME, MAX_TEXT, MAX_URL, is_web_address
from channels_app.models import Conversation, Message, Priority
from channels_app.permissions import get_conversation_for, get_message_for
from channels_app.serializers import ConversationOutput, MessageOutput
from channels_app.services import conversations, replies
from channels_app.services.templates import MAX_VALUE, fill_template
from cxos.core.api.fields import Choice, Id, Input, Tag, Text, Time, Whole
from cxos.core.api.views import Command


class ReplyAttachment(Input):
    url = Text(max_length=MAX_URL, help_text="http or https. It is not fetched.")
    name = Text(max_length=MAX_NAME, required=False, allow_blank=True)
    mime = Text(max_length=MAX_NAME, required=False, allow_blank=True)
    size = Whole(min_value=0, max_value=2**53, required=False, help_text="Bytes.")

    def validate_url(self, url: str) -> str:
        if not is_web_address(url):
            raise serializers.ValidationError("Must be an http or https address.")
        return url


class ReplyInput(Input):
    text = Text(max_length=MAX_TEXT, required=False, allow_blank=True)
    html = Text(max_length=MAX_HTML, required=False, allow_blank=True, help_text="Cleaned before it is sent.")
    attachments = ReplyAttachment(many=True, required=False, max_length=MAX_ATTACHMENTS)
    client_id = Text(
        max_length=80, required=False, allow_blank=True, help_text="Your id of the message: sent again, it is the same."
    )
    template = Id(required=False, help_text="Send this approved template instead of text and html.")
    values = serializers.ListField(
        child=Text(max_length=MAX_VALUE), required=False, max_length=20, help_text="For its {{1}}, {{2}} …, in order."
    )


class NoteInput(Input):
    text = Text(max_length=MAX_TEXT)
    mentioned = serializers.ListField(child=Id(), required=False, max_length=50, help_text="Ids of those to tell.")
    client_id = Text(
        max_length=80, required=False, allow_blank=True, help_text="Your id of the note: sent again, it is the same."
    )


class StatusInput(Input):
    status = Choice(choices=Conversation.Status.choices)
    snoozed_until = Time(required=False, help_text="With `snoozed`.")


class PriorityInput(Input):
    priority = Choice(choices=Priority.choices)


class TagsInput(Input):
    add = serializers.ListField(child=Tag(), required=False, max_length=50)
    remove = serializers.ListField(child=Tag(), required=False, max_length=50)


class SubjectInput(Input):
    subject = Text(max_length=200, allow_blank=True)


class ReadInput(Input):
    message = Id(required=False, help_text="Up to this message; without it, all there is.")


class ConversationCommand(Command):
    """About one conversation that the user may see."""

    output = ConversationOutput

    def conversation(self, id: int) -> Conversation:
        return get_conversation_for(self.request.user, id)

    def who_and_when(self) -> dict[str, Any]:
        return {"actor": self.request.user, "now": timezone.now()}


class ConversationChange(ConversationCommand):
    """Answers with how the conversation is afterwards."""

    @abstractmethod
    def do(self, id: int, given: dict[str, Any]) -> Any:
        """The one service call."""

    def run(self, *, given: dict[str, Any], **path: Any) -> Any:
        self.conversation(path["id"])
        self.do(path["id"], given)
        return self.conversation(path["id"])


class Reply(ConversationCommand):
    """Answer the customer, on the conversation's channel. Text, html, an attachment or a template must be there. 409 when
    the channel takes free text no longer: send a template."""

    input, output, success_status = ReplyInput, MessageOutput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> Message:
        found = self.conversation(path["id"])
        template = fill_template(found, given["template"], given.get("values", ())) if "template" in given else None
        return replies.send_reply(
            path["id"],
            text=template.text if template else given.get("text", ""),
            html="" if template else given.get("html", ""),
            template=template.kept if template else None,
            attachments=[dict(one) for one in given.get("attachments", ())],
            client_id=given.get("client_id", ""),
            author=self.request.user,
            **self.who_and_when(),
        )


class Note(ConversationCommand):
    """Leave a note that only staff see."""

    input, output, success_status = NoteInput, MessageOutput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> Message:
        self.conversation(path["id"])
        return replies.add_note(
            path["id"],
            text=given["text"],
            mentioned_ids=given.get("mentioned", ()),
            client_id=given.get("client_id", ""),
            author=self.request.user,
            **self.who_and_when(),
        )


class Resolve(ConversationChange):
    """Resolve a conversation. 409 when it is resolved already."""

    def do(self, id: int, given: dict[str, Any]) -> None:
        conversations.resolve(id, **self.who_and_when())


class Reopen(ConversationChange):
    """Reopen a resolved conversation. 409 when it is open, or its thread has gone on in a newer one."""

    def do(self, id: int, given: dict[str, Any]) -> None:
        conversations.reopen(id, **self.who_and_when())


class SetStatus(ConversationChange):
    """Set the status: open, pending (waiting for the customer), snoozed until a time, resolved."""

    input = StatusInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        conversations.set_status(
            id, status=given["status"], snoozed_until=given.get("snoozed_until"), **self.who_and_when()
        )


class SetPriority(ConversationChange):
    """Set the priority. Its place in the queue follows."""

    input = PriorityInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        conversations.set_priority(id, priority=given["priority"], **self.who_and_when())


class ChangeTags(ConversationChange):
    """Add and remove tags. Tags are kept in lower case; known and absent ones are skipped."""

    input = TagsInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        conversations.remove_tags(id, tags=given.get("remove", ()), **self.who_and_when())
        conversations.add_tags(id, tags=given.get("add", ()), **self.who_and_when())


class SetSubject(ConversationChange):
    """Set the subject."""

    input = SubjectInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        conversations.set_subject(id, subject=given["subject"], **self.who_and_when())


class MarkRead(ConversationChange):
    """Mark a conversation read, for oneself. The mark never moves back."""

    input = ReadInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        conversations.mark_read(
            id, user_id=self.request.user.pk, message_id=given.get("message"), **self.who_and_when()
        )


class RetryMessage(Command):
    """Send a failed message once more. 409 when it has not failed."""

    output = MessageOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Message:
        message = get_message_for(self.request.user, path["id"])
        return replies.retry_message(message.pk, actor=self.request.user, now=timezone.now())


urlpatterns = [
    path("conversations/<int:id>/reply", Reply.as_view(), name="conversation-reply"),
    path("conversations/<int:id>/note", Note.as_view(), name="conversation-note"),
    path("conversations/<int:id>/resolve", Resolve.as_view(), name="conversation-resolve"),
    path("conversations/<int:id>/reopen", Reopen.as_view(), name="conversation-reopen"),
    path("conversations/<int:id>/status", SetStatus.as_view(), name="conversation-status"),
    path("conversations/<int:id>/priority", SetPriority.as_view(), name="conversation-priority"),
    path("conversations/<int:id>/tags", ChangeTags.as_view(), name="conversation-tags"),
    path("conversations/<int:id>/subject", SetSubject.as_view(), name="conversation-subject"),
    path("conversations/<int:id>/read", MarkRead.as_view(), name="conversation-read"),
    path("messages/<int:id>/retry", RetryMessage.as_view(), name="message-retry"),
]
