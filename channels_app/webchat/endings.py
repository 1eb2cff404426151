"""How a conversation ends for the visitor: he may end it himself, and say afterwards how it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels_app.models import Channel, Conversation
from channels_app.services.conversations import resolve
from channels_app.services.lines import add_line, lock_conversation
from channels_app.webchat.chats import conversations_of
from channels_app.webchat.visitors import Visitor
from cxos.core.errors import Conflict, Invalid
from cxos.core.events.channels import SurveyAnswered
from cxos.core.outbox import emit

ANSWERABLE_FOR = timedelta(days=14)
MAX_COMMENT = 1_000
Status = Conversation.Status


def end_chat(visitor: Visitor, channel: Channel, *, now: datetime) -> None:
    """The visitor has what he came for. Raises Conflict when there is nothing open, or the channel does not want it."""
    open_one = conversations_of(visitor).exclude(status=Status.RESOLVED).order_by("-id").first()
    if open_one is None or channel.config.get("ending") is False:
        raise Conflict("nothing_to_end", _("There is no open conversation to end."))
    resolve(open_one.pk, actor=f"customer:{open_one.customer_id}", now=now)


def answer_survey(visitor: Visitor, channel: Channel, *, score: Any, comment: Any, now: datetime) -> None:
    """Keep the answer with the latest conversation. Raises Invalid, Conflict when it is not (or no longer) asked for."""
    if channel.config.get("survey") is False:
        raise Conflict("not_asked", _("This conversation takes no answer now."))
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        raise Invalid("score", _("The score is a whole number from 1 to 5."), field="score")
    said = comment.replace("\0", "").strip()[:MAX_COMMENT] if isinstance(comment, str) else ""
    with transaction.atomic():
        latest = conversations_of(visitor).order_by("-id").values_list("pk", flat=True).first()
        conversation = lock_conversation(latest) if latest else None
        if conversation is None or not _asked(conversation, now):
            raise Conflict("not_asked", _("This conversation takes no answer now."))
        conversation.metadata["survey"] = {"score": score, "comment": said, "at": now.isoformat()}
        conversation.save(update_fields=["metadata"])
        actor = f"customer:{conversation.customer_id}"
        text = f"The customer gave {score} of 5" + (f": “{said}”" if said else ".")
        add_line(conversation, what="survey", text=text, actor=actor, now=now, score=score)
        emit(
            SurveyAnswered(
                conversation_id=conversation.pk,
                customer_id=conversation.customer_id,
                channel_id=conversation.channel_id,
                agent_id=conversation.assignee_id,
                score=score,
                commented=bool(said),
                at=now.isoformat(),
            ),
            key=f"conversation:{conversation.pk}",
            actor=actor,
        )


def _asked(conversation: Conversation, now: datetime) -> bool:
    return (
        conversation.status == Status.RESOLVED
        and conversation.resolved_at is not None
        and now - conversation.resolved_at <= ANSWERABLE_FOR
        and "survey" not in conversation.metadata
    )
