"""What an offer that nobody took says about its agent: perhaps they are not there. Needs the agent's lock."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop

from cxos.core.events.routing import AgentChanged
from cxos.core.outbox import emit
from routing.models import AgentState, Presence, Queue, WorkItem
from routing.services.presence import change_presence

MISSED, DECLINED = gettext_noop("Missed an offer"), gettext_noop("Declined too many offers in a row")
# Whoever does not answer one of these is probably not answering the others either.
FAMILIES = (frozenset({"voice"}), frozenset({"chat", "messaging"}), frozenset({"email", "task"}))


def family_of(medium: str) -> frozenset[str]:
    return next((family for family in FAMILIES if medium in family), frozenset({medium}))


def note_missed(agent: AgentState, item: WorkItem, *, now: datetime) -> None:
    """An offer expired. By the queue's policy the agent is away, or gets nothing more of this kind."""
    agent.missed_in_row += 1
    agent.save(update_fields=["missed_in_row"])
    policy = item.queue.missed
    if policy == Queue.Missed.FAMILY:
        _mute(agent, item.medium)
    elif policy == Queue.Missed.ALL or agent.missed_in_row >= 2:
        _away(agent, MISSED, now=now)


def note_declined(agent: AgentState, item: WorkItem, *, now: datetime) -> None:
    """An offer was declined. Only when it happens again and again it counts as missed."""
    agent.declined_in_row += 1
    agent.save(update_fields=["declined_in_row"])
    if item.queue.most_declines and agent.declined_in_row >= item.queue.most_declines:
        _away(agent, DECLINED, now=now)


def _away(agent: AgentState, why: str, *, now: datetime) -> None:
    if agent.presence == Presence.AVAILABLE:
        change_presence(agent, presence=Presence.MISSED, reason=why, actor=None, now=now)


def _mute(agent: AgentState, medium: str) -> None:
    agent.media_missed = sorted({*agent.media_missed, *family_of(medium)})
    agent.save(update_fields=["media_missed"])
    emit(AgentChanged(agent_id=agent.user_id, what="media"), key=f"agent:{agent.user_id}")
