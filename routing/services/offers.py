"""Offers: accepted, declined, expired, withdrawn. Each is one transaction; locks go agent → item → offer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _, gettext_noop

from channels_app.services.assignment import assign
from cxos.core.errors import Conflict, NotFound
from cxos.core.events.routing import OfferAccepted, OfferDeclined, OfferExpired, OfferMade, PartJoined
from cxos.core.models import User
from cxos.core.outbox import emit
from routing.models import AgentState, Offer, Queue, WorkItem
from routing.services.agents import lock_agent, note_idle
from routing.services.holding import begin_segment, closing, keeps_place, milliseconds, withdraw
from routing.services.missed import note_declined, note_missed

VOICE = "voice"


def made(offer: Offer, item: WorkItem, *, now: datetime) -> OfferMade:
    return OfferMade(
        offer_id=offer.id,
        item_id=item.id,
        queue_id=item.queue_id,
        agent_id=offer.agent_id,
        conversation_id=item.conversation_id,
        medium=item.medium,
        at=now.isoformat(),
        expires_at=offer.expires_at.isoformat(),
        waited_ms=milliseconds(item.entered_at, now),
        attempt=offer.attempt,
    )


def accept_offer(offer_id: int, *, user: User, now: datetime) -> WorkItem:
    """The agent takes the work. The first to commit wins; anybody later is told so (Conflict `already_taken`)."""
    with transaction.atomic():
        agent = lock_agent(user.pk)
        offer = own_offer(offer_id, user)
        if offer.state == Offer.State.ACCEPTED:
            return offer.item  # a repeated click or resent command
        item = _lock(offer)
        take(offer, user, agent, now=now)
    item.refresh_from_db()
    return item


def take(offer: Offer, user: User, agent: AgentState, *, asked: bool = True, now: datetime) -> None:
    """The offer is this agent's. Raises Conflict when it is closed, over (if anybody was asked), or the work gone."""
    open_still = Offer.objects.filter(id=offer.id, state=Offer.State.PENDING)
    open_still = open_still.filter(expires_at__gt=now) if asked else open_still
    if not open_still.update(state=Offer.State.ACCEPTED, closed_at=now):
        raise _why_not(offer, now)
    if offer.kind != Offer.Kind.WORK:
        _join(offer, user, now=now)
        return
    item = offer.item
    taken = WorkItem.objects.filter(id=item.id, state=WorkItem.State.OFFERED).update(
        state=WorkItem.State.ACTIVE, agent=user, accepted_at=now, direct_agent=None, direct_until=None,
        version=F("version") + 1, actual_wait_seconds=Coalesce(
            F("actual_wait_seconds"), Value(max(0.0, (now - item.entered_at).total_seconds()))
        ),
    )  # fmt: skip
    if not taken:
        raise Conflict("already_taken", _("This work has been taken or moved already."))
    if offer.broadcast:
        _withdraw_siblings(offer, now=now)
    begin_segment(item, user.pk, now=now)
    if item.conversation_id:
        assign(item.conversation_id, assignee_id=user.pk, team_id=item.queue.team_id, actor=user, now=now)
    agent.handled_today = F("handled_today") + 1
    agent.missed_in_row = agent.declined_in_row = 0
    agent.save(update_fields=["handled_today", "missed_in_row", "declined_in_row"])
    _tell_accepted(offer, item, asked=asked, now=now)


def lock_item(item_id: int) -> WorkItem:
    """The work, locked until the transaction ends. Everybody it rings at locks it before their own offer: else the winner
    and those who come later wait for each other, and of several who pass at once none would see that they are the last.

    Read without a join: the statement would find nothing if the work changed its queue while we waited for the lock."""
    return WorkItem.objects.select_for_update(no_key=True).get(id=item_id)


def _lock(offer: Offer) -> WorkItem:
    """The offer's work as it is now, locked. Its queue is that of before, read with the offer, unless it has moved."""
    before, offer.item = offer.item, lock_item(offer.item_id)
    if offer.item.queue_id == before.queue_id:
        offer.item.queue = before.queue
    return offer.item


def own_offer(offer_id: int, user: User) -> Offer:
    offer = Offer.objects.select_related("item__queue").filter(id=offer_id, agent=user).first()
    if offer is None:
        raise NotFound("no_such_offer", _("There is no such offer for you."))
    return offer


def _why_not(offer: Offer, now: datetime) -> Conflict:
    offer.refresh_from_db()
    if offer.state == Offer.State.PENDING and offer.expires_at > now:
        return Conflict("already_taken", _("Somebody else has taken this work already."))
    if offer.state in {Offer.State.EXPIRED, Offer.State.PENDING}:
        return Conflict("offer_expired", _("This offer has expired. The work is being offered to somebody else."))
    if offer.state == Offer.State.WITHDRAWN:
        return Conflict("already_taken", _("This work has been taken or moved already."))
    return Conflict(
        "offer_closed", _("This offer is %(state)s already.") % {"state": offer.get_state_display().lower()}
    )


