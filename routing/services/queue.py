"""Into the queue: a conversation becomes waiting work, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from channels_app.models import Conversation
from channels_app.services.assignment import assign
from cxos.core.errors import Invalid
from cxos.core.events.routing import WorkQueued
from cxos.core.outbox import emit
from routing.matching import default_cost
from routing.models import Decision, Queue, WorkItem

STICKY_DAYS = 7
VIP_BOOST = 300.0  # a VIP is served as if they had waited five minutes longer


def enqueue(
    conversation: Conversation,
    *,
    queue: Queue,
    required: Sequence[dict[str, Any]] = (),
    priority: int,
    due_at: datetime | None = None,
    target_seconds: int | None = None,
    why: str,
    facts: dict[str, Any] | None = None,
    actor: Any = None,
    now: datetime,
) -> WorkItem:
    """The conversation's live work item, made if it has none. Keeps its age when it is already there."""
    if not queue.enabled:
        raise Invalid("queue_disabled", f"The queue {queue.name} is switched off. Choose another one.", field="queue")
    live = live_item(conversation.id)
    if live is not None:
        return live
    try:
        with transaction.atomic():
            item = WorkItem.objects.create(
                queue=queue,
                conversation=conversation,
                medium=conversation.channel.medium,
                priority=priority,
                cost=default_cost(conversation.channel.medium),
                required=list(required),
                due_at=due_at,
                sla_target_seconds=target_seconds,
                vip_boost=VIP_BOOST if conversation.customer.vip else 0,
                queued_at=now,
                entered_at=now,
                eligible_at=now,
                ring_since=now,
                wake_at=now,
                **_sticky(conversation, queue, now),
            )
            Decision.objects.create(
                item=item,
                conversation=conversation,
                kind=Decision.Kind.QUEUE,
                sentence=why[:300],
                facts=facts or {},
                at=now,
            )
            if queue.team_id and conversation.team_id != queue.team_id:
                assign(
                    conversation.id, assignee_id=conversation.assignee_id, team_id=queue.team_id, actor=actor, now=now
                )
            tell_queued(item, actor=actor, again=False, now=now)
    except IntegrityError:  # a parallel run made it first
        live = live_item(conversation.id)
        if live is None:
            raise
        return live
    return item


def live_item(conversation_id: int) -> WorkItem | None:
    return WorkItem.objects.live().select_related("queue").filter(conversation_id=conversation_id).first()


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


def tell_queued(item: WorkItem, *, actor: Any, again: bool, now: datetime) -> None:
    emit(
        WorkQueued(
            item_id=item.id,
            queue_id=item.queue_id,
            conversation_id=item.conversation_id,
            medium=item.medium,
            at=now.isoformat(),
            again=again,
        ),
        key=f"work:{item.id}",
        actor=actor,
    )
