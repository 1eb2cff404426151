"""A promise, the hours it counts in, and Kim waiting for an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from cases.models import Calendar, Metric, SlaPolicy, SlaTarget
from cases.services.clocks import lock_for_clocks, start_clocks
from channels_app.models import Channel, Conversation, Message
from crm.models import Customer

MINUTE = 60
HOUR = 3600
OFFICE = {str(day): [[540, 1020]] for day in range(5)}  # Monday to Friday, 9 to 17
ALWAYS = {str(day): [[0, 1440]] for day in range(7)}
Say = Callable[..., Message]


@pytest.fixture
def office(db: None) -> Calendar:
    return Calendar.objects.create(name="Office", zone="UTC", weekly=OFFICE)


@pytest.fixture
def always(db: None) -> Calendar:
    return Calendar.objects.create(name="Always", zone="UTC", weekly=ALWAYS)


def promise(name: str, calendar: Calendar, *, rank: int = 10, conditions: Any = None, **budgets: int) -> SlaPolicy:
    """A policy with one target a metric, for all priorities: first_response=900, …"""
    policy = SlaPolicy.objects.create(name=name, rank=rank, calendar=calendar, conditions=conditions or {})
    for metric, seconds in budgets.items():
        SlaTarget.objects.create(policy=policy, metric=Metric(metric), budget_seconds=seconds)
    return policy


@pytest.fixture
def policy(office: Calendar) -> SlaPolicy:
    """15 minutes to the first answer, 30 to the next, 16 hours to the end."""
    return promise(
        "Standard", office, rank=20, first_response=15 * MINUTE, next_response=30 * MINUTE, resolution=16 * HOUR
    )


@pytest.fixture
def conversation(kim: Customer, api: Channel, now: datetime) -> Conversation:
    """Kim wrote at ten and nobody has looked at it."""
    return Conversation.objects.create(
        customer=kim, channel=api, thread_key="kim-1", created_at=now, last_message_at=now, waiting_since=now
    )


@pytest.fixture
def kim_writes(conversation: Conversation) -> Say:
    """Kim says something at a time: stored as the thread service does, and the clocks are told."""

    def write(at: datetime, *, noticed: timedelta = timedelta(0)) -> Message:
        row = Conversation.objects.get(pk=conversation.pk)
        row.waiting_since = row.waiting_since or at
        row.status, row.resolved_at = Conversation.Status.OPEN, None
        row.save(update_fields=["waiting_since", "status", "resolved_at"])
        message = Message.objects.create(
            conversation=row, author_kind="customer", text="Hello?", state="received", created_at=at
        )
        with transaction.atomic():
            start_clocks(lock_for_clocks(conversation.pk), at=message.created_at, now=at + noticed)
        return message

    return write
