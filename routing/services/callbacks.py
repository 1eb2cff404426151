"""Callbacks: the customer hangs up and keeps the place, or names a time. The work item stays the same one with its age.

An agent who does not take the offer is no attempt; a customer who does not answer is one. Locks go agent → item → callback.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from channels_app.services.assignment import assign
from crm.models import Identity
from crm.normalise import normalise
from cxos.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from cxos.core.events.routing import CallbackRequested, CallbackTried
from cxos.core.models import User
from cxos.core.outbox import emit
from routing.calling import next_allowed, zone_or_utc
from routing.models import Callback, Queue, WorkItem
from routing.services.calls import close, tell_closed
from routing.services.holding import (
    close_pending,
    end_parts,
    free,
    keeps_place,
    let_go,
    lock_item,
    milliseconds,
    unpaused,
)
from routing.services.queue import tell_queued
from routing.services.wrap_up import complete

State = WorkItem.State
BEFORE = frozenset({State.WAITING, State.OFFERED})
FURTHEST = timedelta(days=60)
SPELLED = frozenset("+0123456789 ()./-\u00a0")  # what numbers are written with
DO_NOT_CALL = "do_not_call"  # a tag of customers who must not be called
MUST_NOT_CALL = "service:voice"  # of the consent ledger


def request_callback(
    item_id: int,
    *,
    kind: str,
    address: str,
    slot_at: datetime | None = None,
    zone: str = "",
    actor: Any,
    now: datetime,
    version: int | None = None,
) -> Callback:
    """We shall call back. `in_queue`: the item waits on in its place; `scheduled`: it comes at `slot_at`, at the head.

    Raises Conflict when one is open already for this address in this queue; Forbidden for who must not be called.
    """
    _check(kind, slot_at, now=now)
    try:
        with transaction.atomic():
            item, holder = lock_item(item_id, version=version)
            _check_item(item, kind)
            zone = zone or _zone_of(item)
            made = Callback.objects.create(
                item=_without_closed_one(item),
                queue=item.queue,
                customer_id=item.conversation.customer_id if item.conversation else None,
                address=_checked_address(address),
                kind=kind,
                slot_at=slot_at,
                zone=zone,
                created_at=now,
            )
            _tell_requested(made, item, actor=actor, now=now)
            if slot_at is not None:
                _schedule(item, holder, at=_allowed(item.queue, slot_at, zone), actor=actor, now=now)
    except IntegrityError as problem:
        raise Conflict(
            "callback_open", gettext("A callback to this customer is open already in this queue.")
        ) from problem
    return made


def _check(kind: str, slot_at: datetime | None, *, now: datetime) -> None:
    if kind not in Callback.Kind.values:
        raise Invalid("kind", gettext("A callback is in_queue or scheduled."), field="kind")
    if (slot_at is None) != (kind == Callback.Kind.IN_QUEUE):
        raise Invalid(
            "slot_at", gettext("A scheduled callback has a time, one that keeps its place has none."), field="slot_at"
        )
    if slot_at is not None and not now <= slot_at <= now + FURTHEST:
        raise Invalid("slot_at", gettext("Choose a time within the next sixty days."), field="slot_at")


def _check_item(item: WorkItem, kind: str) -> None:
    allowed = BEFORE if kind == Callback.Kind.IN_QUEUE else BEFORE | {State.ACTIVE, State.PAUSED}
    if item.state not in allowed:
        raise Conflict(
            "not_waiting",
            gettext("Work that is %(state)s cannot become this callback.")
            % {"state": item.get_state_display().lower()},
        )
    if must_not_be_called(item):
        raise Forbidden("do_not_call", gettext("This customer must not be called."))


def must_not_be_called(item: WorkItem) -> bool:
    if item.conversation is None:
        return False
    customer = item.conversation.customer
    return DO_NOT_CALL in customer.tags or MUST_NOT_CALL in customer.refused


def _checked_address(address: str) -> str:
    """In the one form in which it is compared: however a number is spelled, it is one number."""
    number = "".join(sign for sign in address if sign.isdecimal() or sign == "+")
    spelled = set(address) <= SPELLED
    address = (normalise("phone", address) or number) if spelled else "".join(address.split())
    if not 3 <= len(address) <= 254:
        raise Invalid("address", gettext("Say which number to call."), field="address")
    return address


def _without_closed_one(item: WorkItem) -> WorkItem:
    """An item has one callback at a time; an earlier one that is over makes way."""
    Callback.objects.filter(item=item).exclude(state__in=Callback.LIVE).delete()
    return item


def _zone_of(item: WorkItem) -> str:
    return (item.conversation.customer.time_zone if item.conversation else "") or "UTC"


def callback_address(item: WorkItem) -> str:
    """A phone number of the item's customer, "" when none is known. 1 query."""
    return phone_of(item.conversation.customer_id) if item.conversation else ""


