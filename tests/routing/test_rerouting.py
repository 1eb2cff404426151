"""Whatever changes on the floor reaches the work that waits within a second: the change, its events, one round of sweeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cases.models import Calendar
from channels_app.models import Conversation
from channels_app.services.conversations import set_priority
from crm.services.customers import change_customer
from cxos.core.models import Team, User
from cxos.core.services.people import change_person
from routing.models import AgentSkill, AgentState, CapacityProfile, Queue, QueueMember, WorkItem
from routing.services.callbacks import request_callback
from routing.services.configure import set_levels, set_skill_level
from routing.services.desks import give_profile, save_profile
from routing.services.follow import change_demands
from routing.services.leases import lose_unreachable
from routing.services.media import switch_media
from routing.services.members import set_members
from routing.services.offers import accept_offer, decline_offer
from routing.services.presence import heartbeat, set_presence
from routing.services.work import (
    abandon,
    assign_by_hand,
    finish,
    pause,
    requeue,
    transfer,
    transfer_to_agent,
)
from routing.snapshots import people
from tests.routing.ringing import rings_at

pytestmark = pytest.mark.django_db


def after(now, **delta):
    return now + timedelta(**delta)


def busy_with(user: User, make: Callable[..., WorkItem], count: int, *, now: datetime) -> list[WorkItem]:
    """Chats in hand of this agent."""
    return [assign_by_hand(make().id, agent=user, actor=user, now=now) for _ in range(count)]


# --- who is there ----------------------------------------------------------------------------------------------------


def test_an_agent_comes(stuck, ana, on_duty, settle, now):
    on_duty(ana, at=after(now, seconds=10))
    settle(after(now, seconds=11))
    assert rings_at(stuck) == "Ana"


def test_an_agent_is_back_from_a_break(queue, ana, on_duty, waiting, settle, now):
    on_duty(ana)
    set_presence(ana, presence="break", actor=ana, now=now)
    item = waiting()
    settle(now)
    assert rings_at(item) is None

    set_presence(ana, presence="available", actor=ana, now=after(now, seconds=10))
    settle(after(now, seconds=11))
    assert rings_at(item) == "Ana"


def test_an_agent_goes_and_what_rang_there_rings_elsewhere(ana, ben, on_duty, waiting, settle, now):
    on_duty(ana, at=after(now, seconds=-60))
    on_duty(ben)
    item = waiting()
    settle(now)
    assert rings_at(item) == "Ana"

    set_presence(ana, presence="break", actor=ana, now=after(now, seconds=5))
    settle(after(now, seconds=6))
    assert rings_at(item) == "Ben"


def test_a_lost_agents_work_goes_to_another(ana, ben, on_duty, waiting, settle, now):
    on_duty(ana)
    [held] = busy_with(ana, waiting, 1, now=now)
    late = after(now, seconds=61)
    on_duty(ben, at=after(now, seconds=50))

    lose_unreachable(now=late)
    settle(late)

    assert rings_at(held) == "Ben"


def test_a_lost_agent_is_back(stuck, ana, on_duty, settle, now):
    state = on_duty(ana)
    AgentState.objects.filter(pk=state.pk).update(presence="unreachable")
    settle(now)
    assert rings_at(stuck) is None

    heartbeat(ana.pk, now=after(now, seconds=10))
    settle(after(now, seconds=11))
    assert rings_at(stuck) == "Ana"


# --- what they can do ------------------------------------------------------------------------------------------------


def test_a_skill_is_added(english, adi, ana, on_duty, waiting, settle, now):
    on_duty(ana)
    item = waiting(required=[{"skill": "english", "level": 3, "hard": True}])
    settle(now)
    assert rings_at(item) is None

    set_skill_level(ana, skill=english, level=3, actor=adi, now=now)
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ana"


def test_a_level_is_raised_in_the_matrix(english, adi, ana, on_duty, waiting, settle, now):
    on_duty(ana)
    AgentSkill.objects.create(user=ana, skill=english, level=1)
    item = waiting(required=[{"skill": "english", "level": 3, "hard": True}])
    settle(now)

    set_levels({(ana.pk, english.pk): 4}, actor=adi, now=now)
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ana"


def test_an_agent_joins_a_queue(stuck, queue, adi, ana, settle, now):
    set_presence(ana, presence="available", actor=ana, now=now)
    settle(now)
    assert rings_at(stuck) is None

    set_members(queue, levels={ana.pk: 2}, actor=adi, now=now)
    settle(after(now, seconds=1))
    assert rings_at(stuck) == "Ana"


def test_an_agent_joins_a_team_that_helps(stuck, queue, adi, ben, settle, now):
    helpers = Team.objects.create(name="Second line")
    Queue.objects.filter(pk=queue.pk).update(rings=[{"groups": [{"team": helpers.pk}]}])
    set_presence(ben, presence="available", actor=ben, now=now)
    settle(now)
    assert rings_at(stuck) is None

    change_person(ben, changes={"team_ids": [helpers.pk]}, actor=adi)
    settle(after(now, seconds=1))
    assert rings_at(stuck) == "Ben"


def test_a_medium_is_switched_on(ana, on_duty, waiting, settle, now):
    on_duty(ana)
    switch_media(ana, off=["chat"], actor=ana)
    item = waiting()
    settle(now)
    assert rings_at(item) is None

    switch_media(ana, off=[], actor=ana)
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ana"


# --- how much they can take ------------------------------------------------------------------------------------------


@pytest.fixture
def full(ana, on_duty, waiting, now) -> list[WorkItem]:
    """Ana has two chats in hand, and no room for a third."""
    on_duty(ana)
    return busy_with(ana, waiting, 2, now=now)


FREEING: dict[str, Callable[[WorkItem, User, datetime], object]] = {
    "finished": lambda item, ana, now: finish(item.id, actor=ana, now=now),
    "given back": lambda item, ana, now: requeue(item.id, reason="x", actor=ana, now=now),
    "waiting for its customer": lambda item, ana, now: pause(item.id, actor=ana, now=now),
    "called back later": lambda item, ana, now: request_callback(
        item.id, kind="scheduled", address="+4930123", slot_at=now + timedelta(hours=1), actor=ana, now=now
    ),
}


@pytest.mark.parametrize("how", FREEING)
def test_capacity_is_freed_when_work_is(how, full, ana, waiting, settle, now):
    next_one = waiting()
    settle(now)
    assert rings_at(next_one) is None

    FREEING[how](full[0], ana, after(now, seconds=30))
    settle(after(now, seconds=31))
    assert rings_at(next_one) == "Ana"


def test_capacity_is_freed_when_what_rang_is_gone(ana, on_duty, waiting, settle, now):
    on_duty(ana)
    busy_with(ana, waiting, 1, now=now)
    rang, next_one = waiting(), waiting()
    settle(now)
    assert (rings_at(rang), rings_at(next_one)) == ("Ana", None)

    abandon(rang.id, now=after(now, seconds=5))
    settle(after(now, seconds=6))
    assert rings_at(next_one) == "Ana"


def test_capacity_is_freed_when_a_wrap_up_ends(queue, full, ana, waiting, settle, now):
    Queue.objects.update(wrap_up="timed", wrap_up_seconds=20)
    finish(full[0].id, actor=ana, now=now)
    next_one = waiting()
    settle(after(now, seconds=10))
    assert rings_at(next_one) is None

    settle(after(now, seconds=20))
    assert rings_at(next_one) == "Ana"


def test_capacity_is_freed_when_a_missed_offer_leaves_its_agent_there(ana, on_duty, waiting, settle, now):
    Queue.objects.update(missed="second")
    on_duty(ana)
    busy_with(ana, waiting, 1, now=now)
    rang, next_one = waiting(), waiting()
    settle(now)
    assert (rings_at(rang), rings_at(next_one)) == ("Ana", None)

    settle(after(now, seconds=30))
    assert rings_at(next_one) == "Ana"


def test_the_agents_profile_is_changed(full, adi, ana, waiting, settle, now):
    profile = CapacityProfile.objects.create(key="usual", name="Usual", budget=100)
    give_profile(ana, profile=profile, actor=adi)
    next_one = waiting()
    settle(now)
    assert rings_at(next_one) is None

    save_profile(profile, changes={"budget": 110}, actor=adi)
    settle(after(now, seconds=1))
    assert rings_at(next_one) == "Ana"


def test_the_agent_gets_another_profile(full, adi, ana, waiting, settle, now):
    next_one = waiting()
    settle(now)
    large = CapacityProfile.objects.create(key="large", name="Large", budget=150)

    give_profile(ana, profile=large, actor=adi)
    settle(after(now, seconds=1))
    assert rings_at(next_one) == "Ana"


def test_the_minutes_portion_is_over(ana, on_duty, waiting, settle, now):
    Queue.objects.update(max_offers_per_minute=1)
    on_duty(ana)
    first, next_one = waiting(), waiting()
    settle(now)
    accept_offer(first.offers.get().id, user=ana, now=now)
    settle(after(now, seconds=59))
    assert rings_at(next_one) is None

    settle(after(now, seconds=61))
    assert rings_at(next_one) == "Ana"


# --- what the work asks for ------------------------------------------------------------------------------------------


def test_a_priority_is_raised(full, ana, waiting, settle, now):
    first = waiting(at=after(now, seconds=-90))
    urgent = waiting(at=after(now, seconds=-10))
    settle(now)

    set_priority(urgent.conversation_id, priority=3, actor=ana, now=now)
    settle(after(now, seconds=1))
    finish(full[0].id, actor=ana, now=after(now, seconds=2))
    settle(after(now, seconds=3))

    assert (rings_at(urgent), rings_at(first)) == ("Ana", None)


def test_the_customer_becomes_a_vip(full, ana, kim, max, webchat, waiting, settle, now):
    first = waiting(at=after(now, seconds=-90))
    Conversation.objects.filter(pk=first.conversation_id).update(customer=max)
    other = waiting(at=after(now, seconds=-10))
    settle(now)

    change_customer(kim.pk, changes={"vip": True}, actor=ana)
    settle(after(now, seconds=1))
    finish(full[0].id, actor=ana, now=after(now, seconds=2))
    settle(after(now, seconds=3))

    assert (rings_at(other), rings_at(first)) == ("Ana", None)


def test_work_asks_for_less(english, ana, on_duty, waiting, settle, now):
    on_duty(ana)
    item = waiting(required=[{"skill": "english", "level": 3, "hard": True}])
    settle(now)
    assert rings_at(item) is None

    change_demands(item.id, required=[], actor=None, now=now)
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ana"


def test_work_is_moved_to_another_queue(stuck, team, ana, settle, now):
    other = Queue.objects.create(key="other", name="Other", team=team)
    QueueMember.objects.create(queue=other, user=ana)
    set_presence(ana, presence="available", actor=ana, now=now)
    settle(now)

    transfer(stuck.id, queue=other, actor=None, now=after(now, seconds=5))
    settle(after(now, seconds=6))
    assert rings_at(stuck) == "Ana"


def test_work_is_sent_to_one_agent(stuck, ana, settle, now):
    set_presence(ana, presence="available", actor=ana, now=now)
    settle(now)
    assert rings_at(stuck) is None

    transfer_to_agent(stuck.id, agent=ana, actor=None, now=after(now, seconds=5))
    settle(after(now, seconds=6))
    assert rings_at(stuck) == "Ana"


def test_an_agent_declines_and_the_next_one_is_asked(ana, ben, on_duty, waiting, settle, now):
    on_duty(ana, at=after(now, seconds=-60))
    on_duty(ben)
    item = waiting()
    settle(now)

    decline_offer(item.offers.get().id, user=ana, reason="", now=after(now, seconds=4))
    settle(after(now, seconds=5))
    assert rings_at(item) == "Ben"


# --- who goes, and what they leave behind ----------------------------------------------------------------------------


@pytest.fixture
def last_of_a_ring(queue, ana, ben, on_duty, waiting, settle, now) -> WorkItem:
    """It waits for Ana, who alone is in the first ring and has her hands full; Ben is in the second."""
    Queue.objects.filter(pk=queue.pk).update(rings=[{"seconds": 600, "min_queue_level": 3}, {}])
    on_duty(ana, level=5)
    on_duty(ben, level=1)
    busy_with(ana, waiting, 2, now=now)
    item = waiting()
    settle(now)
    assert rings_at(item) is None
    return item


def test_the_last_of_a_ring_goes(last_of_a_ring, ana, settle, now):
    set_presence(ana, presence="break", actor=ana, now=after(now, seconds=10))
    settle(after(now, seconds=11))
    assert rings_at(last_of_a_ring) == "Ben"


def test_the_last_of_a_ring_loses_the_medium(last_of_a_ring, ana, settle, now):
    switch_media(ana, off=[last_of_a_ring.medium], actor=ana)
    settle(after(now, seconds=11))
    assert rings_at(last_of_a_ring) == "Ben"


def test_whom_the_work_waits_for_goes(queue, ana, ben, on_duty, waiting, settle, monkeypatch, now):
    monkeypatch.setattr(people, "handle_seconds", lambda queues, now: {queue.pk: 60.0})  # so she is free in a minute
    on_duty(ana)
    on_duty(ben)
    busy_with(ana, waiting, 2, now=now)
    item = waiting()
    WorkItem.objects.filter(pk=item.pk).update(sticky_agent=ana, sticky_until=after(now, seconds=120))
    settle(now)
    assert rings_at(item) is None

    set_presence(ana, presence="break", actor=ana, now=after(now, seconds=10))
    settle(after(now, seconds=11))
    assert rings_at(item) == "Ben"


def test_the_customer_becomes_a_vip_while_it_rings(ana, on_duty, waiting, kim, settle, now):
    on_duty(ana)
    item = waiting()
    settle(now)
    assert rings_at(item) == "Ana"

    change_customer(kim.pk, changes={"vip": True}, actor=ana)
    settle(after(now, seconds=1))

    item.refresh_from_db()
    assert item.vip_boost > 0


@pytest.mark.parametrize("end", ["declined", "hung up", "taken by hand"])
def test_a_break_asked_for_while_it_rings_begins_when_that_ends(end, ana, ben, on_duty, waiting, settle, now):
    on_duty(ana)
    item = waiting()
    settle(now)
    set_presence(ana, presence="break", after_work=True, actor=ana, now=now)

    if end == "declined":
        decline_offer(item.offers.get(state="pending").pk, user=ana, reason="", now=after(now, seconds=5))
    elif end == "hung up":
        abandon(item.id, now=after(now, seconds=5))
    else:
        assign_by_hand(item.id, agent=ben, actor=ben, now=after(now, seconds=5))
    settle(after(now, seconds=6))

    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.pending_presence) == ("break", "")


# --- where an overflow chain leads -----------------------------------------------------------------------------------


def test_a_chain_leads_past_a_queue_that_is_switched_off(queue, team, waiting, settle, now):
    last = Queue.objects.create(key="last", name="Last", team=team)
    off = Queue.objects.create(key="off", name="Off", team=team, enabled=False, overflow_to=last)
    Queue.objects.filter(pk=queue.pk).update(max_wait_seconds=60, overflow_to=off)
    item = waiting()
    settle(now)

    settle(after(now, seconds=61))

    item.refresh_from_db()
    assert item.queue == last


def test_work_of_a_closed_queue_leaves_when_the_chain_opens(queue, team, waiting, settle, now):
    mornings = Calendar.objects.create(name="Till ten", weekly={str(day): [[540, 600]] for day in range(5)})
    later = Calendar.objects.create(name="From eleven", weekly={str(day): [[660, 1200]] for day in range(5)})
    target = Queue.objects.create(key="later", name="Later", team=team, calendar=later)
    Queue.objects.filter(pk=queue.pk).update(calendar=mornings, closed_treatment="overflow", overflow_to=target)
    item = waiting()
    settle(now)
    item.refresh_from_db()
    assert item.queue == queue

    settle(after(now, minutes=60))

    item.refresh_from_db()
    assert item.queue == target
