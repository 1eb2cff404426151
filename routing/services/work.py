"""Work in hand: transferred, requeued, wrapped up, completed, assigned by hand. Locks go agent → item.

Each command takes `version`, the fencing number its sender last saw, where the sender is the holder: a late command of a
former holder is refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from channels_app.services.assignment import assign
from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.events.routing import (
    WorkAbandoned,
    WorkAssigned,
    WorkCompleted,
    WorkPaused,
    WorkReleased,
    WorkResumed,
    WorkWrapping,
)
from cxos.core.models import User
from cxos.core.outbox import emit
from routing.matching import default_cost, idle_cost
from routing.models import AgentState, Decision, Disposition, Offer, Queue, Segment, WorkItem
from routing.services.agents import held_cost, lock_agent, note_idle
from routing.services.offers import milliseconds, withdraw
from routing.services.presence import apply_pending
from routing.services.queue import tell_queued

State = WorkItem.State


def lock_item(item_id: int, *, version: int | None = None) -> tuple[WorkItem, AgentState | None]:
    """The item and its holder's state, both locked, the agent first. Raises Conflict when `version` is no longer true."""
    holder_id = WorkItem.objects.filter(id=item_id).values_list("agent_id", flat=True).first()
    holder = lock_agent(holder_id) if holder_id else None
    item = (
        WorkItem.objects.select_related("queue").select_for_update(of=("self",), no_key=True).filter(id=item_id).first()
    )
    if item is None:
        raise NotFound("no_such_work", "There is no such work item.")
    if item.agent_id != holder_id:
        raise Conflict("moved_on", "This work has changed hands just now. Look again.")
    if version is not None and item.version != version:
        raise Conflict("moved_on", "This work has changed since you saw it. Look again.")
    return item, holder


def assign_by_hand(item_id: int, *, agent: User, actor: User, now: datetime) -> WorkItem:
    """Give the work to an agent, past queue and offer; beyond the agent's capacity only a supervisor may."""
    with transaction.atomic():
        ids = {agent.pk, *WorkItem.objects.filter(id=item_id, agent__isnull=False).values_list("agent_id", flat=True)}
        for user_id in sorted(ids):
            lock_agent(user_id)
        item, previous = lock_item(item_id)
        if item.state not in {State.WAITING, State.OFFERED, State.ACTIVE, State.PAUSED}:
            raise Conflict("not_assignable", f"Work that is {item.get_state_display().lower()} cannot be assigned.")
        if item.agent_id == agent.pk and item.state in WorkItem.HELD:
            return item
        taker = lock_agent(agent.pk)
        over = held_cost(agent.pk) + item.cost > taker.budget
        if over and not actor.supervises and actor.pk != agent.pk:
            raise Forbidden(
                "over_capacity", f"{agent.name} has no free capacity. A supervisor may assign it nevertheless."
            )
        _close_pending(item, reason="assigned by hand", now=now)
        if item.state in WorkItem.HELD:
            _end_segment(item, by="transferred", now=now)
            _tell_released(item, kind="reassigned", reason="assigned by hand", actor=actor, now=now)
        WorkItem.objects.filter(id=item.id).update(
            state=State.ACTIVE,
            agent=agent,
            sticky_agent=agent,
            accepted_at=now,
            version=F("version") + 1,
            paused_at=None,
        )
        Segment.objects.create(item=item, agent=agent, started_at=now)
        if item.conversation_id:
            assign(item.conversation_id, assignee_id=agent.pk, team_id=item.queue.team_id, actor=actor, now=now)
        _tell_assigned(item, agent, actor=actor, over=over, now=now)
        if previous is not None:
            note_idle(previous, now=now)
    item.refresh_from_db()
    return item


def _tell_assigned(item: WorkItem, agent: User, *, actor: User, over: bool, now: datetime) -> None:
    waited = milliseconds(item.entered_at, now)
    Decision.objects.create(
        item=item,
        conversation_id=item.conversation_id,
        kind=Decision.Kind.ASSIGN,
        sentence=f"Assigned to agent {agent.pk} by {actor.name}" + (", over capacity." if over else "."),
        facts={"agent": agent.pk, "by": actor.pk, "over_capacity": over},
        at=now,
    )
    emit(
        WorkAssigned(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=agent.pk,
            conversation_id=item.conversation_id,
            over_capacity=over,
            at=now.isoformat(),
            waited_ms=waited,
            from_queue=item.state not in WorkItem.HELD,
            within_service_level=waited <= item.queue.service_level_seconds * 1000,
        ),
        key=f"work:{item.id}",
        actor=actor,
    )


