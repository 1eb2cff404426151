"""Who is told of what: from events to notifications. Each handler works out the people and the words, and tells them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from cases.models import Case, Clock
from channels_app.models import Conversation, Message
from crm.models import Customer
from cxos.core.actor import actor_user_id
from cxos.core.catalogue import Received, on, stream
from cxos.core.events.cases import ClockBreached, ClockNearing
from cxos.core.events.channels import ConversationAssigned, MessageReceived, NoteAdded
from cxos.core.events.crm import MergeSuggested
from cxos.core.events.routing import OfferAccepted, OfferDeclined, OfferMade, OfferWithdrawn, TrialEnded
from cxos.core.models import Role, User
from cxos.core.services.notifications import News, notify, notify_each, take_back
from routing.models import AgentState, Presence

AT_WORK = (Presence.AVAILABLE, Presence.BUSY)
EXCERPT = 200


@stream("offers people are told of", OfferMade, OfferAccepted, OfferDeclined, OfferWithdrawn)
def tell_of_offers(events: list[Received]) -> None:
    """One that was answered is no news, nor is one that rang and was answered since we looked; one that expired stays, so
    that the agent sees what they missed. Work that came without an offer is told as assigned. At most 9 queries, however
    many offers."""
    ringing: dict[tuple[int, str], Received] = {}
    unasked: dict[tuple[int, str], Received] = {}
    settled: set[tuple[int, str]] = set()
    for one in events:
        who = one.event.agent_id, about(one.event.conversation_id)
        if one.name == "OfferMade":
            ringing[who] = one
        else:
            ringing.pop(who, None)
            settled.add(who)
            if one.name == "OfferAccepted" and not one.event.asked:
                unasked[who] = one
    if settled:
        take_back(settled, kind="offered")
    known = conversations_details({one.event.conversation_id for one in [*ringing.values(), *unasked.values()]})
    for kind, told in (("offered", ringing), ("assigned", unasked)):
        news = [
            News(user, where, known[one.event.conversation_id], one.at)
            for (user, where), one in told.items()
            if one.event.conversation_id in known
        ]
        notify_each(news, kind=kind)


@on(ConversationAssigned, lane="work")
def tell_of_assignment(received: Received) -> None:
    """Not whoever took it themselves, nor whoever was asked before by an offer. Work that comes without being asked has its
    agent for an actor as well: `tell_of_offers` tells of it."""
    told = received.event
    if told.agent_id is None or actor_user_id(received.actor) in {None, told.agent_id}:
        return
    if details := conversation_details(told.conversation_id):
        notify([told.agent_id], kind="assigned", about=about(told.conversation_id), details=details, now=received.at)


@on(NoteAdded, lane="work")
def tell_of_mention(received: Received) -> None:
    told = received.event
    called = {*told.mentioned_ids} - {told.agent_id}
    if called and (details := conversation_details(told.conversation_id, message_id=told.message_id)):
        by = User.objects.filter(pk=told.agent_id).values_list("name", flat=True).first()
        visible = [one.pk for one in User.objects.filter(pk__in=called) if may_see(one, told.conversation_id)]
        known = details | {"by": by} if by else details
        notify(visible, kind="mentioned", about=about(told.conversation_id), details=known, now=received.at)


@stream("replies to people who are away", MessageReceived)
def tell_who_is_away(events: list[Received]) -> None:
    """Once a batch and conversation: every message comes by here, so it costs two queries for all of them."""
    last = {one.event.conversation_id: one for one in events}
    holders = dict(Conversation.objects.filter(pk__in=last, assignee__isnull=False).values_list("pk", "assignee_id"))
    here = AgentState.objects.filter(user__in=holders.values(), presence__in=AT_WORK).values_list("user_id", flat=True)
    at_work = set(here) if holders else set()
    for conversation_id, holder in sorted(holders.items()):
        if holder in at_work:
            continue
        one = last[conversation_id]
        details = conversation_details(conversation_id, message_id=one.event.message_id) or {}
        notify([holder], kind="replied", about=about(conversation_id), details=details, now=one.at)


@on(ClockNearing, ClockBreached, lane="work")
def tell_of_deadline(received: Received) -> None:
    """Whoever holds it; of a breach also the supervisors of its team."""
    told, breached = received.event, received.name == "ClockBreached"
    rows = Conversation if told.conversation_id else Case
    thing = rows.objects.select_related("customer").filter(pk=told.conversation_id or told.case_id).first()
    if thing is None:
        return
    people = {thing.assignee_id} - {None}
    if breached:
        watching = User.objects.filter(role=Role.SUPERVISOR, is_active=True)
        people |= {*(watching.filter(teams=thing.team_id) if thing.team_id else watching).values_list("pk", flat=True)}
    details = {"customer": thing.customer.kept_label, "metric": Clock(metric=told.metric).get_metric_display()}
    where = about(told.conversation_id) if told.conversation_id else f"case:{told.case_id}"
    notify(people, kind="breached" if breached else "nearing", about=where, details=details, now=received.at)


@on(MergeSuggested, lane="work")
def tell_of_likeness(received: Received) -> None:
    told = received.event
    names = {one.pk: one.kept_label for one in Customer.objects.filter(pk__in=[told.first_id, told.second_id])}
    details = {"first": names.get(told.first_id, "…"), "second": names.get(told.second_id, "…")}
    people = User.objects.filter(Q(role=Role.SUPERVISOR) | Q(role=Role.ADMIN), is_active=True)
    where = f"suggestion:{told.suggestion_id}"
    notify(people.values_list("pk", flat=True), kind="same", about=where, details=details, now=received.at)


@on(TrialEnded, lane="work")
def tell_of_trial(received: Received) -> None:
    told = received.event
    if told.author_id is not None:
        details = {"what": gettext_noop("The simulation"), "text": told.day}
        notify([told.author_id], kind="finished", about=f"trial:{told.trial_id}", details=details, now=received.at)


def about(conversation_id: int | None) -> str:
    return f"conversation:{conversation_id}"


def conversation_details(conversation_id: int | None, *, message_id: int | None = None) -> dict[str, Any] | None:
    """Whose it is and what was said last (or in that message); None when it is gone. 1 or 2 queries."""
    found = conversations_details({conversation_id}).get(conversation_id)
    said = (
        Message.objects.filter(pk=message_id).values_list("text", flat=True).first() if found and message_id else None
    )
    return found | {"text": said[:EXCERPT]} if found and said else found


def conversations_details(ids: Collection[int | None]) -> dict[int | None, dict[str, Any]]:
    """Conversation → whose it is and what was said last; those that are gone are left out. 1 query, 0 for none."""
    rows = Conversation.objects.select_related("customer").filter(pk__in=[one for one in ids if one])
    return {one.pk: {"customer": one.customer.kept_label, "text": one.last_message_text[:EXCERPT]} for one in rows}


def may_see(user: User, conversation_id: int) -> bool:
    return bool(Conversation.objects.visible_to(user).filter(pk=conversation_id).exists())
