"""What rules would have done to messages that came in: nothing is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automation.fill import fill
from automation.models import Rule
from automation.plan import Plan
from automation.services.decide import plan_of
from cases.models import Calendar
from cases.services.calendars import is_open
from channels_app.models import Channel, Conversation, Message
from channels_app.services.threads import Attached
from intelligence.models import Insight
from routing.facts import channel_facts, conversation_facts, customer_facts, default_queue, message_facts

MOST_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class Tried:
    """What the rules would do to a message (its text, when it came) or a breach (which promise, since when it is broken),
    and every comparison that was made."""

    conversation: Conversation
    text: str
    at: datetime
    matched: bool
    actions: tuple[dict[str, Any], ...]
    trace: tuple[dict[str, Any], ...]


def try_rules(rules: Sequence[Rule], *, last: int) -> list[Tried]:
    """The newest `last` customer messages, newest first. 3 queries, and one or two a channel.

    Priority, tags and status are those of today: what they were when the message came in is not kept.
    """
    messages = list(
        Message.objects.filter(author_kind=Message.Author.CUSTOMER, kind=Message.Kind.MESSAGE)
        .select_related("conversation__customer", "conversation__channel")
        .order_by("-id")[: min(last, MOST_MESSAGES)]
    )
    insights = {one.message_id: one for one in Insight.objects.filter(message__in=[one.pk for one in messages])}
    calendars: dict[int, Calendar | None] = {}
    tried = []
    for message in messages:
        channel = message.conversation.channel
        if channel.pk not in calendars:
            calendars[channel.pk] = calendar_of(channel)
        facts = facts_of(message, insights.get(message.pk) or Insight(message=message), calendars[channel.pk])
        where = message.conversation
        tried.append(
            tried_on(plan_of(rules, facts), facts, conversation=where, text=message.text, at=message.created_at)
        )
    return tried


def tried_on(plan: Plan, facts: dict[str, Any], *, conversation: Conversation, text: str, at: datetime) -> Tried:
    return Tried(
        conversation=conversation,
        text=text,
        at=at,
        matched=any(one.applied for one in plan.considered),
        actions=tuple(filled({"kind": one.kind, **one.args}, facts) for one in plan.actions),
        trace=tuple(leaf for one in plan.considered for leaf in one.trace),
    )


def facts_of(message: Message, insight: Insight, calendar: Calendar | None) -> dict[str, Any]:
    """As `routing.facts.gather` made them when the message came in, as far as they are kept. No query."""
    conversation, how = message.conversation, message.metadata.get("thread", "")
    customer, channel = conversation.customer, conversation.channel
    attached = Attached(conversation, message, created=how == "started", reopened=how == "reopened")
    return {
        **message_facts(message, attached, insight),
        **conversation_facts(conversation),
        **channel_facts(channel),
        **customer_facts(customer),
        "customer.known": customer.created_at < conversation.created_at,
        "hours.open": opened(calendar, at=message.created_at),
    }


def calendar_of(channel: Channel) -> Calendar | None:
    queue = default_queue(channel)
    return queue.calendar if queue else None


def opened(calendar: Calendar | None, *, at: datetime) -> bool:
    return calendar is None or is_open(calendar, at=at)


def filled(action: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Its texts as the customer or the agent would have read them."""
    return {name: fill(value, facts) if name in {"text", "subject"} else value for name, value in action.items()}
