"""Work follows its conversation: its priority, its nearest deadline, its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cases.services.clocks import nearest_due
from channels_app.models import Conversation
from crm.models import Customer
from cxos.core.events.routing import WorkChanged
from cxos.core.outbox import emit
from routing.models import Callback, WorkItem
from routing.services.queue import VIP_BOOST, live_item
from routing.services.work import finish, pause, resume
from routing.snapshots.work import needs_of


def follow_conversation(conversation_id: int, *, now: datetime) -> None:
    """Priority and deadline changed: the order of the queue changes with them, and whoever waits is looked at again.

    Waiting for the customer pauses the work in hand; open again wakes it.
    """
    conversation = Conversation.objects.get(id=conversation_id)
    deadline = nearest_due(conversation_id)
    live = WorkItem.objects.live().filter(conversation_id=conversation_id)
    live.update(priority=conversation.priority)
    promised = Callback.objects.filter(state__in=Callback.LIVE, kind=Callback.Kind.SCHEDULED).values("item")
    live.exclude(id__in=promised).update(  # the time agreed on is a promise of its own
        due_at=deadline.due_at if deadline else None,
        sla_target_seconds=deadline.target_seconds if deadline else None,
    )
    item = live.first()
    if item is None:
        return
    if conversation.status == Conversation.Status.PENDING and item.state == WorkItem.State.ACTIVE:
        pause(item.id, actor=None, now=now)
    elif conversation.status == Conversation.Status.OPEN and item.state == WorkItem.State.PAUSED:
        resume(item.id, now=now)
    elif item.state == WorkItem.State.WAITING:
        tell_changed(item, ["priority", "deadline"], now=now)


def follow_customer(customer_id: int, *, now: datetime) -> int:
    """Whether they are a VIP: what waits of theirs, or comes back, goes before or behind others. Returns how many items."""
    vip = Customer.objects.values_list("vip", flat=True).get(id=customer_id)
    live = WorkItem.objects.live().filter(conversation__customer=customer_id)
    ids = list(live.values_list("id", flat=True))
    for item_id in ids:
        change_demands(item_id, vip_boost=VIP_BOOST if vip else 0.0, actor=None, now=now)
    return len(ids)


def change_demands(
    item_id: int,
    *,
    required: Sequence[dict[str, Any]] | None = None,
    preferred: Sequence[dict[str, Any]] | None = None,
    agent_scores: Mapping[str, float] | None = None,
    vip_boost: float | None = None,
    actor: Any,
    now: datetime,
) -> WorkItem:
    """The work asks for something else now: whoever can do that is found at once. What is left out stays."""
    with transaction.atomic():
        item = WorkItem.objects.select_for_update(no_key=True, of=("self",)).get(id=item_id)
        given = {"required": required, "preferred": preferred, "agent_scores": agent_scores, "vip_boost": vip_boost}
        changes = {name: value for name, value in given.items() if value is not None and value != getattr(item, name)}
        for name, value in changes.items():
            setattr(item, name, value)
        if changes:
            item.needs = needs_of(item.required)
            item.save(update_fields=[*changes, "needs"])
            tell_changed(item, sorted(changes), actor=actor, now=now)
    return item


def tell_changed(item: WorkItem, changed: list[str], *, actor: Any = None, now: datetime) -> None:
    emit(
        WorkChanged(
            item_id=item.id,
            queue_id=item.queue_id,
            conversation_id=item.conversation_id,
            changed=changed,
            at=now.isoformat(),
        ),
        key=f"work:{item.id}",
        actor=actor,
    )


def end_with_conversation(conversation_id: int, *, actor: Any, now: datetime) -> None:
    """Resolved: held work goes to wrap-up or completes, waiting work is canceled."""
    item = live_item(conversation_id)
    if item is not None and item.state != WorkItem.State.WRAPPING:
        finish(item.id, actor=actor, now=now)
