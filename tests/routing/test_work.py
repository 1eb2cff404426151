"""Work in hand: transferred, requeued, wrapped up, completed, assigned by hand; released exactly once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cxos.core.errors import Conflict, Forbidden
from cxos.core.models import Event
from routing.models import AgentState, Decision, Disposition, Presence, Queue, Segment, WorkItem
from routing.services.agents import held_cost
from routing.services.leases import lose_unreachable
from routing.services.matcher import match_items
from routing.services.offers import accept_offer
from routing.services.presence import heartbeat, set_presence
from routing.services.work import abandon, assign_by_hand, end_wrap_ups, finish, pause, requeue, resume, transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(ana, on_duty, waiting, now) -> WorkItem:
    """Ana holds one chat."""
    on_duty(ana)
    [offer] = match_items([waiting().id], now=now)
    return accept_offer(offer.id, user=ana, now=now)


def test_finished_work_frees_its_capacity_once(held, ana, now):
    assert held_cost(ana.pk) == 34

    done = finish(held.id, actor=ana, now=now + timedelta(minutes=3))
    finish(held.id, actor=ana, now=now + timedelta(minutes=4))

    assert done.state == "completed"
    assert held_cost(ana.pk) == 0
    completed = Event.objects.get(name="WorkCompleted").payload
    assert (completed["handled_ms"], completed["wrap_up_ms"]) == (180_000, 0)
    assert AgentState.objects.get(user=ana).idle_since == now + timedelta(minutes=3)
    assert Segment.objects.get().ended_by == "completed"


def test_wrap_up_holds_capacity_until_its_time_is_over(held, ana, queue, now):
    Queue.objects.update(wrap_up_seconds=60)

    finish(held.id, actor=ana, now=now + timedelta(minutes=3))
    assert held_cost(ana.pk) == 34

    assert end_wrap_ups(now=now + timedelta(minutes=3, seconds=59)) == 0
    assert end_wrap_ups(now=now + timedelta(minutes=4)) == 1
    assert held_cost(ana.pk) == 0
    completed = Event.objects.get(name="WorkCompleted").payload
    assert (completed["handled_ms"], completed["wrap_up_ms"]) == (180_000, 60_000)


def test_a_disposition_ends_wrap_up_at_once(held, ana, now):
    Queue.objects.update(wrap_up_seconds=60)
    solved = Disposition.objects.create(key="solved", name="Solved")
    finish(held.id, actor=ana, now=now)

    done = finish(held.id, disposition=solved, actor=ana, now=now + timedelta(seconds=5))

    assert (done.state, done.disposition) == ("completed", solved)


def test_requeued_work_keeps_its_age_and_goes_to_somebody_else(held, ana, ben, on_duty, now):
    on_duty(ben)
    back = requeue(held.id, reason="end of shift", actor=ana, now=now + timedelta(minutes=1))

    assert (back.state, back.agent, back.queued_at) == ("waiting", None, now)
    assert back.conversation.__class__.objects.get().assignee is None
    [offer] = match_items([back.id], now=now + timedelta(minutes=1))
    assert offer.agent == ben


def test_transferred_work_is_the_same_item_in_another_queue(held, ana, team, now):
    billing = Queue.objects.create(key="billing", name="Billing", team=team)

    moved = transfer(held.id, queue=billing, actor=ana, now=now + timedelta(minutes=1))

    assert (moved.id, moved.queue, moved.queued_at) == (held.id, billing, now)
    assert moved.entered_at == now + timedelta(minutes=1)
    released = Event.objects.get(name="WorkReleased").payload
    assert (released["agent_id"], released["handled_ms"]) == (ana.pk, 60_000)


def test_a_late_command_of_a_former_holder_is_refused(held, ana, now):
    version = held.version
    requeue(held.id, reason="x", actor=ana, now=now)

    with pytest.raises(Conflict):
        transfer(held.id, queue=held.queue, actor=ana, now=now, version=version)


def test_a_supervisor_may_assign_over_capacity_and_it_is_recorded(held, ana, sam, waiting, now):
    for _ in range(1):
        assign_by_hand(waiting().id, agent=ana, actor=sam, now=now)
    third = waiting()

    taken = assign_by_hand(third.id, agent=ana, actor=sam, now=now)

    assert (taken.state, taken.agent) == ("active", ana)
    flags = [e.payload["over_capacity"] for e in Event.objects.filter(name="WorkAssigned").order_by("id")]
    assert flags == [False, True]
    assert held_cost(ana.pk) == 102


def test_an_agent_may_not_overload_a_colleague(held, ana, ben, waiting, now):
    assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)

    with pytest.raises(Forbidden) as refusal:
        assign_by_hand(waiting().id, agent=ana, actor=ben, now=now)

    assert refusal.value.code == "over_capacity"
    assert Event.objects.filter(name="WorkAssigned").count() == 1


def test_nobody_takes_more_than_they_can_hold_without_a_supervisor(ana, sam, on_duty, waiting, now):
    on_duty(ana)
    for _ in range(2):
        assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)
    third = waiting()

    with pytest.raises(Forbidden, match="You have no free capacity") as refusal:
        assign_by_hand(third.id, agent=ana, actor=ana, now=now)

    third.refresh_from_db()
    assert (refusal.value.code, third.state, held_cost(ana.pk)) == ("over_capacity", "waiting", 68)


def test_a_medium_has_its_limit_for_work_by_hand_too(ana, on_duty, waiting, now):
    on_duty(ana)
    AgentState.objects.filter(user=ana).update(caps={waiting().medium: 1})
    assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)

    with pytest.raises(Forbidden):
        assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)


def test_who_is_rung_at_by_the_very_work_has_room_for_it(ana, on_duty, waiting, now):
    on_duty(ana)
    AgentState.objects.filter(user=ana).update(budget=34)
    item = waiting()
    match_items([item.id], now=now)

    assert assign_by_hand(item.id, agent=ana, actor=ana, now=now).agent == ana


def test_paused_work_given_by_hand_needs_room_for_its_full_cost(held, ana, ben, sam, on_duty, waiting, now):
    on_duty(ben)
    for _ in range(2):
        assign_by_hand(waiting().id, agent=ben, actor=ben, now=now)
    pause(held.id, actor=ana, now=now)

    with pytest.raises(Forbidden):
        assign_by_hand(held.id, agent=ben, actor=ana, now=now)
    assert held_cost(ben.pk) == 68

    assign_by_hand(held.id, agent=ben, actor=sam, now=now)
    assert held_cost(ben.pk) == 102
    assert Decision.objects.filter(item=held, kind="assign").last().facts["over_capacity"] is True


def test_paused_work_is_wrapped_up_at_its_full_cost(held, ana, sam, waiting, now):
    Queue.objects.update(wrap_up_seconds=600)
    pause(held.id, actor=ana, now=now)
    for _ in range(2):
        assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)

    finish(held.id, actor=ana, now=now + timedelta(minutes=1))

    assert held_cost(ana.pk) == 102
    told = Decision.objects.get(item=held, kind="override")
    assert told.sentence == "It is wrapped up: its holder has 102 of 100 points in hand."


def test_assigning_held_work_moves_it_and_frees_the_first_holder(held, ana, ben, sam, on_duty, now):
    on_duty(ben)
    assign_by_hand(held.id, agent=ben, actor=sam, now=now + timedelta(minutes=2))

    assert held_cost(ana.pk) == 0
    assert held_cost(ben.pk) == 34
    assert [s.ended_by for s in Segment.objects.order_by("id")] == ["transferred", ""]


def test_work_that_waits_for_the_customer_costs_little_and_wakes_up_whole(held, ana, now):
    pause(held.id, actor=ana, now=now)
    assert 0 < held_cost(ana.pk) < 34

    resume(held.id, now=now + timedelta(minutes=10))

    assert held_cost(ana.pk) == 34
    held.refresh_from_db()
    assert held.paused_seconds == 600


def test_a_customer_who_leaves_early_is_a_short_abandon(waiting, now):
    short, long = waiting(), waiting()

    abandon(short.id, now=now + timedelta(seconds=4))
    abandon(long.id, now=now + timedelta(seconds=40))

    told = Event.objects.filter(name="WorkAbandoned").order_by("id")
    assert [(e.payload["waited_ms"], e.payload["short"]) for e in told] == [(4000, True), (40_000, False)]


def test_an_agent_whose_connection_is_lost_becomes_unreachable_then_loses_the_work(held, ana, now):
    assert lose_unreachable(now=now + timedelta(seconds=20)) == 0
    assert lose_unreachable(now=now + timedelta(seconds=31)) == 1
    assert AgentState.objects.get(user=ana).presence == Presence.UNREACHABLE
    held.refresh_from_db()
    assert held.state == "active"

    lose_unreachable(now=now + timedelta(seconds=61))

    held.refresh_from_db()
    assert (held.state, held.agent) == ("waiting", None)
    lose_unreachable(now=now + timedelta(seconds=90))
    assert Event.objects.filter(name="WorkReleased").count() == 1


def test_a_heartbeat_brings_a_lost_agent_back(held, ana, now):
    lose_unreachable(now=now + timedelta(seconds=31))

    heartbeat(ana.pk, now=now + timedelta(seconds=40))

    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.lease_until) == (Presence.AVAILABLE, now + timedelta(seconds=70))
    assert lose_unreachable(now=now + timedelta(seconds=61)) == 0


@pytest.mark.parametrize("presence", ["available", "busy"])
def test_who_was_at_their_desk_is_what_they_were(presence, ana, on_duty, now):
    on_duty(ana)
    set_presence(ana, presence=presence, reason="Coaching", actor=ana, now=now)

    assert lose_unreachable(now=now + timedelta(seconds=31)) == 1
    assert lose_unreachable(now=now + timedelta(seconds=90)) == 0, "once"
    assert AgentState.objects.get(user=ana).presence == Presence.UNREACHABLE
    heartbeat(ana.pk, now=now + timedelta(seconds=100))

    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.reason, state.lost_from) == (presence, "Coaching", "")
    assert state.presence_since == now + timedelta(seconds=100)
    told = Event.objects.filter(name="PresenceChanged").order_by("id").values_list("payload", flat=True)
    assert [(one["presence"], one["reason"]) for one in told][-2:] == [
        ("unreachable", "Connection lost"), (presence, "Coaching"),
    ]  # fmt: skip


@pytest.mark.parametrize("presence", ["break", "meal", "meeting", "training", "missed", "offline"])
def test_who_was_away_stays_where_they_said_they_are(presence, ana, on_duty, now):
    on_duty(ana)
    AgentState.objects.filter(user=ana).update(presence=presence, reason="Soup", presence_since=now)
    told = Event.objects.count()

    assert lose_unreachable(now=now + timedelta(minutes=45)) == 0
    heartbeat(ana.pk, now=now + timedelta(minutes=50))

    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.reason, state.presence_since) == (presence, "Soup", now)
    assert Event.objects.count() == told, "its time goes on as one piece"


def test_a_silent_agent_at_a_meal_gives_the_work_back_and_stays_at_the_meal(held, ana, now):
    set_presence(ana, presence="meal", actor=ana, now=now)
    assert lose_unreachable(now=now + timedelta(seconds=59)) == 0
    held.refresh_from_db()
    assert held.agent == ana

    assert lose_unreachable(now=now + timedelta(seconds=61)) == 0

    held.refresh_from_db()
    assert (held.state, held.agent) == ("waiting", None)
    assert AgentState.objects.get(user=ana).presence == Presence.MEAL


def test_a_break_asked_for_after_work_survives_a_lost_connection(held, ana, waiting, now):
    set_presence(ana, presence="break", reason="Tea", after_work=True, actor=ana, now=now)

    lose_unreachable(now=now + timedelta(seconds=31))
    lost = AgentState.objects.get(user=ana)
    heartbeat(ana.pk, now=now + timedelta(seconds=40))

    back = AgentState.objects.get(user=ana)
    assert (lost.presence, lost.pending_presence, lost.reason) == ("unreachable", "break", "Tea")
    assert (back.presence, back.pending_presence, back.reason) == ("available", "break", "Tea")
    assert match_items([waiting(at=now).id], now=now + timedelta(seconds=41)) == [], "nothing new meanwhile"
    finish(held.id, actor=ana, now=now + timedelta(seconds=50))
    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.pending_presence, state.reason) == ("break", "", "Tea")


@pytest.mark.parametrize(
    ("asked", "gone", "back"), [("break", "break", "break"), ("available", "unreachable", "available")]
)
def test_the_change_asked_for_happens_when_the_work_is_taken_from_who_is_gone(asked, gone, back, held, ana, now):
    set_presence(ana, presence=asked, after_work=True, actor=ana, now=now)

    lose_unreachable(now=now + timedelta(seconds=61))

    assert AgentState.objects.get(user=ana).presence == gone, "never available while nobody is there"
    heartbeat(ana.pk, now=now + timedelta(seconds=70))
    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.pending_presence) == (back, "")


def test_a_break_asked_for_after_work_comes_when_the_last_item_is_done(held, ana, waiting, now):
    set_presence(ana, presence="break", after_work=True, actor=ana, now=now)
    assert match_items([waiting().id], now=now) == [], "nothing new meanwhile"
    assert AgentState.objects.get(user=ana).presence == Presence.AVAILABLE

    finish(held.id, actor=ana, now=now + timedelta(minutes=1))

    assert AgentState.objects.get(user=ana).presence == Presence.BREAK
