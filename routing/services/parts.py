"""Others in one's work: asked for advice, taking part, and becoming its holder (a warm transfer)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext, gettext_noop

from channels_app.models import Channel
from channels_app.services.assignment import assign
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.routing import WorkAssigned
from cxos.core.models import User
from cxos.core.outbox import emit
from cxos.core.phrases import Phrase
from routing.models import AgentState, Decision, Offer, Presence, Segment, WorkItem
from routing.services.agents import has_room, lock_agent
from routing.services.calls import let_others_call
from routing.services.holding import (
    begin_segment,
    end_parts,
    free,
    let_go,
    lock_item,
    milliseconds,
    open_parts,
    unpaused,
)
from routing.services.moves import goes_beyond
from routing.services.notes import note
from routing.services.offers import made

State = WorkItem.State
HANDED_OVER = gettext_noop("Handed over to %(agent)s by %(by)s.")
HANDED_OVER_BEYOND = gettext_noop("Handed over to %(agent)s by %(by)s, over capacity.")
IN_HAND = frozenset({State.ACTIVE, State.PAUSED})


def ask_in(item_id: int, *, agent: User, kind: str, actor: User, now: datetime, version: int | None = None) -> Offer:
    """Ask an agent for advice (consult: the customer does not notice) or to take part (conference). The holder stays.

    It rings there as any offer and takes capacity there. Raises Conflict when the agent is away or full.
    """
    if kind not in {Offer.Kind.CONSULT, Offer.Kind.CONFERENCE}:
        raise Invalid(
            "kind", gettext("An agent is asked for advice (consult) or to take part (conference)."), field="kind"
        )
    try:
        with transaction.atomic():
            item, _ = lock_item(item_id, version=version, also=[agent.pk])
            if item.state not in IN_HAND:
                raise Conflict("not_in_hand", gettext("Only work in hand can be shared."))
            _check_free(lock_agent(agent.pk), agent, item)
            offer = Offer.objects.create(
                item=item,
                agent=agent,
                kind=kind,
                asked_by=actor,
                made_at=now,
                expires_at=now + timedelta(seconds=item.queue.offer_seconds),
            )
            emit(made(offer, item, now=now), key=f"work:{item.id}")
    except IntegrityError as problem:
        raise Conflict("asked_already", gettext("Somebody is being asked already. Wait for the answer.")) from problem
    return offer


def _check_free(state: AgentState, agent: User, item: WorkItem) -> None:
    part = Segment.objects.filter(item=item, agent=agent, ended_at=None).exists()
    if item.agent_id == agent.pk or part:
        raise Conflict("there_already", gettext("%(name)s is part of it already.") % {"name": agent.name})
    if state.presence != Presence.AVAILABLE or state.pending_presence:
        raise Conflict("agent_away", gettext("%(name)s is not available.") % {"name": agent.name})
    if item.medium in {*state.media_off, *state.media_missed}:
        raise Conflict(
            "medium_off",
            gettext("%(name)s takes no %(medium)s now.")
            % {"name": agent.name, "medium": Channel.Medium(item.medium).label},
        )
    if not has_room(state, item):
        raise Conflict("over_capacity", gettext("%(name)s has no free capacity.") % {"name": agent.name})


def let_take_part(item_id: int, *, agent: User, actor: User, now: datetime, version: int | None = None) -> Segment:
    """Who advised talks with the customer too: from here on it is a conference."""
    with transaction.atomic():
        item, _ = lock_item(item_id, version=version)
        if open_parts(item.pk).filter(agent=agent, kind=Segment.Kind.CONFERENCE).exists():
            return open_parts(item.pk).get(agent=agent)
        if not end_parts(item, agent_id=agent.pk, by="joined", now=now):
            raise NotFound("not_there", gettext("%(name)s is not part of this work.") % {"name": agent.name})
        return begin_segment(item, agent.pk, kind=Segment.Kind.CONFERENCE, now=now)


def leave(item_id: int, *, agent: User, now: datetime) -> WorkItem:
    """The agent's part is over. When the holder leaves a conference, the one longest there holds it from then on."""
    with transaction.atomic():
        item, _ = lock_item(item_id)
        if item.agent_id == agent.pk:
            heir = (
                open_parts(item.pk).filter(kind=Segment.Kind.CONFERENCE).select_related("agent").order_by("id").first()
            )
            if heir is None:
                raise Conflict("nobody_else", gettext("Nobody else takes part. Transfer the work or end it."))
            return hand_over_to(item_id, agent=heir.agent, actor=agent, now=now)
        if not end_parts(item, agent_id=agent.pk, now=now):
            raise NotFound("not_there", gettext("You are not part of this work."))
    return item


def hand_over_to(item_id: int, *, agent: User, actor: User, now: datetime, version: int | None = None) -> WorkItem:
    """The warm end of a transfer: who advised or took part holds the work, the holder lets go.

    They hold its capacity already; only for work that waited for its customer, and takes its full cost again, may that be
    too much: then as for work assigned by hand.
    """
    with transaction.atomic():
        item, holder = lock_item(item_id, version=version)
        if item.state not in IN_HAND or not open_parts(item.pk).filter(agent=agent).exists():
            raise Conflict("not_there", gettext("%(name)s has to be part of the work first.") % {"name": agent.name})
        to = f"handed over to {agent.name}"
        let_go(item, by="transferred", kind="handed_over", reason=to, actor=actor, now=now)
        let_others_call(item)
        end_parts(item, agent_id=agent.pk, by="became holder", now=now)
        over = goes_beyond(lock_agent(agent.pk), agent, item, actor=actor)
        begin_segment(item, agent.pk, now=now)
        WorkItem.objects.filter(id=item.pk).update(
            state=State.ACTIVE, agent=agent, accepted_at=now, version=F("version") + 1,
            **unpaused(item, now=now),
        )  # fmt: skip
        if item.conversation_id:
            assign(item.conversation_id, assignee_id=agent.pk, actor=actor, now=now)
        _tell(item, agent, actor=actor, over=over, now=now)
        if holder is not None:
            free(holder, now=now)
    item.refresh_from_db()
    return item


def _tell(item: WorkItem, agent: User, *, actor: Any, over: bool, now: datetime) -> None:
    why = Phrase(HANDED_OVER_BEYOND if over else HANDED_OVER, {"agent": agent.name, "by": actor.name})
    facts = {"agent": agent.pk, "by": actor.pk, "over_capacity": over}
    note(item, Decision.Kind.ASSIGN, why, facts=facts, now=now)
    emit(
        WorkAssigned(
            item_id=item.pk,
            queue_id=item.queue_id,
            agent_id=agent.pk,
            conversation_id=item.conversation_id,
            over_capacity=over,
            at=now.isoformat(),
            waited_ms=milliseconds(item.entered_at, now),
            from_queue=False,
        ),
        key=f"work:{item.pk}",
        actor=actor,
    )
