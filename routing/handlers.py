"""Events in: each handler is one service call."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_noop

from cxos.core.catalogue import Received, on, on_several
from cxos.core.events.cases import CalendarChanged, ClockBreached, ClockChanged, ClockPaused, ClockResumed
from cxos.core.events.channels import (
    ConversationChanged,
    ConversationResolved,
    ConversationsMerged,
    ConversationsParted,
    InteractionReceived,
)
from cxos.core.events.crm import CustomerChanged
from cxos.core.events.people import PersonChanged
from cxos.core.events.routing import (
    AgentChanged,
    BulkChangeGoesOn,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    PartLeft,
    PresenceChanged,
    QueueChanged,
    WorkChanged,
    WorkCompleted,
    WorkPaused,
    WorkQueued,
    WorkReleased,
)
from routing.breach import react
from routing.journey import advance
from routing.models import Presence
from routing.services import bulk, joined
from routing.services.follow import end_with_conversation, follow_conversation, follow_customer
from routing.services.matcher import (
    match_agent,
    match_agents,
    match_items,
    match_queues,
    match_without,
    queues_open_by,
)
from routing.services.offers import return_offers_of
from routing.services.presence import begin_pending
from routing.services.relief import call_relief

# Offers that end otherwise than in work: whoever asked for a break after them has nothing else that would begin it.
OFFERS_CLOSED = frozenset(event.__name__ for event in (OfferDeclined, OfferExpired, OfferWithdrawn))


@on(InteractionReceived)
def begin_journey(received: Received) -> None:
    advance(received.event.interaction_id, now=timezone.now())


@on(ClockBreached, lane="work")
def decide_again(received: Received) -> None:
    """Behind what comes in: after a downtime many promises are broken at once."""
    react(received.event, event_id=received.id, actor=received.actor, now=timezone.now())


@on_several(WorkQueued, WorkChanged, OfferDeclined, OfferExpired, OfferWithdrawn)
def find_an_agent(batch: list[Received]) -> None:
    """First those whom the longer lines call to help: they begin with who waits longest."""
    now, longer = timezone.now(), {one.event.queue_id for one in batch if one.name == WorkQueued.__name__}
    if longer:
        call_relief(queue_ids=longer, now=now)
    match_items({one.event.item_id for one in batch}, now=now)


@on_several(
    WorkCompleted, WorkReleased, WorkPaused, OfferDeclined, OfferExpired, OfferWithdrawn, OfferAccepted, PartLeft,
    AgentChanged,
)  # fmt: skip
def find_work(batch: list[Received]) -> None:
    now = timezone.now()
    if rang := {one.event.agent_id for one in batch if one.name in OFFERS_CLOSED}:
        begin_pending(rang, now=now)
    if agents := {one.event.agent_id for one in batch} - {0, None}:
        match_agents(agents, now=now)


@on(PersonChanged, atomic=False)
def follow_person(received: Received) -> None:
    """Whose team is another may help in other queues."""
    if {"teams", "active"} & set(received.event.changed):
        match_agent(received.event.user_id, now=timezone.now())


@on(QueueChanged, atomic=False)
def follow_queue(received: Received) -> None:
    match_queues([received.event.queue_id], now=timezone.now())


@on(CalendarChanged, atomic=False)
def follow_hours(received: Received) -> None:
    match_queues(queues_open_by(received.event.calendar_id), now=timezone.now())


@on(PresenceChanged, atomic=False)
def follow_presence(received: Received) -> None:
    event = received.event
    if event.presence == Presence.AVAILABLE:
        match_agent(event.agent_id, now=timezone.now())
    else:
        return_offers_of(event.agent_id, reason=gettext_noop("takes no more work"), now=timezone.now())
        if event.previous == Presence.AVAILABLE:
            match_without([event.agent_id], now=timezone.now())


@on(AgentChanged, atomic=False)
def follow_agent(received: Received) -> None:
    """A skill, a queue or a medium may have been taken from them."""
    if received.event.what != "capacity":
        match_without([received.event.agent_id], now=timezone.now())


@on(ConversationResolved)
def finish_work(received: Received) -> None:
    end_with_conversation(received.event.conversation_id, actor=received.actor, now=timezone.now())


@on(ConversationsMerged)
def follow_joining(received: Received) -> None:
    joined.follow_merge(received.event.merge_id, actor=received.actor, now=timezone.now())


@on(ConversationsParted)
def follow_parting(received: Received) -> None:
    joined.follow_parting(received.event.merge_id, actor=received.actor, now=timezone.now())


@on(ConversationChanged, ClockChanged, ClockPaused, ClockResumed)
def follow_change(received: Received) -> None:
    """Clocks that start or are met need no handler: the journey tells the queue their deadline. Nor do tags."""
    if received.event.conversation_id and getattr(received.event, "changed", None) != ["tags"]:
        follow_conversation(received.event.conversation_id, now=timezone.now())


@on(CustomerChanged)
def follow_vip(received: Received) -> None:
    if "vip" in received.event.changed:
        follow_customer(received.event.customer_id, now=timezone.now())


@on(BulkChangeGoesOn, lane="work", atomic=False)
def do_many(received: Received) -> None:
    bulk.go_on(received.event.change_id, now=timezone.now())