def requeue(item_id: int, *, reason: str, actor: Any, now: datetime, version: int | None = None) -> WorkItem:
    """Back into its queue with its age; the holder gets it again last."""
    return _put_back(item_id, queue=None, reason=reason, actor=actor, now=now, version=version)


def transfer(
    item_id: int, *, queue: Queue, actor: Any, now: datetime, reason: str = "", version: int | None = None
) -> WorkItem:
    """Into another queue, as the same item with its age."""
    if not queue.enabled:
        raise Invalid("queue_disabled", f"The queue {queue.name} is switched off. Choose another one.", field="queue")
    return _put_back(
        item_id, queue=queue, reason=reason or f"transferred to {queue.name}", actor=actor, now=now, version=version
    )


def _put_back(
    item_id: int, *, queue: Queue | None, reason: str, actor: Any, now: datetime, version: int | None
) -> WorkItem:
    with transaction.atomic():
        item, holder = lock_item(item_id, version=version)
        if item.state not in {State.WAITING, State.OFFERED, State.ACTIVE, State.PAUSED}:
            raise Conflict("not_transferable", f"Work that is {item.get_state_display().lower()} cannot be moved.")
        _close_pending(item, reason=reason, now=now)
        if holder is not None and item.state in WorkItem.HELD:
            _end_segment(item, by="transferred" if queue else "requeued", now=now)
            _tell_released(item, kind="transferred" if queue else "requeued", reason=reason, actor=actor, now=now)
            until = now + timedelta(seconds=item.queue.cooldown_seconds)
            item.excluded = {**item.excluded, str(holder.user_id): until.isoformat()}
        if queue is not None and queue.id != item.queue_id:
            item.queue, item.ring, item.ring_elapsed = queue, 0, 0.0
            item.entered_at = now
        elif item.state in WorkItem.HELD:  # waits anew; its age still counts from queued_at
            item.entered_at = now
        item.state, item.agent, item.accepted_at, item.paused_at = State.WAITING, None, None, None
        item.ring_since, item.wake_at, item.version = now, now, item.version + 1
        item.save(
            update_fields=[
                "queue",
                "entered_at",
                "ring",
                "ring_elapsed",
                "state",
                "agent",
                "accepted_at",
                "paused_at",
                "ring_since",
                "wake_at",
                "version",
                "excluded",
            ]
        )
        if item.conversation_id:
            assign(item.conversation_id, assignee_id=None, team_id=item.queue.team_id, actor=actor, now=now)
        tell_queued(item, actor=actor, again=True, now=now)
        if holder is not None:
            _free(holder, now=now)
    return item


def finish(
    item_id: int, *, disposition: Disposition | None = None, actor: Any, now: datetime, version: int | None = None
) -> WorkItem:
    """The contact is over: into wrap-up where the queue has one and the agent did not give a disposition, else completed."""
    with transaction.atomic():
        item, holder = lock_item(item_id, version=version)
        if item.state in {State.COMPLETED, State.CANCELED, State.ABANDONED}:
            return item
        if item.state in {State.WAITING, State.OFFERED}:
            return _complete(item, holder, state=State.CANCELED, disposition=disposition, actor=actor, now=now)
        if item.state != State.WRAPPING and item.queue.wrap_up_seconds and disposition is None:
            return _wrap_up(item, actor=actor, now=now)
        return _complete(item, holder, state=State.COMPLETED, disposition=disposition, actor=actor, now=now)


def _wrap_up(item: WorkItem, *, actor: Any, now: datetime) -> WorkItem:
    item.state, item.wrap_up_until = State.WRAPPING, now + timedelta(seconds=item.queue.wrap_up_seconds)
    item.version += 1
    item.save(update_fields=["state", "wrap_up_until", "version"])
    Segment.objects.filter(item=item, ended_at=None).update(wrap_up_at=now)
    emit(
        WorkWrapping(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=item.agent_id or 0,
            conversation_id=item.conversation_id,
            at=now.isoformat(),
            until=item.wrap_up_until.isoformat(),
            handled_ms=milliseconds(item.accepted_at or now, now),
        ),
        key=f"work:{item.id}",
        actor=actor,
    )
    return item


