"""What becomes of a callback when its work changes hands or ends. The item is locked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cxos.core.events.routing import CallbackClosed
from cxos.core.outbox import emit
from routing.models import Callback, WorkItem


def let_others_call(item: WorkItem) -> None:
    """Whoever was about to call has let go of the work: the next one may."""
    calling = Callback.objects.filter(item=item, state=Callback.State.CALLING)
    calling.update(state=Callback.State.OPEN, claimed_by=None)


def end_with_work(item: WorkItem, *, actor: Any, now: datetime) -> None:
    """The work is over, and so is its callback: reached, if somebody was calling and has done the work."""
    live = Callback.objects.filter(item=item, state__in=Callback.LIVE).first()
    if live is not None:
        reached = live.state == Callback.State.CALLING and item.state == WorkItem.State.COMPLETED
        close(live, item, state=Callback.State.REACHED if reached else Callback.State.CANCELED, actor=actor, now=now)


def close(callback: Callback, item: WorkItem, *, state: str, actor: Any, now: datetime) -> None:
    callback.state, callback.closed_at, callback.outcome = state, now, str(state)
    callback.save(update_fields=["state", "closed_at", "outcome"])
    tell_closed(callback, item, actor=actor, now=now)


def tell_closed(callback: Callback, item: WorkItem, *, actor: Any, now: datetime) -> None:
    emit(
        CallbackClosed(
            callback_id=callback.pk,
            item_id=item.pk,
            queue_id=item.queue_id,
            conversation_id=item.conversation_id,
            outcome=str(callback.state),
            at=now.isoformat(),
        ),
        key=f"work:{item.pk}",
        actor=actor,
    )