def phone_of(customer_id: int) -> str:
    """The number we know best, "" when there is none. 1 query."""
    phones = Identity.objects.filter(customer=customer_id, kind=Identity.Kind.PHONE)
    return phones.order_by("-verified", "id").values_list("value", flat=True).first() or ""


def _allowed(queue: Queue, at: datetime, zone: str) -> datetime:
    return next_allowed(at, zone=zone, start=queue.callback_from, end=queue.callback_until)


def _schedule(item: WorkItem, holder: Any, *, at: datetime, actor: Any, now: datetime) -> None:
    """Off the line until `at`. Then it is due at once with the queue's target behind it: as if it had waited that long."""
    close_pending(item, reason=gettext_noop("called back later"), now=now)
    if item.state in WorkItem.HELD:
        let_go(item, by="scheduled", kind="scheduled", reason="called back later", actor=actor, now=now)
        _wait_for_holder(item, at=at)
    end_parts(item, now=now)
    for name, value in unpaused(item, now=now).items():
        setattr(item, name, value)
    item.state, item.agent, item.accepted_at, item.paused_at = State.SCHEDULED, None, None, None
    item.eligible_at, item.due_at, item.sla_target_seconds = at, at, item.queue.service_level_seconds
    item.ring, item.ring_elapsed, item.wake_at, item.version = 0, 0.0, None, item.version + 1
    item.save(
        update_fields=[
            "state", "agent", "accepted_at", "paused_at", "eligible_at", "due_at", "sla_target_seconds", "ring",
            "ring_elapsed", "wake_at", "version", "cost", "paused_seconds", "sticky_agent", "sticky_until",
        ]
    )  # fmt: skip
    if item.conversation_id:
        assign(item.conversation_id, assignee_id=None, actor=actor, now=now)
    if holder is not None:
        free(holder, now=now)


def _wait_for_holder(item: WorkItem, *, at: datetime) -> None:
    """Who agreed it calls back, if they are free within the time the queue waits for a known agent."""
    patience = timedelta(seconds=item.queue.sticky_seconds)
    item.sticky_agent_id, item.sticky_until = (item.agent_id, at + patience) if patience else (None, None)


def wake_callbacks(*, now: datetime, limit: int = 200) -> int:
    """Scheduled callbacks whose time has come wait in their queue from now on. Returns how many."""
    due = WorkItem.objects.filter(state=State.SCHEDULED, eligible_at__lte=now).order_by("eligible_at")
    return sum(_wake(item_id, now=now) for item_id in list(due.values_list("id", flat=True)[:limit]))


