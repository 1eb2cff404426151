"""Returning customers and the agent who knows them: who waits for whom, how long, and when that is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.models import Decision, Queue, QueueMember, WorkItem
from routing.services.callbacks import request_callback, wake_callbacks
from routing.services.matcher import match_agent, match_items
from routing.services.offers import accept_offer
from routing.services.work import requeue, transfer

pytestmark = pytest.mark.django_db


def after(now, **delta):
    return now + timedelta(**delta)


def test_a_known_agent_who_is_free_gets_the_returning_customer(queue, ana, ben, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(sticky_seconds=60)
    queue.refresh_from_db()
    on_duty(ana)
    on_duty(ben, at=after(now, hours=-1))
    first = waiting()
    WorkItem.objects.filter(id=first.id).update(
        state="completed", agent=ana, accepted_at=now, completed_at=after(now, minutes=-5)
    )

    again = waiting()
    [offer] = match_items([again.id], now=now)

    assert (offer.agent, Decision.objects.get(kind="match").facts["reason"]) == (ana, "sticky")


@pytest.mark.parametrize("held_for,holds", [(110, True), (10, False)])
def test_a_returning_customer_waits_for_a_busy_agent_only_if_they_will_soon_be_free(
    queue, ana, ben, on_duty, waiting, now, held_for, holds
):
    """Ana's work usually takes two minutes: after 110 s she is nearly done, after 10 s she is not."""
    Queue.objects.filter(pk=queue.pk).update(sticky_seconds=60)
    queue.refresh_from_db()
    on_duty(ana)
    on_duty(ben, at=after(now, hours=-1))
    for _ in range(20):
        done = waiting(at=after(now, hours=-1))
        WorkItem.objects.filter(id=done.id).update(
            state="completed", agent=ana, accepted_at=after(now, minutes=-9), completed_at=after(now, minutes=-7)
        )
    busy = waiting()
    WorkItem.objects.filter(id=busy.id).update(
        state="active", agent=ana, cost=100, accepted_at=after(now, seconds=-held_for)
    )

    item = waiting()
    offers = match_items([item.id], now=now)

    assert [offer.agent for offer in offers] == ([] if holds else [ben])
    item.refresh_from_db()
    assert (item.reason == "waits_for_sticky") is holds


@pytest.fixture
def anas_regular(queue, ana, ben, on_duty, waiting, now):
    """Ana holds a customer she has served before; Ben serves the queue as well, at a higher level."""
    Queue.objects.filter(pk=queue.pk).update(sticky_seconds=3600)
    queue.refresh_from_db()
    WorkItem.objects.filter(id=waiting().id).update(
        state="completed", agent=ana, accepted_at=now, completed_at=after(now, minutes=-5)
    )
    on_duty(ana)
    item = waiting()
    [offer] = match_items([item.id], now=now)
    on_duty(ben, level=5)
    return accept_offer(offer.id, user=ana, now=now)


def test_work_handed_back_does_not_wait_for_who_let_it_go(anas_regular, ana, ben, now):
    requeue(anas_regular.id, reason="not mine", actor=ana, now=after(now, minutes=1))

    [offer] = match_items([anas_regular.id], now=after(now, minutes=3))

    assert offer.agent == ben


def test_work_moved_to_another_queue_does_not_come_back(anas_regular, ana, ben, team, now):
    billing = Queue.objects.create(key="billing", name="Billing", team=team)
    QueueMember.objects.create(queue=billing, user=ben)
    transfer(anas_regular.id, queue=billing, actor=ana, now=after(now, minutes=1))

    assert match_agent(ana.pk, now=after(now, minutes=3)) == [], "she does not serve that queue"
    [offer] = match_items([anas_regular.id], now=after(now, minutes=3))
    assert offer.agent == ben


def test_waiting_work_moved_to_another_queue_waits_for_nobody_it_knew(anas_regular, ana, ben, waiting, team, now):
    billing = Queue.objects.create(key="billing", name="Billing", team=team)
    for user, level in ((ana, 0), (ben, 5)):
        QueueMember.objects.create(queue=billing, user=user, level=level)
    again = waiting()
    transfer(again.id, queue=billing, actor=None, now=now, kind="overflow")

    [offer] = match_items([again.id], now=now)

    assert offer.agent == ben


def test_a_callback_agreed_in_talk_waits_for_who_agreed_it(anas_regular, ana, ben, now):
    tomorrow = after(now, days=1)
    request_callback(
        anas_regular.id, kind="scheduled", address="+4930123", slot_at=tomorrow, actor=ana, now=after(now, minutes=2)
    )  # fmt: skip

    assert wake_callbacks(now=tomorrow) == 1
    [offer] = match_items([anas_regular.id], now=tomorrow)

    assert (offer.agent, Decision.objects.filter(kind="match").last().facts["reason"]) == (ana, "sticky")
