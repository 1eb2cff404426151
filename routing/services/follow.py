"""Work follows its conversation: its priority, its nearest deadline, its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.services.clocks import nearest_due
from channels_app.models import Conversation
from routing.models import WorkItem
from routing.services.queue import live_item
from routing.services.work import finish, pause, resume


def follow_conversation(conversation_id: int, *, now: datetime) -> None:
    """Priority and deadline changed: the order of the queue changes with them, and whoever waits is looked at again.

    Waiting for the customer pauses the work in hand; open again wakes it.
    """
    conversation = Conversation.objects.get(id=conversation_id)
    deadline = nearest_due(conversation_id)
    live = WorkItem.objects.live().filter(conversation_id=conversation_id)
    live.update(
        priority=conversation.priority,
        due_at=deadline.due_at if deadline else None,
        sla_target_seconds=deadline.target_seconds if deadline else None,
    )
    live.filter(state=WorkItem.State.WAITING).update(wake_at=now)
    item = live.first()
    if item is None:
        return
    if conversation.status == Conversation.Status.PENDING and item.state == WorkItem.State.ACTIVE:
        pause(item.id, actor=None, now=now)
    elif conversation.status == Conversation.Status.OPEN and item.state == WorkItem.State.PAUSED:
        resume(item.id, now=now)


def end_with_conversation(conversation_id: int, *, actor: Any, now: datetime) -> None:
    """Resolved: held work goes to wrap-up or completes, waiting work is canceled."""
    item = live_item(conversation_id)
    if item is not None and item.state != WorkItem.State.WRAPPING:
        finish(item.id, actor=actor, now=now)
