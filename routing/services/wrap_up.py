"""The end of a contact: into wrap-up as its queue wants it, then completed. The capacity is held until then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _, gettext_noop

from cxos.core.errors import Invalid
from cxos.core.events.routing import WorkCompleted, WorkWrapping
from cxos.core.outbox import emit
from routing.models import AgentState, Disposition, Queue, Segment, WorkItem
from routing.services.calls import end_with_work
from routing.services.holding import (
    close_pending,
    end_parts,
    end_segment,
    free,
    go_on,
    keeps_place,
    lock_item,
    milliseconds,
    pauses,
    unpaused,
)
from routing.services.making_room import make_room

State = WorkItem.State
WrapUp = Queue.WrapUp
WRAPS_UP = gettext_noop("It is wrapped up: its holder has %(load)s of %(budget)s points in hand.")
ENDED = frozenset({State.COMPLETED, State.CANCELED, State.ABANDONED, State.EXPIRED})


def finish(
    item_id: int,
    *,
    disposition: Disposition | None = None,
    wrap_up: bool = False,
    actor: Any,
    now: datetime,
    version: int | None = None,
) -> WorkItem:
    """The contact is over. Into wrap-up where its queue has one (`wrap_up`: the agent asks for one), else completed.

    A disposition ends wrap-up at once, but for the kind that lasts exactly its time. Raises Invalid when the wrap-up is
    ended without the disposition its queue requires.
    """
    with transaction.atomic():
        item, holder = lock_item(item_id, version=version)
        if item.state in ENDED:
            return item
        if item.state in {State.SCHEDULED, State.WAITING, State.OFFERED}:
            return complete(item, holder, state=State.CANCELED, disposition=disposition, actor=actor, now=now)
        if item.state == State.WRAPPING:
            return _end_wrap_up(item, holder, disposition=disposition, actor=actor, now=now)
        if _wraps_up(item.queue, disposition, asked=wrap_up):
            return _begin_wrap_up(item, holder, disposition=disposition, actor=actor, now=now)
        return complete(item, holder, state=State.COMPLETED, disposition=disposition, actor=actor, now=now)


def _wraps_up(queue: Queue, disposition: Disposition | None, *, asked: bool) -> bool:
    timed = queue.wrap_up_seconds > 0
    if queue.wrap_up == WrapUp.FORCED and timed:
        return True
    if disposition is not None:
        return asked and queue.wrap_up == WrapUp.OPTIONAL
    if queue.disposition_required or queue.wrap_up == WrapUp.MANDATORY:
        return True
    return (queue.wrap_up == WrapUp.TIMED and timed) or (queue.wrap_up == WrapUp.OPTIONAL and asked)


def _begin_wrap_up(
    item: WorkItem, holder: AgentState | None, *, disposition: Disposition | None, actor: Any, now: datetime
) -> WorkItem:
    was_paused = go_on(item, now=now)
    ends = item.queue.wrap_up in {WrapUp.TIMED, WrapUp.FORCED} and item.queue.wrap_up_seconds
    item.state, item.disposition = State.WRAPPING, disposition or item.disposition
    item.wrap_up_until = now + timedelta(seconds=item.queue.wrap_up_seconds) if ends else None
    item.version += 1
    item.save(update_fields=["state", "disposition", "wrap_up_until", "version", "paused_at", "paused_seconds", "cost"])
    Segment.objects.filter(item=item, ended_at=None, kind=Segment.Kind.LEAD).update(wrap_up_at=now)
    end_parts(item, now=now)
    emit(
        WorkWrapping(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=item.agent_id or 0,
            conversation_id=item.conversation_id,
            at=now.isoformat(),
            until=item.wrap_up_until.isoformat() if item.wrap_up_until else None,
            handled_ms=milliseconds(item.accepted_at or now, now),
        ),
        key=f"work:{item.id}",
        actor=actor,
    )
    if holder is not None and was_paused:
        make_room(item, holder, why=WRAPS_UP, reason=gettext_noop("a wrap-up began"), now=now)
    return item


def _end_wrap_up(
    item: WorkItem, holder: AgentState | None, *, disposition: Disposition | None, actor: Any, now: datetime
) -> WorkItem:
    if item.queue.disposition_required and (disposition or item.disposition) is None:
        raise Invalid("disposition_needed", _("Say how it ended: this queue asks for it."), field="disposition")
    if item.queue.wrap_up == WrapUp.FORCED and item.wrap_up_until and now < item.wrap_up_until:
        item.disposition = disposition or item.disposition
        item.save(update_fields=["disposition"])
        return item
    return complete(item, holder, state=State.COMPLETED, disposition=disposition, actor=actor, now=now)


def complete(
    item: WorkItem, holder: AgentState | None, *, state: str, disposition: Disposition | None, actor: Any, now: datetime
) -> WorkItem:
    """Write the end and let everybody go. The item and its agents are locked; `state` is one of ENDED."""
    in_line = item.state in {State.WAITING, State.OFFERED} and not keeps_place(item, until=now)
    close_pending(item, reason=str(state), now=now)
    transferred = Q(kind=Segment.Kind.LEAD, ended_by="transferred")
    segments = list(Segment.objects.filter(Q(ended_at=None) | transferred, item=item))
    still_open = [one for one in segments if one.ended_at is None]
    segment = end_segment(item, by=str(state), now=now, among=still_open)
    end_parts(item, now=now, among=still_open)
    just_gone = (one for one in segments if one.kind == Segment.Kind.LEAD and one.ended_at == now)  # outside
    told = pauses(item, segment or next(just_gone, None), now=now)
    _write_end(item, state=state, disposition=disposition, now=now)
    end_with_work(item, actor=actor, now=now)
    wrapped = segment.wrap_up_at if segment else None
    emit(
        WorkCompleted(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=item.agent_id,
            conversation_id=item.conversation_id,
            at=now.isoformat(),
            handled_ms=milliseconds(item.accepted_at, wrapped or now) if item.accepted_at else 0,
            wrap_up_ms=milliseconds(wrapped, now) if wrapped else 0,
            disposition=item.disposition.key if item.disposition else "",
            **told,
            transfers=len(segments) - len(still_open),
            from_queue=in_line,
        ),
        key=f"work:{item.id}",
        actor=actor,
    )
    if holder is not None:
        free(holder, now=now)
    return item


def _write_end(item: WorkItem, *, state: str, disposition: Disposition | None, now: datetime) -> None:
    for name, value in unpaused(item, now=now).items():
        setattr(item, name, value)
    item.state, item.disposition, item.completed_at = state, disposition or item.disposition, now
    item.wake_at, item.wrap_up_until, item.version = None, None, item.version + 1
    item.save(
        update_fields=[
            "state", "disposition", "completed_at", "wake_at", "wrap_up_until", "version", "paused_at", "paused_seconds",
            "cost",
        ]
    )  # fmt: skip


def end_wrap_ups(*, now: datetime, limit: int = 200) -> int:
    """Wrap-ups whose time is over complete by themselves, whatever is still missing."""
    due = WorkItem.objects.filter(state=State.WRAPPING, wrap_up_until__lte=now).order_by("wrap_up_until")
    ids = list(due.values_list("id", flat=True)[:limit])
    for item_id in ids:
        with transaction.atomic():
            item, holder = lock_item(item_id)
            if item.state == State.WRAPPING and item.wrap_up_until and item.wrap_up_until <= now:
                complete(item, holder, state=State.COMPLETED, disposition=None, actor=None, now=now)
    return len(ids)
