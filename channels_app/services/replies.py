"""What we say: replies to the customer and notes among ourselves. Stored first, delivered after commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels_app.channel_rules import rules_of, window_ends
from channels_app.models import Conversation, Message
from channels_app.sanitising import clean_html, text_of
from channels_app.services.allowed import check_allowed
from channels_app.services.attachments import hand_over
from channels_app.services.lines import lock_conversation
from channels_app.services.mentions import find_called, store_mentions
from channels_app.services.threads import show_newest
from cxos.core.actor import actor_name
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.channels import MessageSent, NoteAdded
from cxos.core.models import User
from cxos.core.outbox import emit

MAX_TEXT = 100_000
MAX_HTML = 500_000
MAX_ATTACHMENTS = 15
HUMAN = Message.Author.AGENT


def send_reply(
    conversation_id: int,
    *,
    text: str,
    html: str = "",
    author: User | None,
    author_kind: str = Message.Author.AGENT,
    client_id: str = "",
    attachments: Sequence[dict[str, Any]] = (),
    template: Mapping[str, Any] | None = None,
    actor: Any,
    now: datetime,
) -> Message:
    """Store a message to the customer; a delivery handler hands it to the channel after commit.

    The same `client_id` again returns the first message and sends nothing. Raises NotFound; Invalid for an empty or
    too long text; Conflict when the channel is off, a person answers a resolved conversation, or the channel's window
    has closed for free text. `template`: that the text is an approved one (services.templates.Filled.kept).
    Only a person's answer ends the customer's waiting, unless the channel's config says `bot_answers_count`.
    """
    text = checked(text, html=html, attachments=attachments)
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        earlier = _sent_before(conversation, client_id)
        if earlier is not None:
            return earlier
        may_send(conversation, author_kind)
        check_allowed(conversation)
        check_reply(conversation, text or html, attachments=attachments, is_template=template is not None, now=now)
        message = Message.objects.create(
            conversation=conversation,
            kind=Message.Kind.MESSAGE,
            author_kind=author_kind,
            author=author,
            text=text or text_of(html),
            html=clean_html(html),
            attachments=list(attachments),
            state=Message.State.PENDING,
            client_id=client_id,
            metadata={"template": dict(template)} if template else {},
            created_at=now,
            due_at=now,
        )
        hand_over(message)
        waiting_ms, first = _answer(conversation, message)
        emit(
            MessageSent(
                conversation_id=conversation.id,
                message_id=message.id,
                channel_id=conversation.channel_id,
                author_kind=author_kind,
                agent_id=author.pk if author else None,
                at=now.isoformat(),
                waiting_ms=waiting_ms,
                first_response=first,
            ),
            key=f"conversation:{conversation.id}",
            actor=actor,
        )
    return message


def add_note(
    conversation_id: int,
    *,
    text: str,
    author: User | None,
    mentioned_ids: Sequence[int] = (),
    attachments: Sequence[dict[str, Any]] = (),
    client_id: str = "",
    actor: Any,
    now: datetime,
) -> Message:
    """Store a note that only staff see. Whom it calls (`@Ana`, `@Care`, or `mentioned_ids`) is told.
    The same `client_id` again returns the first one. Raises NotFound, Invalid.
    """
    text = checked(text, attachments=attachments)
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        earlier = _sent_before(conversation, client_id)
        if earlier is not None:
            return earlier
        called, calls = find_called(text, ids=mentioned_ids, author=author)
        mentioned = tuple(one.user_id for one in called)
        message = Message.objects.create(
            conversation=conversation,
            kind=Message.Kind.NOTE,
            author_kind=Message.Author.AGENT if author else Message.Author.SYSTEM,
            author=author,
            text=text,
            attachments=list(attachments),
            state=Message.State.SENT,
            client_id=client_id,
            created_at=now,
            metadata={"mentioned_ids": list(mentioned), "calls": calls} if mentioned else {},
        )
        hand_over(message)
        store_mentions(message, called, now=now)
        emit(
            NoteAdded(
                conversation_id=conversation.id,
                message_id=message.id,
                agent_id=author.pk if author else None,
                mentioned_ids=mentioned,
            ),
            key=f"conversation:{conversation.id}",
            actor=actor,
        )
    return message


def retry_message(message_id: int, *, actor: Any, now: datetime) -> Message:
    """Send a failed message once more, with all its attempts. Raises NotFound, Conflict when it has not failed."""
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id).first()
        if message is None:
            raise NotFound("message_not_found", _("Message %(number)s does not exist.") % {"number": message_id})
        if message.state != Message.State.FAILED:
            raise Conflict(
                "message_not_failed",
                _("Message %(number)s has not failed; it is %(state)s.")
                % {"number": message_id, "state": message.state},
            )
        message.state, message.problem, message.attempts, message.due_at = Message.State.PENDING, "", 0, now
        message.metadata = {**message.metadata, "retried_by": actor_name(actor)}
        message.save(update_fields=["state", "problem", "attempts", "due_at", "metadata"])
        conversation = Conversation.objects.only("channel_id").get(pk=message.conversation_id)
        # The delivery handler hears it like a new one; no waiting time, as that was counted the first time.
        emit(
            MessageSent(
                conversation_id=message.conversation_id,
                message_id=message.id,
                channel_id=conversation.channel_id,
                author_kind=message.author_kind,
                agent_id=message.author_id,
                at=now.isoformat(),
            ),
            key=f"conversation:{message.conversation_id}",
            actor=actor,
        )
    return message


def checked(text: str, *, html: str = "", attachments: Sequence[dict[str, Any]] = ()) -> str:
    """The text as it can be stored; raises Invalid."""
    text = text.replace("\0", "").strip("\n\r\t ")
    if not (text or html.strip() or attachments):
        raise Invalid("empty", _("Write something first; an empty message is not sent."), field="text")
    for name, value, longest in (("text", text, MAX_TEXT), ("html", html, MAX_HTML)):
        if len(value) > longest:
            raise Invalid(
                "too_long",
                _("This has %(count)s characters; %(most)s go at most.")
                % {"count": f"{len(value):,}", "most": f"{longest:,}"},
                field=name,
            )
    if len(attachments) > MAX_ATTACHMENTS:
        raise Invalid(
            "too_many",
            _("At most %(most)s attachments go with a message.") % {"most": MAX_ATTACHMENTS},
            field="attachments",
        )
    return text


def check_reply(
    conversation: Conversation,
    text: str,
    *,
    attachments: Sequence[dict[str, Any]] = (),
    is_template: bool = False,
    now: datetime,
) -> str:
    """The text as it can be stored, if the channel takes it. Raises Invalid, Conflict. No query for a channel without a
    window."""
    channel = conversation.channel
    rules = rules_of(channel.kind, channel.config)
    text = checked(text, attachments=attachments)
    if len(text) > rules.max_length:
        counts = {"name": channel.name, "most": f"{rules.max_length:,}", "count": f"{len(text):,}"}
        raise Invalid("too_long", _("%(name)s takes %(most)s characters; this has %(count)s.") % counts, field="text")
    if len(attachments) > rules.max_files:
        raise Invalid(
            "too_many",
            _("%(name)s takes %(most)s files a message.") % {"name": channel.name, "most": rules.max_files},
            field="attachments",
        )
    ends = None
    if rules.window and not is_template:
        ends = window_ends(rules, last_heard_at=last_heard_at(conversation.pk))
    if ends is not None and ends <= now:
        raise Conflict(
            "window_closed",
            _(
                "%(name)s takes free text only for %(hours)s after the customer has written. Send an approved template,"
                " or wait until they write again."
            )
            % {"name": channel.name, "hours": rules.window_words},
        )
    return text


def last_heard_at(conversation_id: int) -> datetime | None:
    """When the customer wrote last. One query."""
    said = Message.objects.filter(conversation_id=conversation_id, author_kind=Message.Author.CUSTOMER)
    return said.order_by("-id").values_list("created_at", flat=True).first()


def _sent_before(conversation: Conversation, client_id: str) -> Message | None:
    if not client_id:
        return None
    return Message.objects.filter(conversation=conversation, client_id=client_id).first()


def may_send(conversation: Conversation, author_kind: str) -> None:
    if not conversation.channel.enabled:
        raise Conflict("channel_off", _("The channel %(name)s is switched off.") % {"name": conversation.channel.name})
    if conversation.status == Conversation.Status.RESOLVED and author_kind == HUMAN:
        raise Conflict(
            "resolved", _("Conversation #%(number)s is resolved. Reopen it, then answer.") % {"number": conversation.id}
        )


def _answer(conversation: Conversation, message: Message) -> tuple[int | None, bool]:
    """Keep the conversation's columns. Returns the milliseconds waited, and whether it is the first human answer."""
    human = message.author_kind == HUMAN
    counts = human or bool(conversation.channel.config.get("bot_answers_count"))
    waited, first = None, False
    if conversation.waiting_since is not None:
        waited = max(0, round((message.created_at - conversation.waiting_since).total_seconds() * 1000))
    if human:
        before = Message.objects.filter(conversation=conversation, author_kind=HUMAN, kind=Message.Kind.MESSAGE)
        first = not before.filter(id__lt=message.id).exists()
    show_newest(conversation, message)
    if counts:
        conversation.waiting_since = None
    conversation.save(update_fields=["last_message_at", "last_message_text", "last_message_author", "waiting_since"])
    return waited, first
