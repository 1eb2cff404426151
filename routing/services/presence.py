"""Presence: what the agent says, what a lost connection says, and the lease that tells them apart."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
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
# Whose silence means something. Whoever is at a meal, in a meeting or missed an offer said already that they are not there.
AT_DESK = (Presence.AVAILABLE, Presence.BUSY)


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
            state.idle_since = now  # signing in starts the idle clock: the first in does not get everything
            if state.presence_since.date() != now.date():
                state.handled_today = 0
        if presence == Presence.AVAILABLE:  # they say that they are there
            state.missed_in_row, state.declined_in_row, state.media_missed = 0, 0, []
        state.save(
            update_fields=[
                "lease_until", "idle_since", "handled_today", "missed_in_row", "declined_in_row", "media_missed",
            ]
        )  # fmt: skip
        change_presence(state, presence=presence, reason=reason, actor=actor, now=now)
    return state


def change_presence(state: AgentState, *, presence: str, reason: str, actor: Any, now: datetime) -> None:
    """Write and tell. The caller holds the agent's lock."""
    if state.presence == presence and state.reason == reason and not state.pending_presence:
        return
    reason, worth = reason[:80], _worth(state)
    state.reason, state.pending_presence = reason, ""
    _enter(state, presence, reason=reason, worth=worth, actor=actor, now=now)


def lose_connection(state: AgentState, *, now: datetime) -> None:
    """Unreachable until the page is heard again. What the agent chose stays: the state to come back to, its reason, and
    the change after this work. The caller holds the agent's lock."""
    previous, worth = state.presence, _worth(state)
    _enter(state, Presence.UNREACHABLE, lost_from=previous, reason="Connection lost", worth=worth, now=now)


def _come_back(state: AgentState, *, now: datetime) -> None:
    presence, worth = state.lost_from or Presence.AVAILABLE, _worth(state)
    if not state.lost_from:  # lost before states were kept
        state.reason = ""
    _enter(state, presence, reason="" if state.pending_presence else state.reason, worth=worth, now=now)


def _enter(
    state: AgentState,
    presence: str,
    *,
    reason: str,
    worth: tuple[bool, bool],
    lost_from: str = "",
    actor: Any = None,
    now: datetime,
) -> None:
    """`reason` is told; `worth`: (paid, productive) of the state that ends."""
    previous, since = state.presence, state.presence_since
    state.presence, state.presence_since, state.lost_from = presence, now, lost_from
    state.save(update_fields=["presence", "presence_since", "lost_from", "reason", "pending_presence"])
    emit(
        PresenceChanged(
            agent_id=state.user_id,
            presence=presence,
            previous=previous,
            previous_ms=max(0, round((now - since).total_seconds() * 1000)),
            reason=reason,
            at=now.isoformat(),
            previous_paid=worth[0],
            previous_productive=worth[1],
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
    if not state.pending_presence or held_cost(state.user_id):
        return
    change_presence(state, presence=state.pending_presence, reason=state.reason, actor=None, now=now)
    if state.presence in AT_DESK and is_silent(state, now=now):  # the work went because they are gone
        lose_connection(state, now=now)


def is_silent(state: AgentState, *, now: datetime) -> bool:
    return state.lease_until is not None and state.lease_until < now


def begin_pending(user_ids: Collection[int], *, now: datetime) -> None:
    """Of these agents, whoever asked for a change after their work and holds nothing any more, offers included."""
    asked = AgentState.objects.filter(user__in=user_ids).exclude(pending_presence="")
    for user_id in asked.order_by("user_id").values_list("user_id", flat=True):
        with transaction.atomic():
            apply_pending(lock_agent(user_id), now=now)


def heartbeat(user_id: int, *, now: datetime) -> None:
    """The page is there: renew its lease; an agent whose connection was lost is what they were before."""
    AgentState.objects.filter(user_id=user_id).update(lease_until=now + LEASE)
    if AgentState.objects.filter(user_id=user_id, presence=Presence.UNREACHABLE).exists():
        with transaction.atomic():
            state = lock_agent(user_id)
            if state.presence == Presence.UNREACHABLE:
                _come_back(state, now=now)
