"""Transfers of every kind: blind, warm, consult, conference; to an agent, a queue, somebody outside; by a supervisor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cxos.core.errors import Conflict, Forbidden
from cxos.core.models import Event
from routing.models import AgentState, Decision, Queue, Segment, WorkItem
from routing.services.agents import held_cost
from routing.services.matcher import match_items
from routing.services.offers import accept_offer, decline_offer, expire_due
from routing.services.parts import ask_in, hand_over_to, leave, let_take_part
from routing.services.presence import set_presence
from routing.services.work import assign_by_hand, finish, pause, requeue, transfer, transfer_out, transfer_to_agent

pytestmark = pytest.mark.django_db


def after(now, **delta):
    return now + timedelta(**delta)


@pytest.fixture
def held(ana, ben, on_duty, waiting, now) -> WorkItem:
    """Ana holds one chat; Ben is available too."""
    on_duty(ana, at=after(now, hours=-1))
    on_duty(ben)
    [offer] = match_items([waiting().id], now=now)
    return accept_offer(offer.id, user=ana, now=now)


def legs() -> list[tuple[str, str, str]]:
    return list(Segment.objects.order_by("id").values_list("agent__name", "kind", "ended_by"))


def test_a_blind_transfer_to_an_agent_rings_there_first(held, ana, ben, now):
    transfer_to_agent(held.id, agent=ben, actor=ana, now=now, version=held.version)

    [offer] = match_items([held.id], now=now)
    taken = accept_offer(offer.id, user=ben, now=after(now, seconds=5))

    assert (offer.agent, taken.id, taken.queued_at, taken.direct_agent) == (ben, held.id, now, None)
    assert legs() == [("Ana", "lead", "transferred"), ("Ben", "lead", "")]
    assert (held_cost(ana.pk), held_cost(ben.pk)) == (0, 34)


def test_who_is_consulted_advises_and_then_takes_over(held, ana, ben, now):
    offer = ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now)
    assert held_cost(ben.pk) == 34, "being asked takes capacity already"
    accept_offer(offer.id, user=ben, now=now)
    assert (held_cost(ana.pk), held_cost(ben.pk)) == (34, 34)

    moved = hand_over_to(held.id, agent=ben, actor=ana, now=after(now, minutes=1))

    assert (moved.agent, moved.state, moved.conversation.assignee) == (ben, "active", ben)
    assert legs() == [("Ana", "lead", "transferred"), ("Ben", "consult", "became holder"), ("Ben", "lead", "")]
    assert (held_cost(ana.pk), held_cost(ben.pk)) == (0, 34)
    assert Event.objects.get(name="WorkReleased").payload["kind"] == "handed_over"


def test_advice_ends_when_it_was_given(held, ana, ben, now):
    accept_offer(ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now).id, user=ben, now=now)

    leave(held.id, agent=ben, now=after(now, minutes=2))

    assert legs() == [("Ana", "lead", ""), ("Ben", "consult", "left")]
    assert held_cost(ben.pk) == 0
    assert AgentState.objects.get(user=ben).idle_since == after(now, minutes=2)
    assert Event.objects.get(name="PartLeft").payload["joined_ms"] == 120_000


def test_a_conference_goes_on_when_its_holder_leaves(held, ana, ben, now):
    accept_offer(ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now).id, user=ben, now=now)
    let_take_part(held.id, agent=ben, actor=ana, now=now)

    leave(held.id, agent=ana, now=after(now, minutes=1))

    item = WorkItem.objects.get(id=held.id)
    assert item.agent == ben
    assert legs() == [
        ("Ana", "lead", "transferred"), ("Ben", "consult", "joined"), ("Ben", "conference", "became holder"),
        ("Ben", "lead", ""),
    ]  # fmt: skip


def test_the_last_one_cannot_just_leave(held, ana, now):
    with pytest.raises(Conflict) as refusal:
        leave(held.id, agent=ana, now=now)

    assert refusal.value.code == "nobody_else"
    assert legs() == [("Ana", "lead", "")]


def test_who_declines_or_misses_an_invitation_leaves_the_work_as_it_is(held, ana, ben, now):
    decline_offer(ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now).id, user=ben, reason="busy", now=now)
    ask_in(held.id, agent=ben, kind="conference", actor=ana, now=now)
    expire_due(now=after(now, seconds=31))

    held.refresh_from_db()
    assert (held.state, held.agent, held_cost(ben.pk)) == ("active", ana, 0)
    assert legs() == [("Ana", "lead", "")]


def test_an_agent_without_room_is_not_asked(held, ana, ben, now):
    AgentState.objects.filter(user=ben).update(budget=30)

    with pytest.raises(Conflict) as refusal:
        ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now)

    assert refusal.value.code == "over_capacity"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pending_presence": "break"}, "agent_away"),
        ({"media_off": ["chat"]}, "medium_off"),
        ({"media_missed": ["chat"]}, "medium_off"),
        ({"caps": {"chat": 0}}, "over_capacity"),
    ],
)
def test_only_who_may_have_such_work_is_asked(held, ana, ben, now, change, code):
    AgentState.objects.filter(user=ben).update(**change)

    with pytest.raises(Conflict) as refusal:
        ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now)

    assert refusal.value.code == code


@pytest.fixture
def advised(held, ana, ben, waiting, now) -> WorkItem:
    """Ben advises on work that waits for its customer, and then gets two chats of his own."""
    pause(held.id, actor=ana, now=now)
    accept_offer(ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now).id, user=ben, now=now)
    for _ in range(2):
        assign_by_hand(waiting().id, agent=ben, actor=ben, now=now)
    return held


def test_paused_work_needs_room_for_its_full_cost_when_somebody_is_asked(held, ana, ben, waiting, now):
    for _ in range(2):
        assign_by_hand(waiting().id, agent=ben, actor=ben, now=now)
    pause(held.id, actor=ana, now=now)

    with pytest.raises(Conflict) as refusal:
        ask_in(held.id, agent=ben, kind="consult", actor=ana, now=now)

    assert refusal.value.code == "over_capacity"


def test_paused_work_is_handed_over_beyond_capacity_by_a_supervisor_alone(advised, ana, ben, sam, now):
    with pytest.raises(Forbidden):
        hand_over_to(advised.id, agent=ben, actor=ana, now=now)
    assert held_cost(ben.pk) == 76

    hand_over_to(advised.id, agent=ben, actor=sam, now=now)

    told = Decision.objects.get(item=advised, kind="assign")
    assert (held_cost(ben.pk), told.facts["over_capacity"]) == (102, True)
    assert told.sentence == "Handed over to Ben by Sam, over capacity."
    assert Event.objects.filter(name="WorkAssigned").latest("id").payload["over_capacity"] is True


def test_everybody_is_free_when_the_contact_is_over(held, ana, ben, now):
    accept_offer(ask_in(held.id, agent=ben, kind="conference", actor=ana, now=now).id, user=ben, now=now)

    finish(held.id, actor=ana, now=after(now, minutes=1))

    assert (held_cost(ana.pk), held_cost(ben.pk)) == (0, 0)
    assert legs() == [("Ana", "lead", "completed"), ("Ben", "conference", "left")]


def test_to_somebody_outside_our_part_is_over(held, ana, now):
    done = transfer_out(held.id, address="+49 30 999", actor=ana, now=after(now, minutes=1))

    segment = Segment.objects.get()
    assert (done.state, segment.ended_by, segment.ended_to) == ("completed", "transferred", "+49 30 999")
    assert Event.objects.get(name="WorkReleased").payload["kind"] == "external"
    assert held_cost(ana.pk) == 0


def test_the_other_queue_may_give_only_part_of_the_age(held, ana, team, now):
    billing = Queue.objects.create(key="billing", name="Billing", team=team, transfer_credit=0.25)

    moved = transfer(held.id, queue=billing, actor=ana, now=after(now, seconds=400))

    assert (moved.queued_at, moved.age_credit) == (now, -300)


def test_a_supervisor_takes_over(held, ana, sam, now):
    taken = assign_by_hand(held.id, agent=sam, actor=sam, now=after(now, minutes=1))

    assert (taken.agent, held_cost(ana.pk)) == (sam, 0)
    assert legs() == [("Ana", "lead", "transferred"), ("Sam", "lead", "")]


@pytest.mark.parametrize(
    "command",
    [
        lambda item, ana, ben, now: requeue(item.id, reason="x", actor=ana, now=now, version=item.version),
        lambda item, ana, ben, now: transfer(item.id, queue=item.queue, actor=ana, now=now, version=item.version),
        lambda item, ana, ben, now: transfer_to_agent(item.id, agent=ben, actor=ana, now=now, version=item.version),
        lambda item, ana, ben, now: transfer_out(item.id, address="x@y.z", actor=ana, now=now, version=item.version),
        lambda item, ana, ben, now: finish(item.id, actor=ana, now=now, version=item.version),
        lambda item, ana, ben, now: ask_in(
            item.id, agent=ben, kind="consult", actor=ana, now=now, version=item.version
        ),
        lambda item, ana, ben, now: hand_over_to(item.id, agent=ben, actor=ana, now=now, version=item.version),
    ],
)
def test_a_late_command_of_a_former_holder_is_refused(held, ana, ben, sam, now, command):
    assign_by_hand(held.id, agent=sam, actor=sam, now=now)
    events = Event.objects.count()

    with pytest.raises(Conflict) as refusal:
        command(held, ana, ben, now)

    assert refusal.value.code == "moved_on"
    assert Event.objects.count() == events
    assert WorkItem.objects.get(id=held.id).agent == sam


def test_nobody_is_in_two_calls_at_once(webchat, ana, sam, waiting, now):
    webchat.medium = "voice"
    webchat.save()
    set_presence(ana, presence="available", actor=ana, now=now)
    first, second = waiting(), waiting()
    assign_by_hand(first.id, agent=ana, actor=sam, now=now)

    with pytest.raises(Conflict) as refusal:
        assign_by_hand(second.id, agent=ana, actor=sam, now=now)

    assert refusal.value.code == "on_a_call"
    assert WorkItem.objects.get(id=second.id).state == "waiting"
