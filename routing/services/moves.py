"""Work that changes hands: back into its queue, into another one, to an agent, to somebody outside. It stays the same item
and keeps its age."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _, gettext_noop

from channels_app.services.assignment import assign
from channels_app.services.lines import add_line, lock_conversation
from cxos.core.errors import Conflict, Forbidden, Invalid
from cxos.core.events.routing import WorkAssigned, WorkMoved
from cxos.core.models import User
from cxos.core.outbox import emit
from cxos.core.phrases import Phrase
from routing.models import AgentState, Decision, Queue, WorkItem
from routing.services.agents import has_room, lock_agent
from routing.services.calls import let_others_call
from routing.services.holding import (
    begin_segment,
    close_pending,
    end_parts,
    free,
    keeps_place,
    let_go,
    lock_item,
    milliseconds,
    unpaused,
)
from routing.services.notes import note
from routing.services.queue import tell_queued
from routing.services.room import with_room
from routing.services.wrap_up import complete

State = WorkItem.State
ASSIGNED = gettext_noop("Assigned to %(agent)s by %(by)s.")
ASSIGNED_BEYOND = gettext_noop("Assigned to %(agent)s by %(by)s, over capacity.")
MOVABLE = frozenset({State.WAITING, State.OFFERED, State.ACTIVE, State.PAUSED})
WAITS = [
    "queue", "entered_at", "ring", "ring_elapsed", "state", "agent", "accepted_at", "paused_at", "ring_since", "wake_at",
    "version", "excluded", "age_credit", "overflow_path", "direct_agent", "direct_until", "predicted_wait_seconds",
    "actual_wait_seconds", "cost", "paused_seconds", "sticky_agent", "sticky_until", "interruptible",
]  # fmt: skip


def assign_by_hand(item_id: int, *, agent: User, actor: User, now: datetime, version: int | None = None) -> WorkItem:
    """Give the work to an agent, past queue and offer; beyond the agent's capacity only a supervisor may, on record.

    Also how a supervisor takes over: `agent` and `actor` are the same then.
    """
    with transaction.atomic():
        item, previous = lock_item(item_id, version=version, also=[agent.pk])
        if item.state not in MOVABLE | {State.SCHEDULED}:
            raise Conflict(
                "not_assignable",
                _("Work that is %(state)s cannot be assigned.") % {"state": item.get_state_display().lower()},
            )
        if item.agent_id == agent.pk and item.state in WorkItem.HELD:
            return item
        taker = lock_agent(agent.pk)
        close_pending(item, reason=gettext_noop("assigned by hand"), now=now)
        if item.state in WorkItem.HELD:
            let_go(item, by="transferred", kind="reassigned", reason="assigned by hand", actor=actor, now=now)
            let_others_call(item)
        end_parts(item, agent_id=agent.pk, by="became holder", now=now)
        over = goes_beyond(taker, agent, item, actor=actor)
        begin_segment(item, agent.pk, now=now)
        _hold(item, agent, now=now)
        if item.conversation_id:
            assign(item.conversation_id, assignee_id=agent.pk, team_id=item.queue.team_id, actor=actor, now=now)
        _tell_assigned(item, agent, actor=actor, over=over, now=now)
        if previous is not None and previous.user_id != agent.pk:
            free(previous, now=now)
    item.refresh_from_db()
    return item


def goes_beyond(taker: AgentState, agent: User, item: WorkItem, *, actor: User) -> bool:
    """Whether the work is more than the agent may hold beside what they hold. Raises Forbidden then, but for a supervisor:
    whoever else it is, also for themselves."""
    if has_room(taker, item):
        return False
    if actor.supervises:
        return True
    if actor.pk == agent.pk:
        raise Forbidden(
            "over_capacity",
            _("You have no free capacity. End or hand back something first, or ask a supervisor to assign it to you."),
        )
    raise Forbidden(
        "over_capacity",
        _("%(name)s has no free capacity. A supervisor may assign it nevertheless.") % {"name": agent.name},
    )


def _hold(item: WorkItem, agent: User, *, now: datetime) -> None:
    WorkItem.objects.filter(id=item.id).update(
        state=State.ACTIVE, agent=agent, accepted_at=now, version=F("version") + 1,
        wake_at=None, direct_agent=None, direct_until=None, **unpaused(item, now=now),
    )  # fmt: skip


def _tell_assigned(item: WorkItem, agent: User, *, actor: User, over: bool, now: datetime) -> None:
    waited = milliseconds(item.entered_at, now)
    why = Phrase(ASSIGNED_BEYOND if over else ASSIGNED, {"agent": agent.name, "by": actor.name})
    facts = {"agent": agent.pk, "by": actor.pk, "over_capacity": over}
    note(item, Decision.Kind.ASSIGN, why, facts=facts, now=now)
    emit(
        WorkAssigned(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=agent.pk,
            conversation_id=item.conversation_id,
            over_capacity=over,
            at=now.isoformat(),
            waited_ms=waited,
            from_queue=item.state in {State.WAITING, State.OFFERED},
            within_service_level=waited <= item.queue.service_level_seconds * 1000,
            called_back=keeps_place(item),
        ),
        key=f"work:{item.id}",
        actor=actor,
    )


def requeue(item_id: int, *, reason: str, actor: Any, now: datetime, version: int | None = None) -> WorkItem:
    """Back into its queue with its age; the holder gets it again last."""
    return _put_back(
        item_id, queue=None, agent=None, kind="requeued", reason=reason, actor=actor, now=now, version=version
    )


def transfer(
    item_id: int,
    *,
    queue: Queue,
    actor: Any,
    now: datetime,
    reason: str = "",
    kind: str = "transferred",
    version: int | None = None,
) -> WorkItem:
    """Into another queue, as the same item with its age. `kind` overflow: the queue itself sends it on."""
    if not queue.enabled:
        raise Invalid(
            "queue_disabled",
            _("The queue %(name)s is switched off. Choose another one.") % {"name": queue.name},
            field="queue",
        )
    reason = reason or f"transferred to {queue.name}"
    return _put_back(item_id, queue=queue, agent=None, kind=kind, reason=reason, actor=actor, now=now, version=version)


def transfer_to_agent(
    item_id: int, *, agent: User, actor: Any, now: datetime, reason: str = "", version: int | None = None
) -> WorkItem:
    """Blind: it waits for this agent as long as its queue allows, then for anybody of the queue."""
    if not agent.is_active:
        raise Invalid("no_such_agent", _("%(name)s does not work here any more.") % {"name": agent.name}, field="agent")
    return _put_back(
        item_id,
        queue=None,
        agent=agent,
        kind="transferred",
        reason=reason or f"transferred to {agent.name}",
        actor=actor,
        now=now,
        version=version,
    )


def transfer_out(
    item_id: int, *, address: str, actor: Any, now: datetime, reason: str = "", version: int | None = None
) -> WorkItem:
    """To somebody outside: our part is over, segment and thread keep where it went. Who carries the call hears it from
    WorkReleased (kind external)."""
    address = address.strip()
    if not 0 < len(address) <= 120:
        raise Invalid("address", _("Say where it goes, in up to 120 characters."), field="address")
    with transaction.atomic():
        item, holder = lock_item(item_id, version=version)
        if item.state not in {State.ACTIVE, State.PAUSED}:
            raise Conflict(
                "not_transferable",
                _("Work that is %(state)s cannot be moved.") % {"state": item.get_state_display().lower()},
            )
        item.reason = (reason or f"transferred to {address}")[:200]
        item.save(update_fields=["reason"])
        let_go(item, by="transferred", to=address, kind="external", reason=item.reason, actor=actor, now=now)
        if item.conversation_id:
            found = lock_conversation(item.conversation_id)
            said = f"Transferred to {address}."
            add_line(found, what="transferred_out", text=said, actor=actor, now=now, address=address)
        return complete(item, holder, state=State.COMPLETED, disposition=None, actor=actor, now=now)


def _put_back(
    item_id: int,
    *,
    queue: Queue | None,
    agent: User | None,
    kind: str,
    reason: str,
    actor: Any,
    now: datetime,
    version: int | None,
) -> WorkItem:
    with transaction.atomic():
        item, holder = lock_item(item_id, version=version)
        if item.state not in MOVABLE:
            raise Conflict(
                "not_transferable",
                _("Work that is %(state)s cannot be moved.") % {"state": item.get_state_display().lower()},
            )
        left, waited, held = item.queue, milliseconds(item.entered_at, now), item.state in WorkItem.HELD
        close_pending(item, reason=reason, now=now)
        if holder is not None and held:
            by = "requeued" if kind == "requeued" else "transferred"
            let_go(item, by=by, kind=kind, reason=reason, actor=actor, now=now)
            let_others_call(item)
            until = now + timedelta(seconds=item.queue.cooldown_seconds)
            item.excluded = {**item.excluded, str(holder.user_id): until.isoformat()}
        end_parts(item, now=now)
        if held or (queue is not None and queue.pk != item.queue_id):  # somebody let it go, or others serve it
            item.sticky_agent = item.sticky_until = None
        if queue is not None and queue.pk != item.queue_id:
            _enter(item, queue, overflows=kind == "overflow", now=now)
        elif held:  # waits anew; its age still counts from queued_at
            item.entered_at, item.predicted_wait_seconds, item.actual_wait_seconds = now, None, None
        _let_wait(item, agent=agent, now=now)
        if item.conversation_id:
            assign(item.conversation_id, assignee_id=None, team_id=item.queue.team_id, actor=actor, now=now)
        moved, left_line = item.queue_id != left.pk, keeps_place(item)
        if moved and not held:
            _tell_moved(
                item, left, kind=kind, reason=reason, waited_ms=waited, left_line=left_line, actor=actor, now=now
            )
        tell_queued(item, actor=actor, again=True, entered=(moved or held) and not left_line, now=now)
        if holder is not None:
            free(holder, now=now)
    return item


def _enter(item: WorkItem, queue: Queue, *, overflows: bool, now: datetime) -> None:
    """Into the queue, or where it sends on what it has no room for. Transferred work keeps the share of its age that the
    queue gives it; overflowing work keeps all."""
    path = [*item.overflow_path, item.queue_id] if overflows else []
    target = with_room(queue, path=tuple(path), now=now)
    age = (now - item.queued_at).total_seconds() - item.paused_seconds + item.age_credit
    if not overflows:
        item.age_credit -= (1.0 - queue.transfer_credit) * age
    item.queue, item.overflow_path = target, path if target.pk == queue.pk else [*path, queue.pk]
    item.interruptible = target.lets_calls_in(item.medium)
    item.ring, item.ring_elapsed, item.entered_at = 0, 0.0, now
    item.predicted_wait_seconds, item.actual_wait_seconds = None, None


def _let_wait(item: WorkItem, *, agent: User | None, now: datetime) -> None:
    for name, value in unpaused(item, now=now).items():
        setattr(item, name, value)
    item.state, item.agent, item.accepted_at, item.paused_at = State.WAITING, None, None, None
    item.direct_agent = agent
    item.direct_until = now + timedelta(seconds=item.queue.direct_seconds) if agent else None
    if agent is not None:
        item.excluded = {id: until for id, until in item.excluded.items() if id != str(agent.pk)}
    item.ring_since, item.wake_at, item.version = now, now, item.version + 1
    item.save(update_fields=WAITS)


def _tell_moved(
    item: WorkItem,
    left: Queue,
    *,
    kind: str,
    reason: str,
    waited_ms: int,
    left_line: bool,
    actor: Any,
    now: datetime,
) -> None:
    emit(
        WorkMoved(
            item_id=item.id,
            from_queue_id=left.pk,
            to_queue_id=item.queue_id,
            conversation_id=item.conversation_id,
            kind=kind,
            reason=reason[:80],
            at=now.isoformat(),
            waited_ms=waited_ms,
            within_service_level=waited_ms <= left.service_level_seconds * 1000,
            called_back=left_line,
        ),
        key=f"work:{item.id}",
        actor=actor,
    )
