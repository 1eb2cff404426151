"""What rules may ask about a message that just came in, or about a promise that was broken; gathered once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Calendar, Case, Clock
from cases.services.calendars import is_open
from channels_app.models import Channel, Conversation, Message
from channels_app.services.threads import Attached
from crm.models import Customer
from cxos.core.events.cases import ClockBreached
from cxos.core.memory import remembered
from intelligence.models import Insight
from routing.models import Queue
from routing.services.queue import live_item

OPEN_CASE = (Case.Status.OPEN, Case.Status.PENDING)


def gather(
    *, channel: Channel, customer: Customer, attached: Attached, insight: Insight, known: bool, now: datetime
) -> dict[str, Any]:
    """Dotted names → values, as listed in automation.facts_known. No query but for business hours, which are remembered."""
    return {
        **message_facts(attached.message, attached, insight),
        **conversation_facts(attached.conversation),
        **channel_facts(channel),
        **customer_facts(customer),
        "customer.known": known,
        "hours.open": hours_open(channel, now=now),
    }


def gather_breach(clock: Clock, told: ClockBreached, *, now: datetime) -> dict[str, Any]:
    """As `gather`, for a clock with its policy and a conversation with channel and customer. 2 queries."""
    conversation = clock.conversation
    assert conversation is not None
    item = live_item(conversation.pk)
    return {
        **breach_facts(
            clock,
            late_ms=told.late_ms,
            cause=told.cause,
            queue=item.queue.key if item else "",
            has_case=Case.objects.filter(conversations=conversation, status__in=OPEN_CASE).exists(),
            at=now,
        ),
        "hours.open": hours_open(conversation.channel, now=now),
    }


def breach_facts(clock: Clock, *, late_ms: int, cause: str, queue: str, has_case: bool, at: datetime) -> dict[str, Any]:
    """All but the business hours. `at`: when the rules are asked. No query."""
    conversation = clock.conversation
    assert conversation is not None
    channel, customer = conversation.channel, conversation.customer
    return {
        "promise.metric": clock.metric,
        "promise.policy": clock.policy.name if clock.policy else "",
        "promise.budget_minutes": round(clock.budget_seconds / 60, 2),
        "promise.late_minutes": round(late_ms / 60_000, 2),
        "promise.cause": cause,
        "promise.kept_since": clock.stopped_at is not None and clock.stopped_at <= at,
        "queue.key": queue,
        "case.open": has_case,
        **conversation_facts(conversation),
        **channel_facts(channel),
        **customer_facts(customer),
        "customer.known": customer.created_at < conversation.created_at,
    }


def channel_facts(channel: Channel) -> dict[str, Any]:
    return {"channel.key": channel.key, "channel.kind": channel.kind, "channel.medium": channel.medium}


def customer_facts(customer: Customer) -> dict[str, Any]:
    return {
        "customer.name": customer.name,
        "customer.vip": customer.vip,
        "customer.tags": customer.tags,
        "customer.language": customer.language,
    }


def message_facts(message: Message, attached: Attached, insight: Insight) -> dict[str, Any]:
    return {
        "message.text": message.text,
        "message.first": attached.created,
        "message.reopened": attached.reopened,
        "message.attachments": len(message.attachments),
        "message.language": insight.language,
        "message.sentiment": insight.sentiment,
        "message.intent": insight.intent,
        "message.intent_confidence": insight.intent_confidence,
    }


def conversation_facts(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation.priority": conversation.priority,
        "conversation.tags": conversation.tags,
        "conversation.status": conversation.status,
        "conversation.assigned": conversation.assignee_id is not None,
    }


def hours_open(channel: Channel, *, now: datetime) -> bool:
    """By the calendar of the channel's queue; open where there is none."""
    queue = default_queue(channel)
    calendar: Calendar | None = queue.calendar if queue else None
    return calendar is None or is_open(calendar, at=now)


def default_queue(channel: Channel) -> Queue | None:
    """Where work of this channel waits when no rule says otherwise: the channel's own queue, else the first one."""
    return enabled_queue(str(channel.config.get("queue") or "")) or first_queue()


@remembered
def enabled_queue(key: str) -> Queue | None:
    return Queue.objects.select_related("calendar").filter(enabled=True, key=key).first() if key else None


@remembered
def first_queue() -> Queue | None:
    return Queue.objects.select_related("calendar").filter(enabled=True).order_by("id").first()