def _join(offer: Offer, user: User, *, now: datetime) -> None:
    """Somebody asked this agent to advise or to take part: they do from now on, the holder stays."""
    item = offer.item
    if item.state not in {WorkItem.State.ACTIVE, WorkItem.State.PAUSED} or item.agent_id == user.pk:
        raise Conflict("already_taken", _("This work has been moved or ended meanwhile."))
    begin_segment(item, user.pk, kind=offer.kind, now=now)
    emit(
        PartJoined(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=user.pk,
            conversation_id=item.conversation_id,
            kind=offer.kind,
            at=now.isoformat(),
        ),
        key=f"work:{item.id}",
        actor=user,
    )


def _tell_accepted(offer: Offer, item: WorkItem, *, asked: bool, now: datetime) -> None:
    waited_ms = milliseconds(item.entered_at, now)
    emit(
        OfferAccepted(
            offer_id=offer.id,
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=offer.agent_id,
            conversation_id=item.conversation_id,
            medium=item.medium,
            at=now.isoformat(),
            waited_ms=waited_ms,
            ring_ms=milliseconds(offer.made_at, now),
            within_service_level=waited_ms <= item.queue.service_level_seconds * 1000,
            called_back=keeps_place(item),
            asked=asked,
        ),
        key=f"work:{item.id}",
        actor=f"user:{offer.agent_id}",
    )


def _withdraw_siblings(offer: Offer, *, now: datetime) -> None:
    for other in Offer.objects.filter(item_id=offer.item_id, state=Offer.State.PENDING).order_by("id"):
        withdraw(other, item=offer.item, reason=gettext_noop("taken by somebody else"), now=now)


def decline_offer(offer_id: int, *, user: User, reason: str, now: datetime) -> None:
    """The agent passes. The work keeps its age, and is not offered to this agent again until the cooldown ends."""
    with transaction.atomic():
        agent = lock_agent(user.pk)
        offer = own_offer(offer_id, user)
        _lock(offer)
        closed = Offer.objects.filter(id=offer.id, state=Offer.State.PENDING).update(
            state=Offer.State.DECLINED, closed_at=now, reason=reason[:80]
        )
        if not closed:
            raise _why_not(offer, now)
        emit(
            OfferDeclined(**closing(offer, offer.item, now), reason=reason, ring_ms=milliseconds(offer.made_at, now)),
            key=f"work:{offer.item_id}",
            actor=user,
        )
        _return_item(offer.item, not_to=user.pk, now=now)
        note_declined(agent, offer.item, now=now)
        note_idle(agent, now=now)


def expire_due(*, now: datetime, limit: int = 200) -> int:
    """Close overdue offers, oldest first, each in its own transaction; returns how many this call closed."""
    due = Offer.objects.filter(state=Offer.State.PENDING, expires_at__lte=now).order_by("expires_at")
    return sum(expire_offer(offer_id, now=now) for offer_id in list(due.values_list("id", flat=True)[:limit]))


def expire_offer(offer_id: int, *, now: datetime) -> bool:
    """The agent did not answer: the work returns with its age, the agent counts as away as the queue wants it. False if it
    was closed already."""
    with transaction.atomic():
        offer = Offer.objects.select_related("item__queue").get(id=offer_id)
        agent = lock_agent(offer.agent_id)
        _lock(offer)
        closed = Offer.objects.filter(id=offer_id, state=Offer.State.PENDING, expires_at__lte=now).update(
            state=Offer.State.EXPIRED, closed_at=now, reason=gettext_noop("no answer")
        )
        if not closed:
            return False
        emit(
            OfferExpired(**closing(offer, offer.item, now), ring_ms=milliseconds(offer.made_at, now)),
            key=f"work:{offer.item_id}",
        )
        _return_item(offer.item, not_to=offer.agent_id, now=now)
        note_missed(agent, offer.item, now=now)
        note_idle(agent, now=now)
    return True


def return_offers_of(agent_id: int, *, reason: str, now: datetime) -> int:
    """The agent is no longer available: what rings there goes back at once. Returns how many offers were withdrawn."""
    with transaction.atomic():
        agent = lock_agent(agent_id)
        pending = Offer.objects.select_related("item__queue").filter(agent_id=agent_id, state=Offer.State.PENDING)
        offers = list(pending.order_by("item_id"))
        for offer in offers:
            _lock(offer)
            withdraw(offer, item=offer.item, reason=reason, now=now)
            _return_item(offer.item, not_to=agent_id, now=now)
        if offers:
            note_idle(agent, now=now)
    return len(offers)


def _return_item(item: WorkItem, *, not_to: int, now: datetime) -> None:
    """Not to this agent for a while; and when it rings at nobody else any more, back to waiting, its age kept and its
    ring clock running on. The item is locked."""
    queue: Queue = item.queue
    excluded = {agent: until for agent, until in item.excluded.items() if datetime.fromisoformat(until) > now}
    excluded[str(not_to)] = (now + timedelta(seconds=queue.cooldown_seconds)).isoformat()
    changes: dict[str, Any] = {"excluded": excluded, "version": F("version") + 1}
    if not Offer.objects.filter(item=item, state=Offer.State.PENDING).exists():
        changes |= {"state": WorkItem.State.WAITING, "ring_since": now, "wake_at": now}
    WorkItem.objects.filter(id=item.id, state=WorkItem.State.OFFERED).update(**changes)
