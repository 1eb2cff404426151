"""The order of evaluation in the database: each step of it, on a small floor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import Calendar, CalendarDay
from crm.models import Identity
from cxos.core.models import Event, Team
from routing.models import AgentState, Callback, Decision, Queue, QueueMember, Segment, WorkItem
from routing.services.matcher import match_agent, match_items, wake_waiting
from routing.services.media import switch_media
from routing.services.moves import transfer_to_agent
from routing.services.offers import accept_offer, decline_offer, expire_due
from routing.services.presence import set_presence
from routing.services.work import finish, resume

pytestmark = pytest.mark.django_db
OFFICE = {str(day): [[9 * 60, 17 * 60]] for day in range(5)}


@pytest.fixture
def second(team) -> Queue:
    return Queue.objects.create(key="second", name="Second", team=team)


def after(now, **delta):
    return now + timedelta(**delta)


# --- 1 closed --------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(queue, now):
    """The queue has closed at ten o'clock, just now; it opens at nine tomorrow."""
    calendar = Calendar.objects.create(name="Mornings", zone="UTC", weekly={str(day): [[540, 600]] for day in range(5)})
    Queue.objects.filter(pk=queue.pk).update(calendar=calendar)
    return calendar


def test_work_of_a_closed_queue_waits_for_its_opening(closed, ana, on_duty, waiting, now):
    on_duty(ana)
    item = waiting()

    assert match_items([item.id], now=now) == []

    item.refresh_from_db()
    assert (item.state, item.reason, item.wake_at) == ("waiting", "closed", after(now, hours=23))
    assert "opens Thursday 09:00" in Decision.objects.get(kind="no_match").sentence
    assert wake_waiting(now=after(now, hours=22)) == 0
    assert wake_waiting(now=after(now, hours=23)) == 1
    item.refresh_from_db()
    assert item.state == "offered"


