"""Callbacks: the place is kept, nobody counts twice, and customers are called when they may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cxos.core.errors import Conflict, Forbidden, Invalid
from cxos.core.models import Event
from routing.calling import may_be_called, next_allowed
from routing.models import Callback, Queue, WorkItem
from routing.services.agents import held_cost
from routing.services.callbacks import (
    cancel_callback,
    claim_callback,
    note_no_answer,
    note_reached,
    request_callback,
    wake_callbacks,
)
from routing.services.matcher import match_agent, match_items
from routing.services.offers import accept_offer, expire_due
from routing.services.work import abandon, finish, requeue

PHONE = "+4930123"


def after(now, **delta):
    return now + timedelta(**delta)


@pytest.fixture
def asked(db, waiting, now) -> Callback:
    """Kim waits for two minutes, then asks to be called back."""
    item = waiting(at=after(now, minutes=-2))
    return request_callback(item.id, kind="in_queue", address="+49 30 123", actor="customer", now=now)


@pytest.fixture
def in_hand(asked, ana, on_duty, now) -> Callback:
    """Ana has accepted the callback."""
    on_duty(ana)
    [offer] = match_items([asked.item_id], now=now)
    accept_offer(offer.id, user=ana, now=now)
    return asked


def test_who_hangs_up_keeps_the_place_and_has_not_abandoned(asked, ana, on_duty, waiting, now):
    waiting(at=after(now, minutes=-1))

    abandon(asked.item_id, now=after(now, seconds=5))

    item = WorkItem.objects.get(id=asked.item_id)
    assert (item.state, item.queued_at) == ("waiting", after(now, minutes=-2))
    assert not Event.objects.filter(name="WorkAbandoned").exists()
    on_duty(ana)
    assert match_agent(ana.pk, now=now)[0].item == item


def test_one_callback_is_open_per_number_and_queue(asked, waiting, now):
    other = waiting()

    with pytest.raises(Conflict) as refusal:
        request_callback(other.id, kind="in_queue", address=PHONE, actor="customer", now=now)

    assert refusal.value.code == "callback_open"
    assert Callback.objects.count() == 1
    assert Event.objects.filter(name="CallbackRequested").count() == 1


def test_a_scheduled_callback_comes_at_its_time_and_heads_the_queue(ana, on_duty, waiting, now):
    slot = after(now, hours=1)
    item = waiting()
    request_callback(item.id, kind="scheduled", address=PHONE, slot_at=slot, actor="customer", now=now)
    item.refresh_from_db()
    assert (item.state, item.eligible_at) == ("scheduled", slot)
    longer = waiting(at=after(now, minutes=20))  # forty minutes by then
    assert wake_callbacks(now=after(slot, seconds=-1)) == 0

    assert wake_callbacks(now=slot) == 1
    assert wake_callbacks(now=slot) == 0

    on_duty(ana, at=slot)
    offers = match_agent(ana.pk, now=slot)
    assert [offer.item for offer in offers] == [item, longer]


def test_nobody_is_called_outside_their_own_day(waiting, kim, now):
    kim.time_zone = "America/New_York"
    kim.save()
    item = waiting()

    request_callback(item.id, kind="scheduled", address=PHONE, slot_at=after(now, hours=1), actor="customer", now=now)

    item.refresh_from_db()
    assert item.eligible_at == datetime(2026, 3, 4, 13, 0, tzinfo=UTC)  # eight in New York, not six


def test_who_must_not_be_called_is_not(waiting, kim, now):
    kim.tags = ["do_not_call"]
    kim.save()

    with pytest.raises(Forbidden):
        request_callback(waiting().id, kind="in_queue", address=PHONE, actor="customer", now=now)

    assert not Callback.objects.exists()


def test_an_agent_who_does_not_take_it_is_no_attempt(asked, ana, on_duty, now):
    on_duty(ana)
    match_items([asked.item_id], now=now)

    expire_due(now=after(now, seconds=30))

    asked.refresh_from_db()
    assert (asked.attempts, asked.item.state) == (0, "waiting")


def test_an_unanswered_call_is_tried_again_after_the_gap_and_given_up_after_the_last(in_hand, ana, now):
    Queue.objects.update(callback_attempts=2, callback_gap_seconds=900)
    claim_callback(in_hand.id, user=ana, now=now)

    tried = note_no_answer(in_hand.id, user=ana, now=after(now, minutes=1))

    item = WorkItem.objects.get(id=in_hand.item_id)
    assert (tried.state, tried.attempts) == ("open", 1)
    assert (item.state, item.agent, item.eligible_at) == ("scheduled", None, after(now, minutes=16))
    assert held_cost(ana.pk) == 0

    wake_callbacks(now=after(now, minutes=16))
    [offer] = match_items([item.id], now=after(now, minutes=16))
    accept_offer(offer.id, user=ana, now=after(now, minutes=16))
    claim_callback(in_hand.id, user=ana, now=after(now, minutes=16))
    last = note_no_answer(in_hand.id, user=ana, now=after(now, minutes=17))

    item.refresh_from_db()
    assert (last.state, item.state, held_cost(ana.pk)) == ("failed", "expired", 0)


def test_a_reached_customer_is_ordinary_work_in_hand(in_hand, ana, now):
    claim_callback(in_hand.id, user=ana, now=now)

    note_reached(in_hand.id, user=ana, now=now)

    in_hand.refresh_from_db()
    assert (in_hand.state, in_hand.item.state) == ("reached", "active")


def test_two_cannot_call_the_same_customer(in_hand, ana, ben, now):
    Queue.objects.update(callback_order="customer")
    claim_callback(in_hand.id, user=ana, now=now)

    with pytest.raises(Conflict) as refusal:
        claim_callback(in_hand.id, user=ben, now=now)

    assert refusal.value.code == "already_taken"
    assert claim_callback(in_hand.id, user=ana, now=now).claimed_by == ana


def test_a_canceled_callback_takes_its_waiting_work_along(asked, now):
    cancel_callback(asked.id, actor="customer", now=now)

    asked.refresh_from_db()
    assert (asked.state, asked.item.state) == ("canceled", "canceled")


def test_a_time_in_the_past_is_refused(waiting, now):
    with pytest.raises(Invalid) as refusal:
        request_callback(
            waiting().id, kind="scheduled", address=PHONE, slot_at=after(now, hours=-1), actor="x", now=now
        )

    assert refusal.value.field == "slot_at"


@pytest.mark.parametrize(
    "at,zone,start,end,expected",
    [
        ("2026-03-04T07:00Z", "UTC", 480, 1260, "2026-03-04T08:00Z"),
        ("2026-03-04T08:00Z", "UTC", 480, 1260, "2026-03-04T08:00Z"),
        ("2026-03-04T21:00Z", "UTC", 480, 1260, "2026-03-05T08:00Z"),
        ("2026-03-04T23:30Z", "UTC", 1320, 120, "2026-03-04T23:30Z"),
        ("2026-03-04T12:00Z", "UTC", 1320, 120, "2026-03-04T22:00Z"),
        ("2026-03-04T12:00Z", "UTC", 0, 0, "2026-03-04T12:00Z"),
        ("2026-03-28T22:00Z", "Europe/Berlin", 480, 1260, "2026-03-29T06:00Z"),  # the clocks change that night
        ("2026-03-04T12:00Z", "Mars/Olympus", 480, 1260, "2026-03-04T12:00Z"),
    ],
)
def test_the_window_of_the_customers_own_day(at, zone, start, end, expected):
    allowed = next_allowed(datetime.fromisoformat(at), zone=zone, start=start, end=end)

    assert allowed == datetime.fromisoformat(expected)
    assert may_be_called(allowed, zone=zone, start=start, end=end)


def test_the_offer_says_whom_to_call(client, ana, on_duty, queue, waiting):
    now = datetime.now(UTC)
    item = waiting(at=after(now, minutes=-2))
    request_callback(item.id, kind="in_queue", address=PHONE, actor="customer", now=now)
    on_duty(ana, at=now)
    match_items([item.id], now=now)
    client.force_login(ana)

    page = client.get("/workspace/offers/").content.decode()

    assert f"Call back {PHONE} · attempt 1 of 3" in page


# --- when the work changes hands or ends -----------------------------------------------------------------------------


def test_whoever_gets_the_work_of_a_caller_who_let_go_calls(in_hand, ana, ben, on_duty, now):
    claim_callback(in_hand.id, user=ana, now=now)

    requeue(in_hand.item_id, reason="lost", actor=None, now=now)

    on_duty(ben)
    [offer] = match_items([in_hand.item_id], now=now)
    accept_offer(offer.id, user=ben, now=now)
    assert claim_callback(in_hand.id, user=ben, now=now).claimed_by == ben


@pytest.mark.parametrize(("claims", "outcome"), [(True, "reached"), (False, "canceled")])
def test_a_callback_ends_with_its_work_and_makes_way_for_the_next(claims, outcome, in_hand, ana, waiting, now):
    if claims:
        claim_callback(in_hand.id, user=ana, now=now)

    finish(in_hand.item_id, actor=ana, now=now)

    in_hand.refresh_from_db()
    assert (in_hand.state, in_hand.closed_at) == (outcome, now)
    assert Event.objects.get(name="CallbackClosed").payload["outcome"] == outcome
    request_callback(waiting().id, kind="in_queue", address=PHONE, actor="customer", now=after(now, days=3))


# --- when it may be called -------------------------------------------------------------------------------------------


def test_outside_their_hours_nobody_calls_and_it_comes_back_when_they_may_be_called(in_hand, ana, now):
    late = now.replace(hour=23, minute=30)

    with pytest.raises(Conflict, match="23:30") as refusal:
        claim_callback(in_hand.id, user=ana, now=late)

    item = WorkItem.objects.get(id=in_hand.item_id)
    opening = datetime(2026, 3, 5, in_hand.queue.callback_from // 60, tzinfo=UTC)
    assert refusal.value.code == "not_now"
    assert (item.state, item.eligible_at, held_cost(ana.pk)) == ("scheduled", opening, 0)


def test_who_asked_not_to_be_called_meanwhile_is_not(in_hand, ana, kim, now):
    kim.tags = ["do_not_call"]
    kim.save()

    with pytest.raises(Forbidden):
        claim_callback(in_hand.id, user=ana, now=now)

    in_hand.refresh_from_db()
    assert (in_hand.state, in_hand.item.state) == ("canceled", "active")


@pytest.mark.parametrize("spelling", ["+49 (30) 123", "0049 30-123", "+49.30/123"])
def test_one_number_is_one_number_however_it_is_spelled(spelling, asked, waiting, now):
    with pytest.raises(Conflict, match="open already"):
        request_callback(waiting().id, kind="in_queue", address=spelling, actor="customer", now=now)


def test_however_far_ahead_it_was_agreed_it_is_as_old_as_its_target(queue, waiting, now):
    item = waiting()
    slot = after(now, days=5)
    request_callback(item.id, kind="scheduled", address=PHONE, slot_at=slot, actor="customer", now=now)

    wake_callbacks(now=slot)

    item.refresh_from_db()
    age = (slot - item.queued_at).total_seconds() - item.paused_seconds + item.age_credit
    assert age == queue.service_level_seconds
