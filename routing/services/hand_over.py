"""Giving a conversation to somebody, whether it waits, is held, or is no work item yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _, gettext_noop

from channels_app.models import Conversation
from channels_app.services.assignment import assign
from channels_app.services.lines import lock_conversation
from cxos.core.errors import Conflict, Forbidden, Invalid
from cxos.core.models import User
from cxos.core.phrases import Phrase
from routing.facts import default_queue
from routing.models import Queue, WorkItem
from routing.permissions import can_assign
from routing.services.queue import enqueue, live_item
from routing.services.work import assign_by_hand, requeue, transfer

ANYBODY: Any = object()
SENT = gettext_noop("%(who)s sent it to %(queue)s.")
TAKEN = gettext_noop("%(who)s took it by hand.")


def give(
    conversation: Conversation, *, to: User, actor: User, now: datetime, seen: int | Any | None = ANYBODY
) -> WorkItem:
    """`to` holds the conversation from now on. Raises Forbidden for an agent who gives away what is not theirs, and
    Conflict when somebody else holds it than `seen`, the holder (None: nobody) the sender knew of."""
    with transaction.atomic():
        item = _settled_item(conversation) or _as_work(conversation, actor=actor, now=now)
        if seen is not ANYBODY and item.agent_id not in {None, seen, to.pk}:
            raise Conflict("moved_on", _("This conversation has changed hands since you saw it. Look again."))
        if not can_assign(actor, item, to=to):
            raise Forbidden(
                "not_yours", _("Only its holder or a supervisor can give this conversation to somebody else.")
            )
        return assign_by_hand(item.pk, agent=to, actor=actor, version=item.version, now=now)


def give_to_queue(conversation: Conversation, *, queue: Queue, actor: User, now: datetime) -> WorkItem:
    """The conversation waits in `queue`, with the age it has."""
    with transaction.atomic():
        item = _settled_item(conversation)
        if item is None:
            return enqueue(
                conversation,
                queue=queue,
                priority=conversation.priority,
                why=Phrase(SENT, {"who": actor.name, "queue": queue.name}),
                actor=actor,
                now=now,
            )
        if not (actor.supervises or item.agent_id in {None, actor.pk}):
            raise Forbidden("not_yours", _("Only its holder or a supervisor can move this conversation."))
        return transfer(item.pk, queue=queue, actor=actor, version=item.version, now=now)


def take_back(conversation: Conversation, *, actor: User, now: datetime) -> None:
    """Nobody holds it from now on: held work goes back into its queue with its age."""
    item = live_item(conversation.pk)
    held = item is not None and item.state in WorkItem.HELD
    holder = item.agent_id if item is not None and held else conversation.assignee_id
    if not actor.supervises and holder not in {None, actor.pk}:
        raise Forbidden("not_yours", _("Only its holder or a supervisor may give this conversation back."))
    if item is not None and held:
        requeue(item.pk, reason="handed back", actor=actor, version=item.version, now=now)
    else:
        assign(conversation.pk, assignee_id=None, actor=actor, now=now)


def _settled_item(conversation: Conversation) -> WorkItem | None:
    """The conversation's work; when there is none, none will come while we hold the conversation: a message that is just
    being handled may be about to queue it."""
    item = live_item(conversation.pk)
    if item is None:
        lock_conversation(conversation.pk)
        item = live_item(conversation.pk)
    return item


def _as_work(conversation: Conversation, *, actor: User, now: datetime) -> WorkItem:
    if conversation.status == Conversation.Status.RESOLVED:
        raise Conflict("resolved", _("This conversation is resolved. Reopen it first."))
    queue = default_queue(conversation.channel)
    if queue is None:
        raise Invalid("no_queue", _("There is no queue yet. An admin makes one under Settings → Queues."))
    return enqueue(
        conversation,
        queue=queue,
        priority=conversation.priority,
        why=Phrase(TAKEN, {"who": actor.name}),
        actor=actor,
        now=now,
    )
