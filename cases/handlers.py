"""Events in: each handler is one service call."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from cases.models import Calendar, Case
from cases.services import joined, merges
from cases.services.clocks import end_clocks, follow_conversation, record_reply
from cases.services.reselection import recompute_calendar, reselect_conversation, reselect_customer
from channels_app.hints import joined_or_parted
from cxos.core.catalogue import Received, on, stream
from cxos.core.events.cases import CalendarChanged, CaseOpened
from cxos.core.events.channels import (
    ConversationChanged,
    ConversationReopened,
    ConversationResolved,
    ConversationsMerged,
    ConversationsParted,
    MessageSent,
)
from cxos.core.events.crm import CustomerChanged, CustomersMerged, CustomersUnmerged
from cxos.core.search.dictionary import learn


@on(MessageSent)
def meet_response(received: Received) -> None:
    sent = received.event
    waited = None if sent.waiting_ms is None else timedelta(milliseconds=sent.waiting_ms)
    record_reply(
        sent.conversation_id,
        by_bot=sent.author_kind != "agent",
        waited=waited,
        at=datetime.fromisoformat(sent.at),
        actor=received.actor,
        now=timezone.now(),
    )


@on(ConversationResolved)
def end_with_conversation(received: Received) -> None:
    at = datetime.fromisoformat(received.event.at)
    end_clocks(received.event.conversation_id, at=at, actor=received.actor, now=timezone.now())


@on(ConversationReopened)
def return_with_conversation(received: Received) -> None:
    at = datetime.fromisoformat(received.event.at)
    follow_conversation(received.event.conversation_id, at=at, actor=received.actor, now=timezone.now())


@on(ConversationChanged)
def follow_change(received: Received) -> None:
    changed = received.event
    if "status" in changed.changed:
        follow_conversation(changed.conversation_id, at=received.at, actor=received.actor, now=timezone.now())
    reselect_conversation(changed.conversation_id, changed=changed.changed, actor=received.actor, now=timezone.now())


@on(CustomerChanged, lane="work")
def promise_again(received: Received) -> None:
    changed = received.event
    reselect_customer(changed.customer_id, changed=changed.changed, actor=received.actor, now=timezone.now())


@on(CustomersMerged, lane="work")
def follow_merge(received: Received) -> None:
    merges.take_over(received.event.merged_id, survivor_id=received.event.survivor_id)


@on(CustomersUnmerged, lane="work")
def follow_unmerge(received: Received) -> None:
    merges.give_back(received.event.merged_id, survivor_id=received.event.survivor_id)


@on(ConversationsMerged)
def follow_joining(received: Received) -> None:
    told = received.event
    joined.follow_merge(told.merged_id, survivor_id=told.survivor_id, actor=received.actor, now=timezone.now())
    transaction.on_commit(lambda: joined_or_parted(received))


@on(ConversationsParted)
def follow_parting(received: Received) -> None:
    told = received.event
    joined.follow_parting(told.merged_id, survivor_id=told.survivor_id, actor=received.actor, now=timezone.now())
    transaction.on_commit(lambda: joined_or_parted(received))


@on(CalendarChanged, lane="work", atomic=False)
def reckon_with_new_hours(received: Received) -> None:
    calendar = Calendar.objects.get(id=received.event.calendar_id)
    recompute_calendar(calendar, actor=received.actor, now=timezone.now())


@stream("words of cases", CaseOpened)
def learn_words(events: list[Received]) -> None:
    opened = {one.event.case_id for one in events}
    learn(Case.objects.filter(pk__in=opened).values_list("subject", flat=True))
