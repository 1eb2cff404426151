"""Through the outbox: what happens to a conversation reaches its clocks, once, however often it is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from cases.handlers import meet_response
from cases.models import Calendar, Case, Clock, SlaPolicy, SlaTarget
from cases.services.cases import open_case, wait_for_customer, wake_cases
from channels_app.models import Conversation
from channels_app.services.conversations import reopen, resolve, set_priority, set_status
from channels_app.services.replies import send_reply
from crm.models import Customer
from cxos.core.events.crm import CustomerChanged
from cxos.core.models import Delivery, Event, User
from cxos.core.outbox import emit
from cxos.core.relay import drain_outbox, received
from tests.cases.conftest import HOUR, MINUTE, Say, promise

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    """Handlers look at the real clock, so these tests happen now."""
    return timezone.now()


@pytest.fixture
def policy(always: Calendar) -> SlaPolicy:
    return promise(
        "Standard", always, rank=20, first_response=15 * MINUTE, next_response=30 * MINUTE, resolution=16 * HOUR
    )


@pytest.fixture
def waiting(conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime) -> Conversation:
    """Kim wrote five minutes ago; her clocks run."""
    Conversation.objects.update(created_at=now - 5 * MINUTES, waiting_since=now - 5 * MINUTES)
    kim_writes(now - 5 * MINUTES)
    return conversation


def clock(metric: str, *, version: int = 1) -> Clock:
    return Clock.objects.get(metric=metric, version=version)


def settled() -> bool:
    """Nothing of ours is waiting for a retry, and nothing was parked."""
    return not Delivery.objects.filter(handler__startswith="cases.").exists()


def test_a_reply_meets_the_first_response(waiting: Conversation, ana: User, now: datetime) -> None:
    send_reply(waiting.pk, text="On it.", author=ana, actor=ana, now=now)
    drain_outbox()

    assert (clock("first_response").state, clock("first_response").consumed_seconds) == ("met", 5 * MINUTE)
    assert settled()


def test_a_reply_that_is_told_twice_counts_once(waiting: Conversation, ana: User, now: datetime) -> None:
    send_reply(waiting.pk, text="On it.", author=ana, actor=ana, now=now)
    drain_outbox()
    events = Event.objects.count()

    sent = Event.objects.get(name="MessageSent")
    meet_response(received((sent.pk, sent.name, sent.key, sent.actor, sent.depth, sent.at, sent.payload)))

    assert Event.objects.count() == events
    assert Clock.objects.filter(metric="first_response").count() == 1
    assert Clock.objects.filter(metric="next_response").count() == 0


def test_pending_pauses_and_open_wakes(waiting: Conversation, ana: User, now: datetime) -> None:
    set_status(waiting.pk, status="pending", actor=ana, now=now)
    drain_outbox()
    assert clock("resolution").state == "paused"

    set_status(waiting.pk, status="open", actor=ana, now=now)
    drain_outbox()
    assert clock("resolution").state == "running"
    assert settled()


def test_resolved_and_reopened_is_the_next_version(waiting: Conversation, ana: User, now: datetime) -> None:
    resolve(waiting.pk, actor=ana, now=now)
    reopen(waiting.pk, actor=ana, now=now + 10 * MINUTES)
    drain_outbox()

    assert (clock("resolution").state, clock("resolution").consumed_seconds) == ("met", 5 * MINUTE)
    again = clock("resolution", version=2)
    assert (again.state, again.running_since, again.consumed_seconds) == ("running", now + 10 * MINUTES, 5 * MINUTE)
    assert settled()


def test_a_changed_priority_moves_the_deadline(
    waiting: Conversation, policy: SlaPolicy, ana: User, now: datetime
) -> None:
    SlaTarget.objects.create(policy=policy, metric="first_response", priority=3, budget_seconds=10 * MINUTE)

    set_priority(waiting.pk, priority=3, actor=ana, now=now)
    drain_outbox()

    assert clock("first_response").due_at == now + 5 * MINUTES
    assert settled()


def test_a_customer_who_becomes_a_vip_gets_the_promise_of_vips(
    waiting: Conversation, policy: SlaPolicy, kim: Customer, now: datetime
) -> None:
    vip = {"fact": "customer.vip", "op": "is", "value": True}
    gold = promise("Gold", policy.calendar, rank=1, conditions=vip, first_response=10 * MINUTE, resolution=HOUR)
    case = open_case(customer=kim, subject="Lost", actor=None, now=now)

    Customer.objects.filter(pk=kim.pk).update(vip=True)
    with transaction.atomic():
        emit(CustomerChanged(customer_id=kim.pk, changed=("vip",)), key=f"customer:{kim.pk}")
    drain_outbox()

    assert set(Clock.objects.values_list("policy", flat=True)) == {gold.pk}
    assert clock("first_response").due_at == now + 5 * MINUTES
    assert Clock.objects.get(case=case).due_at == now + timedelta(hours=1)
    assert settled()


def test_a_customer_who_writes_wakes_the_case_that_waited_for_them(
    waiting: Conversation, kim: Customer, now: datetime
) -> None:
    case = open_case(customer=kim, conversation=waiting, subject="Lost", actor=None, now=now - 4 * MINUTES)
    wait_for_customer(case.pk, actor=None, now=now - 3 * MINUTES)

    wake_cases(waiting.pk, at=now - MINUTES, actor=kim, now=now)

    assert Case.objects.get().status == "open"
    assert Clock.objects.get(case=case).running_since == now - MINUTES
