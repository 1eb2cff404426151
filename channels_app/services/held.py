"""Replies that are written and not yet said: the seconds in which one can be taken back, and what is sent later.

The wait is a row with a due time; `release_due` says what is due. What happens first wins: taking back, a customer's
message, and saying it all hold the conversation's row, then the reply's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels_app.models import Attachment, Conversation, Draft, HeldReply, Message
from channels_app.services import conversations
from channels_app.services.allowed import check_allowed
from channels_app.services.drafts import end_draft, put_back
from channels_app.services.lines import add_line, lock_conversation
from channels_app.services.replies import check_reply, may_send, send_reply
from channels_app.services.templates import fill_template
from cxos.core import live
from cxos.core.errors import Conflict, DomainError, Invalid, NotFound
from cxos.core.models import User

Kind, State = HeldReply.Kind, HeldReply.State
SOONEST = timedelta(minutes=1)
LATEST = timedelta(days=366)


class AnsweredMeanwhile(Conflict):
    """Somebody else has answered since this reply was begun. `answer` is the newest of theirs."""

    def __init__(self, answer: Message | HeldReply) -> None:
        self.answer = answer
        self.by = answer.author.name if answer.author else ""
        super().__init__("answered_meanwhile", f"{self.by or 'Automation'} has answered since you began to write.")


def hold_reply(
    conversation_id: int,
    *,
    text: str,
    attachments: Sequence[Attachment] = (),
    template_id: int | None = None,
    values: Sequence[str] = (),
    author: User,
    send_at: datetime | None = None,
    then_resolve: bool = False,
    client_id: str = "",
    seen_id: int | None = None,
    now: datetime,
) -> HeldReply:
    """Keep a reply until it is due: in UNDO_SEND_SECONDS, or at `send_at`. It ends the author's draft.

    `seen_id`: the newest line the author knew; None = whatever was answered since, send it. The same `client_id` again
    is the same reply. `template_id`: send this approved text with its `values` instead; the draft stays. Raises Invalid,
    NotFound, Conflict (see send_reply, fill_template), AnsweredMeanwhile.
    """
    descriptors = [one.descriptor for one in attachments]
    if send_at is not None and not now + SOONEST <= send_at <= now + LATEST:
        raise Invalid("send_at", _("Choose a time between a minute and a year from now."), field="send_at")
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        earlier = (
            HeldReply.objects.filter(conversation=conversation, client_id=client_id).first() if client_id else None
        )
        if earlier is not None:
            return earlier
        filled = fill_template(conversation, template_id, values) if template_id else None
        text = check_reply(
            conversation, filled.text if filled else text, attachments=descriptors, is_template=filled is not None,
            now=send_at or now,
        )  # fmt: skip
        may_send(conversation, Message.Author.AGENT)
        check_allowed(conversation)
        if seen_id is not None:
            _refuse_if_answered(conversation, seen_id, author)
        _hurry_earlier(conversation, author, now)
        held = HeldReply.objects.create(
            conversation=conversation, author=author, kind=Kind.LATER if send_at else Kind.UNDO, text=text,
            attachments=descriptors, template=filled.kept if filled else None, send_at=send_at or now + timedelta(seconds=settings.UNDO_SEND_SECONDS),
            then_resolve=then_resolve, heard_id=_heard_id(conversation_id), client_id=client_id, created_at=now,
        )  # fmt: skip
        Attachment.objects.filter(pk__in=[one.pk for one in attachments]).update(held=held)
        if filled is None:
            end_draft(conversation_id, user=author, mode=Draft.Mode.REPLY)
        tell_held(conversation_id)
    return held


def take_back(held_id: int, *, user: User, now: datetime) -> HeldReply:
    """It is not sent; its words and files are the author's draft again. Raises NotFound, Conflict when it has been sent."""
    with transaction.atomic():
        held = _locked(held_id)
        if held.state not in {State.WAITING, State.FAILED}:
            raise Conflict("sent_already", _("This reply is on its way already."))
        _end(held, State.CANCELED)
        Attachment.objects.filter(held=held).update(held=None, uploader_id=user.pk)
        put_back(held.conversation_id, user_id=user.pk, text="" if held.template else held.text, now=now)
        tell_held(held.conversation_id)
    return held


def discard(held_id: int) -> HeldReply:
    """It is neither sent nor kept. Raises NotFound, Conflict when it has been sent."""
    with transaction.atomic():
        held = _locked(held_id)
        if held.state not in {State.WAITING, State.FAILED}:
            raise Conflict("sent_already", _("This reply is on its way already."))
        _end(held, State.CANCELED)
        Attachment.objects.filter(held=held).update(held=None, conversation=None)
        tell_held(held.conversation_id)
    return held


def send_now(held_id: int, *, now: datetime) -> HeldReply:
    """Do not wait any longer; also tries again what could not be sent. Raises NotFound, Conflict."""
    with transaction.atomic():
        held = _locked(held_id)
        if held.state not in {State.WAITING, State.FAILED}:
            raise Conflict("sent_already", _("This reply is on its way already."))
        HeldReply.objects.filter(pk=held.pk).update(state=State.WAITING, send_at=now, problem="", kind=Kind.UNDO)
    release(held_id, now=now)
    return HeldReply.objects.get(pk=held_id)


