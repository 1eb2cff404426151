"""Work in hand: what can be done with it. Moving and ending it have files of their own and are named here too.

Each command takes `version`, the fencing number its sender last saw, where the sender is the holder: a late command of a
former holder is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from cxos.core.events.routing import WorkAbandoned, WorkPaused, WorkResumed
from cxos.core.outbox import emit
from routing.matching import idle_cost
from routing.models import Callback, WorkItem
from routing.services.holding import close_pending, go_on, lock_item, milliseconds
from routing.services.making_room import make_room
from routing.services.moves import assign_by_hand, requeue, transfer, transfer_out, transfer_to_agent
from routing.services.wrap_up import end_wrap_ups, finish

__all__ = [
    "abandon", "assign_by_hand", "end_wrap_ups", "finish", "pause", "requeue", "resume", "transfer", "transfer_out",
    "transfer_to_agent",
]  # fmt: skip
State = WorkItem.State
BACK = gettext_noop("The customer is back: its holder has %(load)s of %(budget)s points in hand.")


def abandon(item_id: int, *, now: datetime) -> WorkItem:
    """The customer left before anybody answered. Who asked to be called back has not left: the item waits on."""
    with transaction.atomic():
        item, _ = lock_item(item_id)
        if item.state not in {State.WAITING, State.OFFERED}:
            return item
        if Callback.objects.filter(item=item, state__in=Callback.LIVE).exists():
            return item
        close_pending(item, reason=gettext_noop("customer left"), now=now)
        waited = milliseconds(item.entered_at, now)
        item.state, item.completed_at, item.wake_at, item.version = State.ABANDONED, now, None, item.version + 1
        item.save(update_fields=["state", "completed_at", "wake_at", "version"])
        emit(
            WorkAbandoned(
                item_id=item.id,
                queue_id=item.queue_id,
                conversation_id=item.conversation_id,
                at=now.isoformat(),
                waited_ms=waited,
                short=waited < item.queue.short_abandon_seconds * 1000,
                within_service_level=waited <= item.queue.service_level_seconds * 1000,
            ),
            key=f"work:{item.id}",
        )
    return item


def pause(item_id: int, *, actor: Any, now: datetime, version: int | None = None) -> WorkItem:
    """We wait for the customer: the item keeps a small part of its cost, so that waking it up cannot overshoot."""
    with transaction.atomic():
        item, _ = lock_item(item_id, version=version)
        if item.state == State.ACTIVE:
            item.state, item.paused_at, item.cost = State.PAUSED, now, idle_cost(item.cost)
            item.version += 1
            item.save(update_fields=["state", "paused_at", "cost", "version"])
            emit(
                WorkPaused(item_id=item.id, queue_id=item.queue_id, agent_id=item.agent_id or 0, at=now.isoformat()),
                key=f"work:{item.id}",
                actor=actor,
            )
    return item


def resume(item_id: int, *, now: datetime, actor: Any = None) -> WorkItem:
    """The customer is back: the item takes its full cost again, with the agent who holds it.

    When that is more than they can hold, what rings at them goes back first; what is still too much is put on record.
    """
    with transaction.atomic():
        item, holder = lock_item(item_id)
        if item.state == State.PAUSED:
            go_on(item, now=now)
            item.state, item.version = State.ACTIVE, item.version + 1
            item.save(update_fields=["state", "paused_at", "cost", "paused_seconds", "version"])
            emit(
                WorkResumed(item_id=item.id, queue_id=item.queue_id, agent_id=item.agent_id or 0, at=now.isoformat()),
                key=f"work:{item.id}",
                actor=actor,
            )
            if holder is not None:
                make_room(item, holder, why=BACK, reason=gettext_noop("a customer is back"), now=now)
    return item