def _wake(item_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        item, _ = lock_item(item_id)
        if item.state != State.SCHEDULED or item.eligible_at > now:
            return False
        callback = Callback.objects.filter(item=item, state__in=Callback.LIVE).first()
        later = _allowed(item.queue, now, callback.zone) if callback else now
        if later > now:  # the window closed while nobody looked
            WorkItem.objects.filter(id=item.id).update(eligible_at=later, due_at=later)
            return False
        item.state, item.entered_at, item.ring_since, item.wake_at = State.WAITING, now, now, now
        item.version, item.predicted_wait_seconds, item.actual_wait_seconds = item.version + 1, None, None
        if callback is not None and callback.kind == Callback.Kind.SCHEDULED:
            item.age_credit = _as_old_as_its_target(item, now=now)
        item.save(
            update_fields=[
                "state", "entered_at", "ring_since", "wake_at", "version", "predicted_wait_seconds", "actual_wait_seconds",
                "age_credit",
            ]
        )  # fmt: skip
        tell_queued(item, actor=None, again=True, entered=not keeps_place(item), now=now)
    return True


def _as_old_as_its_target(item: WorkItem, *, now: datetime) -> float:
    """The credit with which it counts as having waited just as long as the queue allows, however far ahead it was agreed."""
    waited = (now - item.queued_at).total_seconds() - item.paused_seconds
    return item.queue.service_level_seconds - waited


def claim_callback(callback_id: int, *, user: User, now: datetime) -> Callback:
    """This agent calls now. Of two who claim one wins (Conflict `already_taken`).

    Outside the customer's hours nobody calls: it comes back when they may be called (Conflict `not_now`). Nor is called who
    has asked not to be (Forbidden `do_not_call`): it is over then, work in hand stays in hand.
    """
    if refused := _refused(callback_id, user=user, now=now):
        raise refused
    with transaction.atomic():
        callback, item, _ = _locked(callback_id)
        if not _may_claim(callback, item, user):
            raise Conflict("not_yours", gettext("Accept the work before you call."))
        claimed = Callback.objects.filter(id=callback_id, state=Callback.State.OPEN).update(
            state=Callback.State.CALLING, claimed_by=user, last_attempt_at=now
        )
        if not claimed and not (callback.state == Callback.State.CALLING and callback.claimed_by_id == user.pk):
            raise Conflict("already_taken", gettext("Somebody is calling this customer already, or has called."))
    callback.refresh_from_db()
    return callback


def _may_claim(callback: Callback, item: WorkItem, user: User) -> bool:
    holds = item.agent_id == user.pk and item.state == State.ACTIVE
    return holds or callback.queue.callback_order != Queue.CallbackOrder.AGENT_FIRST


def _refused(callback_id: int, *, user: User, now: datetime) -> DomainError | None:
    """Why nobody may call now, with what follows from it written; None when they may."""
    with transaction.atomic():
        callback, item, holder = _locked(callback_id)
        if callback.state != Callback.State.OPEN or not _may_claim(callback, item, user):
            return None
        if must_not_be_called(item):
            close(callback, item, state=Callback.State.CANCELED, actor=user, now=now)
            return Forbidden("do_not_call", gettext("This customer must not be called."))
        allowed_at = _allowed(callback.queue, now, callback.zone)
        if allowed_at <= now:
            return None
        _schedule(item, holder, at=allowed_at, actor=user, now=now)
        there = zone_or_utc(callback.zone)
        return Conflict(
            "not_now",
            gettext("It is %(now)s where they are. The callback comes back at %(then)s, when they may be called.")
            % {"now": f"{now.astimezone(there):%H:%M}", "then": f"{allowed_at.astimezone(there):%H:%M}"},
        )


def note_no_answer(callback_id: int, *, user: User, now: datetime) -> Callback:
    """The customer did not answer: again after the gap, inside their hours; after the last attempt it is given up."""
    with transaction.atomic():
        callback, item, holder = _locked(callback_id)
        _check_caller(callback, user)
        callback.attempts += 1
        last = callback.attempts >= callback.queue.callback_attempts
        again = None if last else _allowed(item.queue, now + _gap(item.queue), callback.zone)
        callback.state = Callback.State.FAILED if last else Callback.State.OPEN
        callback.claimed_by = None
        callback.closed_at = now if last else None
        callback.save(update_fields=["attempts", "state", "claimed_by", "closed_at"])
        _tell_tried(callback, item, again, user=user, now=now)
        if again is None:
            tell_closed(callback, item, actor=user, now=now)
            complete(item, holder, state=State.EXPIRED, disposition=None, actor=user, now=now)
        else:
            _schedule(item, holder, at=again, actor=user, now=now)
    return callback


def _gap(queue: Queue) -> timedelta:
    return timedelta(seconds=queue.callback_gap_seconds)


def note_reached(callback_id: int, *, user: User, now: datetime) -> Callback:
    """They talk: from here on it is ordinary work in hand."""
    with transaction.atomic():
        callback, item, _ = _locked(callback_id)
        _check_caller(callback, user)
        close(callback, item, state=Callback.State.REACHED, actor=user, now=now)
    return callback


def cancel_callback(callback_id: int, *, actor: Any, now: datetime) -> Callback:
    """The customer does not want it any more, or came back by themselves. Held work goes on, waiting work is canceled."""
    with transaction.atomic():
        callback, item, holder = _locked(callback_id)
        if callback.state not in Callback.LIVE:
            return callback
        close(callback, item, state=Callback.State.CANCELED, actor=actor, now=now)
        if item.state in BEFORE | {State.SCHEDULED}:
            complete(item, holder, state=State.CANCELED, disposition=None, actor=actor, now=now)
    return callback


def _locked(callback_id: int) -> tuple[Callback, WorkItem, Any]:
    item_id = Callback.objects.filter(id=callback_id).values_list("item_id", flat=True).first()
    if item_id is None:
        raise NotFound("no_such_callback", gettext("There is no such callback."))
    item, holder = lock_item(item_id)
    callback = Callback.objects.select_related("queue").select_for_update(of=("self",), no_key=True).get(id=callback_id)
    return callback, item, holder


def _check_caller(callback: Callback, user: User) -> None:
    if callback.state != Callback.State.CALLING or callback.claimed_by_id != user.pk:
        raise Conflict("not_calling", gettext("You are not calling this customer, or it is over."))


def _tell_requested(callback: Callback, item: WorkItem, *, actor: Any, now: datetime) -> None:
    waited = milliseconds(item.entered_at, now)
    emit(
        CallbackRequested(
            callback_id=callback.pk,
            item_id=item.pk,
            queue_id=item.queue_id,
            conversation_id=item.conversation_id,
            kind=callback.kind,
            slot_at=callback.slot_at.isoformat() if callback.slot_at else None,
            at=now.isoformat(),
            waited_ms=waited,
            from_queue=item.state in BEFORE,
            within_service_level=waited <= item.queue.service_level_seconds * 1000,
        ),
        key=f"work:{item.pk}",
        actor=actor,
    )


def _tell_tried(callback: Callback, item: WorkItem, again: datetime | None, *, user: User, now: datetime) -> None:
    emit(
        CallbackTried(
            callback_id=callback.pk,
            item_id=item.pk,
            queue_id=item.queue_id,
            agent_id=user.pk,
            conversation_id=item.conversation_id,
            attempt=callback.attempts,
            again_at=again.isoformat() if again else None,
            at=now.isoformat(),
        ),
        key=f"work:{item.pk}",
        actor=user,
    )