def release_due(*, now: datetime, limit: int = 100) -> int:
    """Say what is due, oldest first; returns how many were looked at. Two callers at once do no harm."""
    due = HeldReply.objects.filter(state=State.WAITING, send_at__lte=now).order_by("send_at", "id")
    ids = list(due.values_list("id", flat=True)[:limit])
    for held_id in ids:
        release(held_id, now=now)
    return len(ids)


def release(held_id: int, *, now: datetime) -> None:
    """Say one reply if it is due and still waits. What cannot be said any more keeps its reason and stays in sight."""
    with transaction.atomic():
        held = _locked(held_id)
        if held.state != State.WAITING or held.send_at > now:
            return
        if held.kind == Kind.LATER and _heard_id(held.conversation_id) > held.heard_id:
            _cancel_for_customer(held, now=now)
            return
        try:
            with transaction.atomic():
                _say(held, now=now)
        except DomainError as refusal:
            _end(held, State.FAILED, problem=refusal.message)
        tell_held(held.conversation_id)


def cancel_overtaken(*, now: datetime, limit: int = 100) -> int:
    """Where the customer has written since, what was to be sent later is not sent and goes back to its author. Returns
    how many. Saying it asks the same again, so that nothing depends on when this runs; it costs a message nothing."""
    newer = Message.objects.filter(
        conversation=OuterRef("conversation"), author_kind=Message.Author.CUSTOMER, id__gt=OuterRef("heard_id")
    )
    waiting = HeldReply.objects.filter(Exists(newer), state=State.WAITING, kind=Kind.LATER)
    ids = list(waiting.order_by("id").values_list("id", flat=True)[:limit])
    for held_id in ids:
        with transaction.atomic():
            held = _locked(held_id)
            if held.state == State.WAITING:
                _cancel_for_customer(held, now=now)
    return len(ids)


def tell_held(conversation_id: int) -> None:
    """Open pages look again at what waits to be sent."""
    transaction.on_commit(lambda: live.signal(f"conversation.{conversation_id}", {"kind": "held"}))


def _say(held: HeldReply, *, now: datetime) -> None:
    message = send_reply(
        held.conversation_id,
        text=held.text,
        attachments=held.attachments,
        template=held.template,
        author=held.author,
        client_id=f"held:{held.pk}",
        actor=held.author,
        now=now,
    )
    HeldReply.objects.filter(pk=held.pk).update(state=State.SENT, message=message)
    if held.then_resolve and message.conversation.status != Conversation.Status.RESOLVED:
        conversations.resolve(held.conversation_id, actor=held.author, now=now)


def _cancel_for_customer(held: HeldReply, *, now: datetime) -> None:
    """A line in the thread says so, and the words are its author's draft again."""
    _end(held, State.CANCELED)
    Attachment.objects.filter(held=held).update(held=None)
    if held.author_id is not None:
        put_back(held.conversation_id, user_id=held.author_id, text="" if held.template else held.text, now=now)
    name = held.author.name if held.author else "Somebody"
    add_line(
        held.conversation, what="scheduled_canceled", actor=None, now=now, held_id=held.pk,
        text=f"{name}’s reply for {date_format(held.send_at, 'j M, H:i e')} was not sent: the customer wrote before. "
        "It is a draft again.",
    )  # fmt: skip
    conversations.tell_changed(held.conversation, "scheduled", actor=None)
    tell_held(held.conversation_id)


def _locked(held_id: int) -> HeldReply:
    """The reply with its conversation, both locked, the conversation first. Raises NotFound."""
    conversation_id = HeldReply.objects.filter(pk=held_id).values_list("conversation_id", flat=True).first()
    if conversation_id is None:
        raise NotFound("no_such_reply", _("There is no reply %(number)s waiting.") % {"number": held_id})
    lock_conversation(conversation_id)
    rows = HeldReply.objects.select_for_update(no_key=True, of=("self",)).select_related("author", "conversation")
    return rows.get(pk=held_id)


def _end(held: HeldReply, state: str, *, problem: str = "") -> None:
    held.state, held.problem = state, problem[:300]
    held.save(update_fields=["state", "problem"])


def _heard_id(conversation_id: int) -> int:
    """The newest customer message, 0 before the first. One query."""
    said = Message.objects.filter(conversation_id=conversation_id, author_kind=Message.Author.CUSTOMER)
    return said.order_by("-id").values_list("id", flat=True).first() or 0


def _hurry_earlier(conversation: Conversation, author: User, now: datetime) -> None:
    """Who goes on writing does not want the last one back: it goes first, and at once."""
    HeldReply.objects.filter(
        conversation=conversation, author=author, kind=Kind.UNDO, state=State.WAITING, send_at__gt=now
    ).update(send_at=now)


def _refuse_if_answered(conversation: Conversation, seen_id: int, author: User) -> None:
    """Raises AnsweredMeanwhile. Two queries."""
    ours = (Message.Author.AGENT, Message.Author.BOT)
    answers = Message.objects.said().filter(conversation=conversation, id__gt=seen_id, author_kind__in=ours)
    newest = answers.exclude(author=author).select_related("author").order_by("-id").first()
    if newest is not None:
        raise AnsweredMeanwhile(newest)
    waiting = HeldReply.objects.filter(conversation=conversation, state=State.WAITING, kind=Kind.UNDO)
    other = waiting.exclude(author=author).select_related("author").order_by("-id").first()
    if other is not None:
        raise AnsweredMeanwhile(other)
