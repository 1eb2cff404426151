"""Presence: what the agent says, what a lost connection says, and the lease that tells them apart."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cxos.core.errors import Invalid
from cxos.core.events.routing import PresenceChanged
from cxos.core.models import User
from cxos.core.outbox import emit
from routing.models import AgentState, Presence, PresenceReason
from routing.services.agents import held_cost, lock_agent

LEASE = timedelta(seconds=30)
CHOOSABLE = (
    Presence.OFFLINE, Presence.AVAILABLE, Presence.BUSY, Presence.BREAK, Presence.MEAL, Presence.MEETING,
    Presence.TRAINING,
)  # fmt: skip
PRODUCTIVE = (Presence.AVAILABLE, Presence.BUSY)  # unless a reason says otherwise


def set_presence(
    user: User, *, presence: str, reason: str = "", after_work: bool = False, actor: Any, now: datetime
) -> AgentState:
    """The agent (or a supervisor) sets a state. `after_work`: take nothing new now, change when what is held is done."""
    if presence not in CHOOSABLE:
        names = ", ".join(choice.value for choice in CHOOSABLE)
        raise Invalid("presence", _("Presence must be one of %(choices)s.") % {"choices": names}, field="presence")
    with transaction.atomic():
        state = lock_agent(user.pk)
        if after_work and held_cost(user.pk):
            state.pending_presence, state.reason = presence, reason[:80]
            state.save(update_fields=["pending_presence", "reason"])
            return state
        signs_in = state.presence in {Presence.OFFLINE, Presence.UNREACHABLE}
        state.lease_until = now + LEASE
        if signs_in and presence != Presence.OFFLINE:
            state.fence = F("fence") + 1
            state.idle_since = now  # signing in starts the idle clock: the first in does not get everything
            if state.presence_since.date() != now.date():
                state.handled_today = 0
        if presence == Presence.AVAILABLE:  # they say that they are there
            state.missed_in_row, state.declined_in_row, state.media_missed = 0, 0, []
        state.save(
            update_fields=[
                "lease_until", "fence", "idle_since", "handled_today", "missed_in_row", "declined_in_row", "media_missed",
            ]
        )  # fmt: skip
        state.refresh_from_db(fields=["fence"])
        change_presence(state, presence=presence, reason=reason, actor=actor, now=now)
    return state


def change_presence(state: AgentState, *, presence: str, reason: str, actor: Any, now: datetime) -> None:
    """Write and tell. The caller holds the agent's lock."""
    previous, since = state.presence, state.presence_since
    if previous == presence and state.reason == reason and not state.pending_presence:
        return
    paid, productive = _worth(state)
    state.presence, state.reason, state.pending_presence = presence, reason[:80], ""
    state.presence_since = now
    state.save(update_fields=["presence", "presence_since", "reason", "pending_presence"])
    emit(
        PresenceChanged(
            agent_id=state.user_id,
            presence=presence,
            previous=previous,
            previous_ms=max(0, round((now - since).total_seconds() * 1000)),
            reason=reason[:80],
            at=now.isoformat(),
            previous_paid=paid,
            previous_productive=productive,
        ),
        key=f"agent:{state.user_id}",
        actor=actor,
    )


def _worth(state: AgentState) -> tuple[bool, bool]:
    """(paid, productive) of the time in the present state: as its reason says, else as its presence does. One query when
    there is a reason that is not yet that of the state to come."""
    if state.presence == Presence.OFFLINE:
        return False, False
    if state.reason and not state.pending_presence:
        reasons = PresenceReason.objects.filter(name=state.reason, presence=state.presence)
        told = reasons.values_list("paid", "productive").first()
        if told is not None:
            return told
    return True, state.presence in PRODUCTIVE


def apply_pending(state: AgentState, *, now: datetime) -> None:
    """When the last held thing is gone, the change the agent asked for happens. The caller holds the agent's lock."""
    if state.pending_presence and not held_cost(state.user_id):
        change_presence(state, presence=state.pending_presence, reason=state.reason, actor=None, now=now)


def begin_pending(user_ids: Collection[int], *, now: datetime) -> None:
    """Of these agents, whoever asked for a change after their work and holds nothing any more, offers included."""
    asked = AgentState.objects.filter(user__in=user_ids).exclude(pending_presence="")
    for user_id in asked.order_by("user_id").values_list("user_id", flat=True):
        with transaction.atomic():
            apply_pending(lock_agent(user_id), now=now)


def heartbeat(user_id: int, *, now: datetime) -> None:
    """The page is there: renew its lease; an agent whose connection was lost is available again."""
    AgentState.objects.filter(user_id=user_id).update(lease_until=now + LEASE)
    if AgentState.objects.filter(user_id=user_id, presence=Presence.UNREACHABLE).exists():
        with transaction.atomic():
            state = lock_agent(user_id)
            if state.presence == Presence.UNREACHABLE:
                change_presence(state, presence=Presence.AVAILABLE, reason="", actor=None, now=now)
