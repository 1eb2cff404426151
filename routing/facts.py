"""What rules may ask about a message that just came in, gathered once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Calendar
from cases.services.calendars import is_open
from channels_app.models import Channel, Conversation, Message
from channels_app.services.threads import Attached
from crm.models import Customer
from cxos.core.memory import remembered
from intelligence.models import Insight
from routing.models import Queue


def gather(
    *, channel: Channel, customer: Customer, attached: Attached, insight: Insight, known: bool, now: datetime
) -> dict[str, Any]:
    """Dotted names → values, as listed in automation.facts_known. No query but for business hours, which are remembered."""
    return {
        **message_facts(attached.message, attached, insight),
        **conversation_facts(attached.conversation),
        "channel.key": channel.key,
        "channel.kind": channel.kind,
        "channel.medium": channel.medium,
        "customer.known": known,
        "customer.name": customer.name,
        "customer.vip": customer.vip,
        "customer.tags": customer.tags,
        "customer.language": customer.language,
        "hours.open": hours_open(channel, now=now),
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
