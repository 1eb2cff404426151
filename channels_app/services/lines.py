"""What every write to a conversation shares: the lock, and the system lines that let a thread tell its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from channels_app.models import Conversation, Message
from cxos.core.actor import actor_name, actor_user_id
from cxos.core.errors import Conflict, NotFound


def lock_conversation(conversation_id: int, *, merged_too: bool = False) -> Conversation:
    """The row, locked until the transaction ends, with its channel. Raises NotFound, and Conflict for one that has become
    part of another, unless `merged_too`."""
    found = (
        Conversation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("channel")
        .filter(pk=conversation_id)
        .first()
    )
    if found is None:
        raise NotFound(
            "conversation_not_found", _("Conversation #%(number)s does not exist.") % {"number": conversation_id}
        )
    if found.merged_into_id and not merged_too:
        raise Conflict("merged", merged_sentence(found))
    return found


def merged_sentence(conversation: Conversation) -> str:
    told = {"number": conversation.pk, "survivor": conversation.merged_into_id}
    return _("Conversation #%(number)s was merged into #%(survivor)s. Go on there.") % told


def add_line(conversation: Conversation, *, what: str, text: str, actor: Any, now: datetime, **more: Any) -> Message:
    """A system line. `what` is its stable code (assigned, resolved, …) for programs, `text` the sentence for people."""
    who = actor_name(actor)
    return Message.objects.create(
        conversation=conversation,
        kind=Message.Kind.EVENT,
        author_kind=Message.Author.SYSTEM,
        author_id=actor_user_id(who),
        text=text,
        state=Message.State.SENT,
        created_at=now,
        metadata={"what": what, "actor": who, **more},
    )
