"""Offers: made to the right agent, accepted once, declined, expired; capacity is held from the offer on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cxos.core.errors import Conflict, NotFound
from cxos.core.models import Event
from cxos.core.phrases import Phrase
from routing.models import AgentSkill, AgentState, Decision, Offer, Presence, Segment, WorkItem
from routing.services.matcher import match_agent, match_agents, match_items, wake_waiting
from routing.services.offers import accept_offer, decline_offer, expire_due, return_offers_of
from routing.services.presence import set_presence

pytestmark = pytest.mark.django_db


def names() -> list[str]:
    return list(Event.objects.filter(key__startswith="work:").order_by("id").values_list("name", flat=True))


def test_waiting_work_is_offered_to_the_agent_idle_longest(ana, ben, on_duty, waiting, now):
    on_duty(ben, at=now - timedelta(minutes=5))
    on_duty(ana, at=now)
    item = waiting()

    [offer] = match_items([item.id], now=now)

    assert (offer.agent, offer.expires_at) == (ben, now + timedelta(seconds=30))
    item.refresh_from_db()
    assert (item.state, item.agent_id, item.offers_made) == ("offered", None, 1)
    assert names() == ["WorkQueued", "OfferMade"]
    why = Decision.objects.get(kind="match")
    assert why.facts["chosen"][0]["agent"] == ben.pk
    assert "of 2 who could take it" in why.sentence


def test_work_that_needs_a_skill_waits_for_somebody_who_has_it_and_says_so(ana, ben, on_duty, waiting, english, now):
    on_duty(ana)
    on_duty(ben)
    item = waiting(required=[{"skill": "english", "level": 3, "hard": True}])

    assert match_items([item.id], now=now) == []
    item.refresh_from_db()
    assert (item.state, item.reason) == ("waiting", "nobody_eligible")
    assert Decision.objects.get(kind="no_match").facts["filtered"] == {"lacks_skill": 2}

    AgentSkill.objects.create(user=ben, skill=english, level=4)
    [offer] = match_items([item.id], now=now)
    assert offer.agent == ben


def test_agents_who_are_free_at_once_share_what_waits_and_its_cost_is_that_of_one_look(
    ana, ben, on_duty, waiting, english, now, django_assert_max_num_queries
):
    """Each page is theirs, the rest is read and written once: the only one who can speak English is not wasted."""
    asks = [{"skill": "english", "level": 3, "hard": True}]
    older, newer = waiting(at=now - timedelta(minutes=9)), waiting(required=asks, priority=3)
    AgentSkill.objects.create(user=ben, skill=english, level=4)
    for user in (ana, ben):
        on_duty(user)
    AgentState.objects.update(caps={"chat": 1})

    with django_assert_max_num_queries(26):
        offers = match_agents([ana.pk, ben.pk], now=now)

    assert {(offer.item_id, offer.agent) for offer in offers} == {(older.id, ana), (newer.id, ben)}


def test_an_accepted_offer_makes_the_agent_the_holder(ana, on_duty, waiting, now):
    on_duty(ana)
    item = waiting()
    [offer] = match_items([item.id], now=now)

    taken = accept_offer(offer.id, user=ana, now=now + timedelta(seconds=4))

    assert (taken.state, taken.agent) == ("active", ana)
    assert taken.conversation.assignee == ana
    assert Segment.objects.get().agent == ana
    accepted = Event.objects.get(name="OfferAccepted").payload
    assert (accepted["waited_ms"], accepted["ring_ms"], accepted["within_service_level"]) == (4000, 4000, True)


def test_accepting_twice_is_accepting_once(ana, on_duty, waiting, now):
    on_duty(ana)
    [offer] = match_items([waiting().id], now=now)

    accept_offer(offer.id, user=ana, now=now)
    again = accept_offer(offer.id, user=ana, now=now)

    assert again.state == "active"
    assert names().count("OfferAccepted") == 1
    assert Segment.objects.count() == 1


def test_nobody_can_accept_an_offer_made_to_somebody_else(ana, ben, on_duty, waiting, now):
    on_duty(ana)
    [offer] = match_items([waiting().id], now=now)

    with pytest.raises(NotFound):
        accept_offer(offer.id, user=ben, now=now)

    offer.refresh_from_db()
    assert offer.state == "pending"


def test_an_expired_offer_cannot_be_accepted_and_the_agent_is_missed(ana, on_duty, waiting, now):
    on_duty(ana)
    item = waiting()
    [offer] = match_items([item.id], now=now)
    late = now + timedelta(seconds=31)

    with pytest.raises(Conflict) as refusal:
        accept_offer(offer.id, user=ana, now=late)
    assert refusal.value.code == "offer_expired"

    assert expire_due(now=late) == 1
    assert expire_due(now=late) == 0
    item.refresh_from_db()
    assert (item.state, item.queued_at) == ("waiting", now)
    assert AgentState.objects.get(user=ana).presence == Presence.MISSED
    assert names() == ["WorkQueued", "OfferMade", "OfferExpired"]


def test_declined_work_goes_to_the_next_agent_and_not_back_before_the_cooldown(ana, ben, on_duty, waiting, now):
    on_duty(ana, at=now - timedelta(minutes=9))
    on_duty(ben, at=now)
    item = waiting()
    [first] = match_items([item.id], now=now)
    assert first.agent == ana

    decline_offer(first.id, user=ana, reason="my neighbour", now=now)
    [second] = match_items([item.id], now=now)
    assert second.agent == ben

    decline_offer(second.id, user=ben, reason="", now=now)
    assert match_items([item.id], now=now) == []
    assert wake_waiting(now=now + timedelta(seconds=61)) == 1
    assert Offer.objects.filter(state="pending").get().agent == ana
    assert AgentState.objects.get(user=ana).presence == Presence.AVAILABLE


def test_an_agent_holds_as_many_chats_as_the_budget_allows(ana, on_duty, waiting, now):
    on_duty(ana)
    items = [waiting() for _ in range(4)]

    offers = match_items([item.id for item in items], now=now)

    assert len(offers) == 2, "a chat costs 34 of 100: the pending offers already take their capacity"
    assert WorkItem.objects.filter(state="waiting").count() == 2


def test_an_agent_who_frees_up_gets_the_longest_waiting_work(ana, on_duty, waiting, now):
    old = waiting(at=now - timedelta(minutes=3))
    waiting(at=now - timedelta(minutes=1))
    waiting(at=now - timedelta(minutes=2))
    on_duty(ana)

    offers = match_agent(ana.pk, now=now)

    assert offers[0].item == old
    assert len(offers) == 2


def test_urgent_work_goes_before_older_work(ana, on_duty, waiting, now):
    waiting(at=now - timedelta(seconds=90), priority=1)
    urgent = waiting(priority=3)
    on_duty(ana)

    assert match_agent(ana.pk, now=now)[0].item == urgent


def test_two_priority_steps_are_worth_two_minutes_of_waiting_and_no_more(ana, on_duty, waiting, now):
    old = waiting(at=now - timedelta(seconds=130), priority=1)
    waiting(priority=3)
    on_duty(ana)

    assert match_agent(ana.pk, now=now)[0].item == old


def test_an_agent_going_on_a_break_gives_pending_offers_back(ana, ben, on_duty, waiting, now):
    on_duty(ana, at=now - timedelta(minutes=9))
    on_duty(ben)
    item = waiting()
    match_items([item.id], now=now)

    set_presence(ana, presence="break", actor=ana, now=now)
    assert return_offers_of(ana.pk, reason="agent is break", now=now) == 1

    [offer] = match_items([item.id], now=now)
    assert offer.agent == ben


def test_nobody_on_duty_leaves_work_waiting_with_its_age(waiting, now):
    item = waiting()

    assert match_items([item.id], now=now) == []
    assert wake_waiting(now=now) == 0
    item.refresh_from_db()
    assert (item.state, item.queued_at) == ("waiting", now)


def test_a_conversation_is_in_the_queue_once(waiting, queue, now):
    from routing.services.queue import enqueue

    item = waiting()

    again = enqueue(item.conversation, queue=queue, priority=3, why=Phrase("again"), now=now)

    assert again == item
    assert names() == ["WorkQueued"]


def test_matching_costs_the_same_queries_for_one_agent_or_many(
    ana, ben, sam, on_duty, waiting, now, django_assert_max_num_queries
):
    for user in (ana, ben, sam):
        on_duty(user)
    item = waiting()

    with django_assert_max_num_queries(24):
        match_items([item.id], now=now)
