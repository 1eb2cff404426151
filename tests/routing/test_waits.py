"""What customers are told of their wait, how far it was off, and what of all this is kept how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cxos.core.models import Event
from routing.estimate import Band
from routing.figures import waits
from routing.models import AgentState, Decision, Queue, QueueMember, WorkItem
from routing.services.leases import lose_unreachable
from routing.services.matcher import match_items
from routing.services.offers import accept_offer
from routing.services.pruning import prune
from routing.services.waits import foretell, outlook_of, outlooks, wait_errors
from routing.services.work import assign_by_hand, requeue

pytestmark = pytest.mark.django_db


def after(now, **delta):
    return now + timedelta(**delta)


@pytest.fixture
def paced(queue, ana, on_duty, waiting, now) -> Queue:
    """Ana takes one chat at a time, of five minutes each, and has one in hand."""
    on_duty(ana)
    AgentState.objects.update(budget=34)
    for number in range(20):
        done = waiting(at=after(now, hours=-3))
        WorkItem.objects.filter(pk=done.pk).update(
            state="completed",
            accepted_at=after(now, minutes=-number - 5),
            completed_at=after(now, minutes=-number),
            predicted_wait_seconds=100,
            actual_wait_seconds=60 + 10 * (number % 2) * 8,  # 60 or 140: 40 s too much or too little
        )
    assign_by_hand(waiting().id, agent=ana, actor=ana, now=now)
    return queue


def test_place_and_wait_follow_the_order_of_scores(paced, waiting, now):
    first, urgent, second = waiting(), waiting(priority=3), waiting()

    told = outlooks([first, urgent, second], now=now)

    assert [told[item.pk].place for item in (urgent, first, second)] == [1, 2, 3]
    assert [told[item.pk].estimate.mean_seconds for item in (urgent, first, second)] == [300.0, 600.0, 900.0]
    assert told[first.pk].band == Band(600, 900)
    assert outlook_of(WorkItem.objects.filter(state="active").get(), now=now) is None


def test_without_anybody_there_nothing_is_promised(queue, waiting, now):
    item = waiting(at=after(now, minutes=-7))

    told = outlook_of(item, now=now)

    assert (told.place, told.band, told.estimate.mean_seconds) == (1, None, 420.0)
    assert foretell([item], now=now) == {}


def test_many_cost_as_many_queries_as_one(paced, waiting, now, django_assert_num_queries):
    items = [waiting(required=[{"skill": f"s{number}", "level": 1}]) for number in range(4)]
    with CaptureQueriesContext(connection) as alone:
        outlooks(items[:1], now=now)

    with django_assert_num_queries(len(alone)):
        outlooks(items, now=now)

    of_waits = [one["sql"] for one in alone if "routing_workitem" in one["sql"] and "'waiting'" in one["sql"]]
    assert len(of_waits) == 2, "the places, and what those who wait need"


def test_the_wait_is_foretold_once_and_measured_when_somebody_answers(paced, waiting, ben, on_duty, now):
    item = waiting()
    match_items([item.id], now=now)
    item.refresh_from_db()
    assert item.predicted_wait_seconds == 300.0

    match_items([item.id], now=after(now, minutes=1))
    on_duty(ben, at=after(now, minutes=2))
    [offer] = match_items([item.id], now=after(now, minutes=2))
    accept_offer(offer.id, user=ben, now=after(now, minutes=2, seconds=10))

    item.refresh_from_db()
    assert (item.predicted_wait_seconds, item.actual_wait_seconds) == (300.0, 130.0)


def test_who_waits_again_is_foretold_anew(paced, waiting, ben, on_duty, now):
    on_duty(ben)
    item = waiting()
    [offer] = match_items([item.id], now=now)
    accept_offer(offer.id, user=ben, now=now)

    requeue(item.id, reason="x", actor=ben, now=after(now, minutes=1))

    item.refresh_from_db()
    assert (item.predicted_wait_seconds, item.actual_wait_seconds) == (None, None)


def test_the_error_is_measured_and_handed_to_the_operator(paced, now):
    [error] = wait_errors(now=now).values()

    assert (error.count, error.mean_absolute_seconds, error.bias_seconds) == (20, 40.0, 0.0)
    told = {sample.name: (sample.labels, sample.value) for gauge in waits() for sample in gauge.samples}
    care = {"queue": "care"}
    assert told == {
        "cxos_wait_error_seconds": (care, 40.0), "cxos_wait_bias_seconds": (care, 0.0), "cxos_wait_samples": (care, 20),
    }  # fmt: skip


def test_explanations_are_kept_as_long_as_the_policy_says(waiting, now):
    old, new = waiting(at=after(now, days=-401)), waiting(at=after(now, days=-399))

    assert prune(keep_days={"decisions": 0, "actions": 0, "trials": 0}, now=now) == {}
    assert prune(keep_days={"decisions": 400, "actions": 400, "trials": 0}, now=now) == {
        "decisions": 1, "actions": 0, "evidence": 0,
    }  # fmt: skip

    assert list(Decision.objects.values_list("item_id", flat=True)) == [new.pk]
    assert WorkItem.objects.filter(pk=old.pk).exists(), "the work itself stays"


def test_a_call_is_left_where_it_is_when_its_agent_is_lost_and_told_once(queue, waiting, ana, on_duty, now):
    on_duty(ana)
    call, chat = waiting(), waiting()
    WorkItem.objects.filter(pk=call.pk).update(medium="voice", cost=60)
    for item in (call, chat):
        assign_by_hand(item.pk, agent=ana, actor=ana, now=now)

    assert lose_unreachable(now=after(now, seconds=61)) == 1
    lose_unreachable(now=after(now, seconds=71))

    call.refresh_from_db()
    chat.refresh_from_db()
    assert (call.state, call.agent, chat.state, chat.agent) == ("active", ana, "waiting", None)
    lost = Event.objects.get(name="HolderLost").payload
    assert (lost["item_id"], lost["agent_id"], lost["at"]) == (
        call.pk, ana.pk, after(now, seconds=61).isoformat(),
    )  # fmt: skip
    assert QueueMember.objects.filter(user=ana, queue=queue).exists()
