"""Leases: an agent whose page went silent is unreachable, and after a second lease gives the work back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cxos.core.events.routing import HolderLost
from cxos.core.outbox import emit
from routing.models import AgentState, Presence, WorkItem
from routing.services.agents import lock_agent
from routing.services.presence import LEASE, change_presence
from routing.services.work import requeue

VOICE = "voice"
LOST = "holder's connection lost"


def lose_unreachable(*, now: datetime) -> int:
    """Mark agents whose lease has run out; give back the work of those gone for two. Returns how many were marked."""
    silent = AgentState.objects.exclude(presence=Presence.OFFLINE).filter(lease_until__lt=now)
    return sum(_lose(user_id, now=now) for user_id in list(silent.values_list("user_id", flat=True)))


def _lose(user_id: int, *, now: datetime) -> bool:
    marked = False
    with transaction.atomic():
        state = lock_agent(user_id)
        if state.lease_until is None or state.lease_until >= now:
            return False
        if state.presence != Presence.UNREACHABLE:
            change_presence(state, presence=Presence.UNREACHABLE, reason="Connection lost", actor=None, now=now)
            marked = True
        give_back = state.lease_until < now - LEASE
    if give_back:
        _give_back(user_id, now=now)
    return marked


def _give_back(user_id: int, *, now: datetime) -> None:
    """Everything waits again but a call: its line may well be alive, so it is left and a supervisor told, once."""
    held = WorkItem.objects.filter(agent_id=user_id, state__in=[WorkItem.State.ACTIVE, WorkItem.State.PAUSED])
    for item in list(held.order_by("id")):
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
