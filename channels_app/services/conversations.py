"""A conversation's status, priority, tags and read markers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels_app.models import Conversation, Message, Priority, ReadMarker
from channels_app.services.lines import add_line, lock_conversation
from cxos.core.actor import actor_name, actor_user_id
from cxos.core.errors import Conflict, Invalid
from cxos.core.events.channels import ConversationChanged, ConversationReopened, ConversationResolved
from cxos.core.live import signal
from cxos.core.outbox import emit

Status = Conversation.Status
MAX_TAGS = 50
MAX_TAG_LENGTH = 40


def set_priority(conversation_id: int, *, priority: int, actor: Any, now: datetime) -> Conversation:
    """Raises Invalid for an unknown priority. The same priority again changes nothing and tells nobody."""
    if priority not in Priority.values:
        raise Invalid(
            "priority",
            _("A priority is one of %(choices)s.") % {"choices": ", ".join(map(str, Priority.values))},
            field="priority",
        )
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if conversation.priority != priority:
            conversation.priority = priority
            conversation.save(update_fields=["priority"])
            text = f"Priority set to {Priority(priority).name.lower()}."
            add_line(conversation, what="priority", text=text, actor=actor, now=now, priority=priority)
            tell_changed(conversation, "priority", actor=actor)
    return conversation


def set_subject(conversation_id: int, *, subject: str, actor: Any, now: datetime) -> Conversation:
    subject = " ".join(subject.replace("\0", "").split())[:200]
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if conversation.subject != subject:
            conversation.subject = subject
            conversation.save(update_fields=["subject"])
            tell_changed(conversation, "subject", actor=actor)
    return conversation


def add_tags(conversation_id: int, *, tags: Iterable[str], actor: Any, now: datetime) -> Conversation:
    """Tags are lower case; known ones are skipped. Raises Invalid for a bad tag or too many."""
    wanted = [clean_tag(tag) for tag in tags]
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        new = [tag for tag in dict.fromkeys(wanted) if tag not in conversation.tags]
        if len(conversation.tags) + len(new) > MAX_TAGS:
            raise Invalid(
                "too_many_tags", _("A conversation takes %(most)s tags at most.") % {"most": MAX_TAGS}, field="tags"
            )
        if new:
            conversation.tags = [*conversation.tags, *new]
            _save_tags(conversation, f"Tagged {', '.join(new)}.", added=new, actor=actor, now=now)
    return conversation


def remove_tags(conversation_id: int, *, tags: Iterable[str], actor: Any, now: datetime) -> Conversation:
    unwanted = {clean_tag(tag) for tag in tags}
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        gone = [tag for tag in conversation.tags if tag in unwanted]
        if gone:
            conversation.tags = [tag for tag in conversation.tags if tag not in unwanted]
            _save_tags(conversation, f"Removed the tag {', '.join(gone)}.", removed=gone, actor=actor, now=now)
    return conversation


def clean_tag(tag: str) -> str:
    """The tag as it is kept; raises Invalid."""
    cleaned = "-".join(tag.lower().split())
    if not cleaned or len(cleaned) > MAX_TAG_LENGTH or not cleaned.isprintable() or "," in cleaned:
        raise Invalid(
            "tag",
            _("%(tag)s is no tag: 1 to %(most)s characters, without commas.")
            % {"tag": f"{tag!r}", "most": MAX_TAG_LENGTH},
            field="tags",
        )
    return cleaned


def _save_tags(conversation: Conversation, text: str, *, actor: Any, now: datetime, **which: list[str]) -> None:
    conversation.save(update_fields=["tags"])
    add_line(conversation, what="tags", text=text, actor=actor, now=now, tags=conversation.tags, **which)
    tell_changed(conversation, "tags", actor=actor)


def set_status(
    conversation_id: int, *, status: str, actor: Any, now: datetime, snoozed_until: datetime | None = None
) -> Conversation:
    """Any status by its name; `snoozed_until` belongs to snoozed. Raises Invalid, Conflict."""
    if status == Status.RESOLVED:
        return resolve(conversation_id, actor=actor, now=now)
    if status == Status.SNOOZED:
        if snoozed_until is None:
            raise Invalid("snoozed_until", _("Say until when the conversation is snoozed."), field="snoozed_until")
        return snooze(conversation_id, until=snoozed_until, actor=actor, now=now)
    if status not in (Status.OPEN, Status.PENDING):
        raise Invalid(
            "status", _("A status is one of %(choices)s.") % {"choices": ", ".join(Status.values)}, field="status"
        )
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if conversation.status == Status.RESOLVED:
            _reopen(conversation, actor=actor, now=now)
        if conversation.status != status:
            conversation.status, conversation.snoozed_until = status, None
            paused = conversation.pause(at=now) if status == Status.PENDING else conversation.go_on(at=now)
            conversation.save(update_fields=["status", "snoozed_until", *paused])
            text = "Open again." if status == Status.OPEN else "Waiting for the customer."
            add_line(conversation, what=status, text=text, actor=actor, now=now)
            tell_changed(conversation, "status", actor=actor)
    return conversation


def snooze(conversation_id: int, *, until: datetime, actor: Any, now: datetime) -> Conversation:
    """Out of the way until then, or until the customer writes. Raises Invalid for a time that has passed, Conflict."""
    if until <= now:
        raise Invalid("snoozed_until", _("Choose a time that is still to come."), field="snoozed_until")
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if conversation.status == Status.RESOLVED:
            raise Conflict(
                "resolved", _("Conversation #%(number)s is resolved. Reopen it first.") % {"number": conversation_id}
            )
        conversation.status, conversation.snoozed_until = Status.SNOOZED, until
        conversation.save(update_fields=["status", "snoozed_until", *conversation.go_on(at=now)])
        text = f"Snoozed until {date_format(until, 'j M Y, H:i e')}."
        add_line(conversation, what="snoozed", text=text, actor=actor, now=now, until=until.isoformat())
        tell_changed(conversation, "status", actor=actor)
    return conversation


def wake_snoozed(*, now: datetime, limit: int = 100) -> int:
    """Open what was snoozed until now; returns how many. Two callers at once do no harm."""
    with transaction.atomic():
        due = Conversation.objects.select_for_update(skip_locked=True, no_key=True).filter(
            status=Status.SNOOZED, snoozed_until__lte=now
        )
        woken = list(due.order_by("id")[:limit])
        for conversation in woken:
            conversation.status, conversation.snoozed_until = Status.OPEN, None
            conversation.save(update_fields=["status", "snoozed_until"])
            add_line(conversation, what="woken", text="The snooze is over.", actor=None, now=now)
            tell_changed(conversation, "status", actor=None)
    return len(woken)


def resolve(conversation_id: int, *, actor: Any, now: datetime) -> Conversation:
    """Done. Raises Conflict when somebody resolved it before."""
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if conversation.status == Status.RESOLVED:
            raise Conflict(
                "already_resolved", _("Conversation #%(number)s is resolved already.") % {"number": conversation_id}
            )
        conversation.status, conversation.resolved_at = Status.RESOLVED, now
        conversation.snoozed_until = conversation.waiting_since = None
        again, conversation.resolutions = conversation.resolutions > 0, conversation.resolutions + 1
        columns = {*conversation.go_on(at=now), *conversation.pause(at=now), "resolutions"}
        conversation.save(update_fields=["status", "resolved_at", "snoozed_until", "waiting_since", *sorted(columns)])
        add_line(conversation, what="resolved", text="Resolved.", actor=actor, now=now)
        resolver = actor_user_id(actor_name(actor))
        emit(
            ConversationResolved(
                conversation_id=conversation.id,
                customer_id=conversation.customer_id,
                agent_id=resolver if resolver is not None else conversation.assignee_id,
                at=now.isoformat(),
                open_ms=max(0, round((now - conversation.created_at).total_seconds() * 1000)),
                paused_ms=conversation.paused_ms,
                again=again,
            ),
            key=f"conversation:{conversation.id}",
            actor=actor,
        )
    return conversation


def reopen(conversation_id: int, *, actor: Any, now: datetime) -> Conversation:
    """Raises Conflict when it is open, or the customer has a newer open conversation in the same thread."""
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if conversation.status != Status.RESOLVED:
            raise Conflict("not_resolved", _("Conversation #%(number)s is open already.") % {"number": conversation_id})
        _reopen(conversation, actor=actor, now=now)
    return conversation


def _reopen(conversation: Conversation, *, actor: Any, now: datetime) -> None:
    try:
        with transaction.atomic():
            conversation.status, conversation.resolved_at = Status.OPEN, None
            conversation.save(update_fields=["status", "resolved_at", *conversation.go_on(at=now)])
    except IntegrityError:
        newer = Conversation.objects.open().filter(
            channel_id=conversation.channel_id, thread_key=conversation.thread_key
        )
        raise Conflict(
            "newer_conversation",
            _("The thread went on in conversation #%(number)s. Answer there.")
            % {"number": newer.values_list("id", flat=True).first()},
        ) from None
    add_line(conversation, what="reopened", text="Reopened.", actor=actor, now=now)
    emit(
        ConversationReopened(conversation_id=conversation.id, customer_id=conversation.customer_id, at=now.isoformat()),
        key=f"conversation:{conversation.id}",
        actor=actor,
    )


def mark_read(conversation_id: int, *, user_id: int, message_id: int | None = None, actor: Any, now: datetime) -> None:
    """This user has read up to `message_id` (default: all there is). Never moves back. Two queries, three without it."""
    if message_id is None:
        lines = Message.objects.filter(conversation_id=conversation_id).order_by("-id")
        message_id = lines.values_list("id", flat=True).first()
        if message_id is None:
            return
    with transaction.atomic():
        ReadMarker.objects.bulk_create(
            [ReadMarker(user_id=user_id, conversation_id=conversation_id, message_id=0)], ignore_conflicts=True
        )
        moved = ReadMarker.objects.filter(
            user_id=user_id, conversation_id=conversation_id, message_id__lt=message_id
        ).update(message_id=message_id)
        if moved:
            seen_before = Q(agent_last_seen_at=None) | Q(agent_last_seen_at__lt=now)
            Conversation.objects.filter(seen_before, pk=conversation_id).update(agent_last_seen_at=now)
            # The customer's page shows that it was seen; nobody else needs to know, so it is no event.
            transaction.on_commit(lambda: signal(f"chat.{conversation_id}", {"kind": "seen"}))


def tell_changed(conversation: Conversation, *changed: str, actor: Any) -> None:
    emit(
        ConversationChanged(conversation_id=conversation.id, changed=changed),
        key=f"conversation:{conversation.id}",
        actor=actor,
    )
