"""Leases: an agent whose page went silent is unreachable, and after a second lease gives the work back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from cxos.core.events.routing import HolderLost
from cxos.core.outbox import emit
from routing.models import AgentState, Presence, WorkItem
from routing.services.agents import lock_agent
from routing.services.presence import AT_DESK, LEASE, is_silent, lose_connection
from routing.services.work import requeue

VOICE = "voice"
LOST = "holder's connection lost"


def lose_unreachable(*, now: datetime) -> int:
    """Mark who is at their desk and whose lease has run out; give back the work of whoever is silent for two, also of
    those who are at a meal. Returns how many were marked. 1 query where nobody is concerned."""
    silent = AgentState.objects.exclude(presence=Presence.OFFLINE).filter(lease_until__lt=now)
    gone = Q(lease_until__lt=now - LEASE) & Exists(_held_by(OuterRef("user_id")))
    concerned = silent.filter(Q(presence__in=AT_DESK) | gone)
    return sum(_lose(user_id, now=now) for user_id in list(concerned.values_list("user_id", flat=True)))


def _held_by(user_id: int | OuterRef) -> QuerySet[WorkItem]:
    return WorkItem.objects.filter(agent_id=user_id, state__in=[WorkItem.State.ACTIVE, WorkItem.State.PAUSED])


def _lose(user_id: int, *, now: datetime) -> bool:
    marked = False
    with transaction.atomic():
        state = lock_agent(user_id)
        if state.lease_until is None or not is_silent(state, now=now) or state.presence == Presence.OFFLINE:
            return False
        if state.presence in AT_DESK:
            lose_connection(state, now=now)
            marked = True
        give_back = state.lease_until < now - LEASE
    if give_back:
        _give_back(user_id, now=now)
    return marked


def _give_back(user_id: int, *, now: datetime) -> None:
    """Everything waits again but a call: its line may well be alive, so it is left and a supervisor told, once."""
    for item in list(_held_by(user_id).order_by("id")):
        if item.medium != VOICE:
            requeue(item.id, reason="connection lost", actor=None, now=now)
        elif item.reason != LOST:
            _tell_lost(item, now=now)


def _tell_lost(item: WorkItem, *, now: datetime) -> None:
    with transaction.atomic():
        if WorkItem.objects.filter(id=item.id, version=item.version).exclude(reason=LOST).update(reason=LOST):
            emit(
                HolderLost(
                    item_id=item.id,
                    queue_id=item.queue_id,
                    agent_id=item.agent_id or 0,
                    conversation_id=item.conversation_id,
                    at=now.isoformat(),
                ),
                key=f"work:{item.id}",
            )