def test_a_closed_queue_may_send_its_work_on(closed, queue, second, ana, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(closed_treatment="overflow", overflow_to=second)
    QueueMember.objects.create(queue=second, user=ana)
    set_presence(ana, presence="available", actor=ana, now=now)
    item = waiting()

    match_items([item.id], now=now)
    [offer] = match_items([item.id], now=now)

    item.refresh_from_db()
    assert (offer.agent, item.queue, item.overflow_path, item.queued_at) == (ana, second, [queue.pk], now)
    moved = Event.objects.get(name="WorkMoved").payload
    assert (moved["kind"], moved["from_queue_id"], moved["to_queue_id"]) == ("overflow", queue.pk, second.pk)


def test_a_holiday_has_a_treatment_of_its_own(queue, second, waiting, now):
    calendar = Calendar.objects.create(name="Office", zone="UTC", weekly=OFFICE)
    CalendarDay.objects.create(calendar=calendar, date=now.date(), name="Founders' day")
    Queue.objects.filter(pk=queue.pk).update(calendar=calendar, holiday_treatment="overflow", overflow_to=second)
    item = waiting()

    match_items([item.id], now=now)

    item.refresh_from_db()
    assert item.queue == second


def test_who_comes_after_hours_may_be_called_back_at_the_opening(closed, queue, kim, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(closed_treatment="callback")
    Identity.objects.create(customer=kim, kind="phone", value="+4930123", shown="+49 30 123")
    item = waiting()

    match_items([item.id], now=now)

    callback = Callback.objects.get()
    item.refresh_from_db()
    assert (callback.item, callback.address, callback.slot_at) == (item, "+4930123", after(now, hours=23))
    assert (item.state, item.eligible_at) == ("scheduled", after(now, hours=23))


# --- 2 full, or waited too long --------------------------------------------------------------------------------------


def test_who_finds_the_queue_full_goes_into_the_next_one(queue, second, waiting, now):
    queue.max_size, queue.overflow_to = 1, second
    queue.save()

    first, other = waiting(), waiting()

    assert (first.queue, other.queue, other.overflow_path) == (queue, second, [queue.pk])
    assert "Care is full: Second took it." in Decision.objects.get(item=other).sentence


def test_nobody_is_thrown_out_when_every_queue_is_full(queue, waiting):
    queue.max_size = 1
    queue.save()
    waiting()

    assert waiting().queue == queue


def test_what_has_waited_too_long_overflows_with_its_age(queue, second, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(max_wait_seconds=120, overflow_to=second)
    item = waiting()
    match_items([item.id], now=now)
    item.refresh_from_db()
    assert item.wake_at == after(now, seconds=120)

    wake_waiting(now=after(now, seconds=120))

    item.refresh_from_db()
    assert (item.queue, item.queued_at, item.entered_at) == (second, now, after(now, seconds=120))
    assert Event.objects.get(name="WorkMoved").payload["waited_ms"] == 120_000


# --- 3 and 4 asked for by name, or known -----------------------------------------------------------------------------


def test_work_sent_to_an_agent_waits_for_them_then_goes_to_anybody(ana, ben, on_duty, waiting, now):
    on_duty(ana)
    item = waiting()
    set_presence(ben, presence="available", actor=ben, now=now)  # Ben does not serve the queue
    transfer_to_agent(item.id, agent=ben, actor=ana, now=now)
    [offer] = match_items([item.id], now=now)
    assert (offer.agent, Decision.objects.get(kind="match").facts["reason"]) == (ben, "direct")

    decline_offer(offer.id, user=ben, reason="no", now=now)

    assert match_items([item.id], now=now) == []
    assert wake_waiting(now=after(now, seconds=60)) == 1
    assert WorkItem.objects.get(id=item.id).offers.get(state="pending").agent == ana


# --- 5 rings and helping teams ---------------------------------------------------------------------------------------


def test_a_team_helps_when_enough_wait(queue, ben, waiting, now):
    helpers = Team.objects.create(name="Second line")
    ben.teams.add(helpers)
    Queue.objects.filter(pk=queue.pk).update(rings=[{"groups": [{"team": helpers.pk, "min_waiting": 2}]}])
    set_presence(ben, presence="available", actor=ben, now=now)
    first = waiting()
    assert match_items([first.id], now=now) == []

    second = waiting()
    match_items([first.id, second.id], now=now)

    assert set(WorkItem.objects.filter(state="offered")) == {first, second}


def test_a_helper_who_frees_up_finds_the_work_of_the_queue_they_help(queue, ben, waiting, now):
    helpers = Team.objects.create(name="Second line")
    ben.teams.add(helpers)
    Queue.objects.filter(pk=queue.pk).update(
        rings=[{"seconds": 30}, {"groups": [{"team": helpers.pk, "from": 0, "until": 1440}]}]
    )
    set_presence(ben, presence="available", actor=ben, now=now)
    item = waiting(at=after(now, seconds=-31))

    [offer] = match_agent(ben.pk, now=now)

    assert (offer.item, offer.agent) == (item, ben)


def test_a_ring_drops_a_soft_skill_and_its_timer_stands_while_an_offer_rings(
    queue, english, ana, ben, on_duty, waiting, now
):
    from routing.models import AgentSkill

    Queue.objects.filter(pk=queue.pk).update(
        rings=[{"seconds": 60}, {"drops": ["english"]}], missed="second", cooldown_seconds=300
    )
    on_duty(ana)
    on_duty(ben)
    AgentSkill.objects.create(user=ana, skill=english, level=5)
    item = waiting(required=[{"skill": "english", "level": 3}])
    [offer] = match_items([item.id], now=now)
    assert offer.agent == ana
    expire_due(now=after(now, seconds=30))  # those 30 s do not count

    assert match_items([item.id], now=after(now, seconds=70)) == []
    item.refresh_from_db()
    assert (item.ring, item.wake_at) == (0, after(now, seconds=90))
    [second] = match_items([item.id], now=after(now, seconds=90))
    assert second.agent == ben


# --- 6 who may have it -----------------------------------------------------------------------------------------------


def test_a_medium_switched_off_is_the_reason_told(ana, on_duty, waiting, now):
    on_duty(ana)
    switch_media(ana, off=["chat"], actor=ana)
    item = waiting()

    assert match_items([item.id], now=now) == []
    assert Decision.objects.get(kind="no_match").facts["filtered"] == {"medium_off": 1}

    switch_media(ana, off=[], actor=ana)
    assert len(match_agent(ana.pk, now=now)) == 1


def test_an_agent_takes_so_many_of_a_medium_as_their_cap_allows(ana, on_duty, waiting, now):
    on_duty(ana)
    AgentState.objects.update(caps={"chat": 1})

    assert len(match_items([waiting().id, waiting().id], now=now)) == 1


def test_a_backlog_comes_in_portions(queue, ana, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(max_offers_per_minute=1)
    items = [waiting().id for _ in range(3)]
    on_duty(ana)

    assert len(match_agent(ana.pk, now=now)) == 1
    assert match_items(items, now=after(now, seconds=30)) == []
    assert len(match_items(items, now=after(now, seconds=61))) == 1


def test_some_get_only_what_has_waited_longer(queue, ana, on_duty, waiting, now):
    on_duty(ana)
    QueueMember.objects.update(delay_seconds=40)
    item = waiting()

    assert match_items([item.id], now=now) == []
    item.refresh_from_db()
    assert item.wake_at == after(now, seconds=40)
    assert len(match_items([item.id], now=after(now, seconds=40))) == 1


def test_blended_work_leaves_the_reserve_of_calls_alone(queue, team, ana, ben, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(blended=True)
    calls = Queue.objects.create(key="calls", name="Calls", team=team, min_reserve=1, reserve_medium="voice")
    for user in (ana, ben):
        on_duty(user)
        QueueMember.objects.create(queue=calls, user=user)
    items = [waiting().id, waiting().id]

    first = match_items(items[:1], now=now)
    second = match_items(items[1:], now=now)

    assert len(first) == 1
    assert [offer.agent for offer in second] == [first[0].agent], "the other one is kept free for calls"


# --- 7 who is best ---------------------------------------------------------------------------------------------------


def test_least_occupied_counts_the_last_hour_and_overlapping_work_once(queue, ana, ben, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(strategy="least_occupied")
    on_duty(ana, at=after(now, hours=-2))
    on_duty(ben)
    for user, minutes in ((ana, (50, 40)), (ana, (45, 35)), (ben, (30, 20))):
        done = waiting(at=after(now, hours=-3))
        WorkItem.objects.filter(id=done.id).update(state="completed", agent=user, completed_at=now)
        Segment.objects.create(
            item=done, agent=user, started_at=after(now, minutes=-minutes[0]), ended_at=after(now, minutes=-minutes[1])
        )

    [offer] = match_items([waiting().id], now=now)

    assert offer.agent == ben
    chosen = Decision.objects.get(kind="match").facts
    assert (chosen["chosen"][0]["by"], chosen["alternatives"][0]["by"]) == (0.17, 0.25)


def test_fewest_handled_counts_today(queue, ana, ben, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(strategy="fewest_handled")
    on_duty(ana, at=after(now, hours=-2))
    on_duty(ben)
    done = waiting(at=after(now, hours=-3))
    WorkItem.objects.filter(id=done.id).update(state="completed", agent=ana, completed_at=now)
    Segment.objects.create(item=done, agent=ana, started_at=after(now, hours=-1), ended_at=now)

    assert match_items([waiting().id], now=now)[0].agent == ben


def test_a_predicted_score_decides_where_the_queue_goes_by_it(queue, ana, ben, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(strategy="score")
    on_duty(ana, at=after(now, hours=-2))
    on_duty(ben)
    item = waiting(agent_scores={str(ben.pk): 0.9, str(ana.pk): 0.4})

    assert match_items([item.id], now=now)[0].agent == ben


def test_the_sentence_names_the_agent(ana, on_duty, waiting, now):
    on_duty(ana)
    match_items([waiting().id], now=now)

    assert Decision.objects.get(kind="match").sentence == "Offered to Ana: first in rank of 1 who could take it."


# --- Offers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", [{"auto_accept": ["chat"]}, {"offer_seconds_by": {"chat": 0}}])
def test_work_that_nobody_has_to_accept_is_there_at_once(queue, ana, on_duty, waiting, now, setting):
    Queue.objects.filter(pk=queue.pk).update(**setting)
    on_duty(ana)

    [offer] = match_items([waiting().id], now=now)

    offer.refresh_from_db()
    item = WorkItem.objects.get()
    assert (offer.state, item.state, item.agent, item.conversation.assignee) == ("accepted", "active", ana, ana)
    assert list(Event.objects.filter(name__startswith="Offer").values_list("name", flat=True)) == [
        "OfferMade", "OfferAccepted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "policy,presence,muted",
    [("all", "missed", []), ("family", "available", ["chat", "messaging"]), ("second", "available", [])],
)
def test_what_a_missed_offer_does_is_up_to_the_queue(queue, ana, on_duty, waiting, now, policy, presence, muted):
    Queue.objects.filter(pk=queue.pk).update(missed=policy, cooldown_seconds=0)
    on_duty(ana)
    item = waiting()
    match_items([item.id], now=now)

    expire_due(now=after(now, seconds=30))

    state = AgentState.objects.get(user=ana)
    assert (state.presence, state.media_missed) == (presence, muted)
    if policy == "second":
        match_items([item.id], now=after(now, seconds=31))
        expire_due(now=after(now, seconds=61))
        assert AgentState.objects.get(user=ana).presence == "missed"
    set_presence(ana, presence="available", actor=ana, now=after(now, seconds=90))
    state.refresh_from_db()
    assert (state.presence, state.media_missed, state.missed_in_row) == ("available", [], 0)


def test_declining_again_and_again_counts_as_missed(queue, ana, on_duty, waiting, now):
    Queue.objects.filter(pk=queue.pk).update(most_declines=2, cooldown_seconds=0)
    on_duty(ana)
    item = waiting()
    for expected in ("available", "missed"):
        [offer] = match_items([item.id], now=now)
        decline_offer(offer.id, user=ana, reason="", now=now)
        assert AgentState.objects.get(user=ana).presence == expected


# --- After the contact -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind,seconds,asked,state",
    [
        ("none", 60, False, "completed"),
        ("optional", 0, False, "completed"),
        ("optional", 0, True, "wrapping"),
        ("mandatory", 0, False, "wrapping"),
        ("timed", 60, False, "wrapping"),
        ("timed", 0, False, "completed"),
        ("forced", 60, False, "wrapping"),
    ],
)
def test_each_kind_of_wrap_up(queue, ana, on_duty, waiting, now, kind, seconds, asked, state):
    Queue.objects.filter(pk=queue.pk).update(wrap_up=kind, wrap_up_seconds=seconds)
    on_duty(ana)
    [offer] = match_items([waiting().id], now=now)
    item = accept_offer(offer.id, user=ana, now=now)

    done = finish(item.id, wrap_up=asked, actor=ana, now=now)

    assert done.state == state
    if state == "wrapping":
        early = finish(item.id, actor=ana, now=after(now, seconds=10))
        assert early.state == ("wrapping" if kind == "forced" else "completed")


# --- Capacity --------------------------------------------------------------------------------------------------------


def test_a_customer_who_comes_back_pushes_what_rings_out_and_the_rest_is_on_record(ana, on_duty, waiting, now):
    on_duty(ana)
    paused = waiting()
    WorkItem.objects.filter(id=paused.id).update(state="paused", agent=ana, cost=9, accepted_at=now, paused_at=now)
    ringing = waiting()
    WorkItem.objects.filter(id=waiting().id).update(state="active", agent=ana, cost=34, accepted_at=now)
    match_items([ringing.id], now=now)
    assert WorkItem.objects.get(id=ringing.id).state == "offered"

    resume(paused.id, now=after(now, minutes=1))

    assert WorkItem.objects.get(id=ringing.id).state == "waiting"
    assert not Decision.objects.filter(kind="override").exists()