def _complete(
    item: WorkItem, holder: AgentState | None, *, state: str, disposition: Disposition | None, actor: Any, now: datetime
) -> WorkItem:
    _close_pending(item, reason="completed", now=now)
    segment = _end_segment(item, by="completed", now=now)
    item.state, item.disposition, item.completed_at = state, disposition or item.disposition, now
    item.wake_at, item.wrap_up_until, item.version = None, None, item.version + 1
    item.save(update_fields=["state", "disposition", "completed_at", "wake_at", "wrap_up_until", "version"])
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
            paused_ms=_paused_ms(item, now=now),
        ),
        key=f"work:{item.id}",
        actor=actor,
    )
    if holder is not None:
        _free(holder, now=now)
    return item


def abandon(item_id: int, *, now: datetime) -> WorkItem:
    """The customer left before anybody answered."""
    with transaction.atomic():
        item, _ = lock_item(item_id)
        if item.state not in {State.WAITING, State.OFFERED}:
            return item
        _close_pending(item, reason="customer left", now=now)
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


def end_wrap_ups(*, now: datetime, limit: int = 200) -> int:
    """Wrap-ups whose time is over complete by themselves."""
    due = WorkItem.objects.filter(state=State.WRAPPING, wrap_up_until__lte=now).order_by("wrap_up_until")
    ids = list(due.values_list("id", flat=True)[:limit])
    for item_id in ids:
        with transaction.atomic():
            item, holder = lock_item(item_id)
            if item.state == State.WRAPPING and item.wrap_up_until and item.wrap_up_until <= now:
                _complete(item, holder, state=State.COMPLETED, disposition=None, actor=None, now=now)
    return len(ids)


def _close_pending(item: WorkItem, *, reason: str, now: datetime) -> None:
    for offer in Offer.objects.filter(item=item, state=Offer.State.PENDING).order_by("id"):
        withdraw(offer, item=item, reason=reason, now=now)


def _end_segment(item: WorkItem, *, by: str, now: datetime) -> Segment | None:
    segment = Segment.objects.filter(item=item, ended_at=None).first()
    if segment is not None:
        segment.ended_at, segment.ended_by = now, by
        segment.save(update_fields=["ended_at", "ended_by"])
    return segment


def _tell_released(item: WorkItem, *, kind: str, reason: str, actor: Any, now: datetime) -> None:
    emit(
        WorkReleased(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=item.agent_id or 0,
            conversation_id=item.conversation_id,
            reason=reason[:80],
            at=now.isoformat(),
            handled_ms=milliseconds(item.accepted_at or now, now),
            kind=kind,
            paused_ms=_paused_ms(item, now=now),
        ),
        key=f"work:{item.id}",
        actor=actor,
    )


def _paused_ms(item: WorkItem, *, now: datetime) -> int:
    """How long it waited for the customer while somebody held it."""
    running = (now - item.paused_at).total_seconds() if item.paused_at else 0.0
    return round((item.paused_seconds + running) * 1000)


def _free(holder: AgentState, *, now: datetime) -> None:
    note_idle(holder, now=now)
    apply_pending(holder, now=now)


def pause(item_id: int, *, actor: Any, now: datetime) -> WorkItem:
    """We wait for the customer: the item keeps a small part of its cost, so that waking it up cannot overshoot."""
    with transaction.atomic():
        item, _ = lock_item(item_id)
        if item.state == State.ACTIVE:
            item.state, item.paused_at, item.cost, item.version = (
                State.PAUSED,
                now,
                idle_cost(item.cost),
                item.version + 1,
            )
            item.save(update_fields=["state", "paused_at", "cost", "version"])
            emit(
                WorkPaused(item_id=item.id, queue_id=item.queue_id, agent_id=item.agent_id or 0, at=now.isoformat()),
                key=f"work:{item.id}",
                actor=actor,
            )
    return item


def resume(item_id: int, *, now: datetime, actor: Any = None) -> WorkItem:
    """The customer is back: the item takes its full cost again, with the agent who holds it."""
    with transaction.atomic():
        item, _ = lock_item(item_id)
        if item.state == State.PAUSED:
            paused = (now - item.paused_at).total_seconds() if item.paused_at else 0.0
            item.state, item.paused_at, item.cost = State.ACTIVE, None, default_cost(item.medium)
            item.paused_seconds, item.version = item.paused_seconds + paused, item.version + 1
            item.save(update_fields=["state", "paused_at", "cost", "paused_seconds", "version"])
            emit(
                WorkResumed(item_id=item.id, queue_id=item.queue_id, agent_id=item.agent_id or 0, at=now.isoformat()),
                key=f"work:{item.id}",
                actor=actor,
            )
    return item
