"""Into the queue: a conversation becomes waiting work, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _, gettext_noop

from channels_app.models import Conversation
from channels_app.services.assignment import give_to_team
from cxos.core.errors import Invalid
from cxos.core.events.routing import WorkQueued
from cxos.core.outbox import emit
from cxos.core.phrases import Phrase
from cxos.core.rows import insert
from routing.matching import default_cost
from routing.models import Decision, Queue, WorkItem
from routing.services.notes import note
from routing.services.room import with_room
from routing.snapshots.work import needs_of

STICKY_DAYS = 7
FULL = gettext_noop("%(full)s is full: %(queue)s took it.")
VIP_BOOST = 300.0  # a VIP is served as if they had waited five minutes longer


def enqueue(
    conversation: Conversation,
    *,
    queue: Queue,
    required: Sequence[dict[str, Any]] = (),
    preferred: Sequence[dict[str, Any]] = (),
    agent_scores: Mapping[str, float] | None = None,
    priority: int,
    due_at: datetime | None = None,
    target_seconds: int | None = None,
    why: Phrase,
    facts: dict[str, Any] | None = None,
    actor: Any = None,
    now: datetime,
) -> WorkItem:
    """The conversation's live work item, made if it has none (the database sees to it). It keeps its age if it has one."""
    if not queue.enabled:
        raise Invalid(
            "queue_disabled",
            _("The queue %(name)s is switched off. Choose another one.") % {"name": queue.name},
            field="queue",
        )
    try:
        with transaction.atomic():
            asked, queue = queue, with_room(queue, now=now)
            item = WorkItem(
                queue=queue,
                overflow_path=[] if queue.pk == asked.pk else [asked.pk],
                conversation=conversation,
                medium=conversation.channel.medium,
                priority=priority,
                cost=default_cost(conversation.channel.medium),
                interruptible=queue.lets_calls_in(conversation.channel.medium),
                required=list(required),
                needs=needs_of(required),
                preferred=list(preferred),
                agent_scores=dict(agent_scores or {}),
                due_at=due_at,
                sla_target_seconds=target_seconds,
                vip_boost=VIP_BOOST if conversation.customer.vip else 0,
                **dict.fromkeys(("queued_at", "entered_at", "eligible_at", "ring_since", "wake_at"), now),
                **_sticky(conversation, queue, now),
            )
            insert(item)
            full = () if queue.pk == asked.pk else (Phrase(FULL, {"full": asked.name, "queue": queue.name}),)
            note(item, Decision.Kind.QUEUE, why, *full, facts=facts or {}, now=now)
            if queue.team_id and conversation.team_id != queue.team_id:
                give_to_team(conversation, team_id=queue.team_id)
            tell_queued(item, actor=actor, again=False, now=now)
    except IntegrityError:  # it is there already
        live = live_item(conversation.id)
        if live is None:
            raise
        return live
    return item


def live_item(conversation_id: int, *also: str) -> WorkItem | None:
    """With its queue, and what else is to be read along."""
    return WorkItem.objects.live().select_related("queue", *also).filter(conversation_id=conversation_id).first()


def _sticky(conversation: Conversation, queue: Queue, now: datetime) -> dict[str, Any]:
    """The agent who served this conversation or customer last, for as long as the queue waits for them."""
    if not queue.sticky_seconds:
        return {}
    last = (
        WorkItem.objects.filter(
            conversation__customer_id=conversation.customer_id, queue=queue, agent__isnull=False,
            completed_at__gt=now - timedelta(days=STICKY_DAYS),
        )
        .order_by("-completed_at")
        .values_list("agent_id", flat=True)
        .first()
    )  # fmt: skip
    return {"sticky_agent_id": last, "sticky_until": now + timedelta(seconds=queue.sticky_seconds)} if last else {}


def tell_queued(item: WorkItem, *, actor: Any, again: bool, entered: bool = True, now: datetime) -> None:
    emit(
        WorkQueued(
            item_id=item.id,
            queue_id=item.queue_id,
            conversation_id=item.conversation_id,
            medium=item.medium,
            at=now.isoformat(),
            again=again,
            entered=entered,
        ),
        key=f"work:{item.id}",
        actor=actor,
    )
