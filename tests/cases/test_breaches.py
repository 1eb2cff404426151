"""Deadlines that pass: noticed, told once, whatever else happens at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from cases.models import Clock, SlaPolicy
from cases.services.breaches import claim_overdue, sweep_clocks
from cases.services.clocks import record_reply
from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Event
from tests.cases.conftest import MINUTE, Say

MINUTES = timedelta(minutes=1)


def breaches() -> list[dict[str, Any]]:
    return list(Event.objects.filter(name="ClockBreached").order_by("id").values_list("payload", flat=True))


@pytest.mark.django_db
def test_a_passed_deadline_is_told_once(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)

    assert sweep_clocks(now=now + 15 * MINUTES) == 0  # the due instant itself is still in time
    assert sweep_clocks(now=now + 15 * MINUTES + timedelta(milliseconds=400)) == 1
    assert sweep_clocks(now=now + 16 * MINUTES) == 0

    clock = Clock.objects.get(metric="first_response")
    assert (clock.state, clock.breached_at) == ("breached", now + 15 * MINUTES)
    assert breaches() == [
        {
            "clock_id": clock.pk,
            "conversation_id": conversation.pk,
            "case_id": None,
            "metric": "first_response",
            "cycle": 1,
            "due_at": "2026-03-04T10:15:00+00:00",
            "late_ms": 400,
            "cause": "time",
        }
    ]
    event = Event.objects.get(name="ClockBreached")
    assert (event.key, event.actor) == (f"conversation:{conversation.pk}", "system")


@pytest.mark.django_db
def test_an_answer_after_the_breach_is_late_and_not_told_as_breach_again(
    conversation: Conversation, policy: SlaPolicy, kim_writes: Say, now: datetime
) -> None:
    kim_writes(now)
    sweep_clocks(now=now + 16 * MINUTES)

    record_reply(conversation.pk, by_bot=False, waited=None, at=now + 20 * MINUTES, actor=None, now=now + 20 * MINUTES)

    clock = Clock.objects.get(metric="first_response")
    assert (clock.state, clock.consumed_seconds) == ("met_late", 20 * MINUTE)
    assert len(breaches()) == 1


@pytest.mark.django_db
def test_after_a_downtime_the_oldest_deadline_is_told_first(
    policy: SlaPolicy, kim: Customer, api: Channel, now: datetime
) -> None:
    make_overdue(policy, kim, api, now, count=30)

    assert sweep_clocks(now=now + timedelta(hours=2)) == 30

    due = [event["due_at"] for event in breaches()]
    assert due == sorted(due)
    assert breaches()[0]["late_ms"] == 2 * 3600 * 1000


def make_overdue(policy: SlaPolicy, kim: Customer, api: Channel, now: datetime, *, count: int) -> None:
    conversations = Conversation.objects.bulk_create(
        Conversation(customer=kim, channel=api, thread_key=f"t{number}", created_at=now) for number in range(count)
    )
    Clock.objects.bulk_create(
        Clock(
            conversation=conversation,
            metric="first_response",
            policy=policy,
            calendar=policy.calendar,
            budget_seconds=900,
            started_at=now - 15 * MINUTES,
            running_since=now - 15 * MINUTES,
            due_at=now + timedelta(seconds=(number * 7919) % count),
        )
        for number, conversation in enumerate(conversations)
    )


def in_threads(count: int, work: Any) -> list[Any]:
    results: list[Any] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            gate.wait()
            results.append(work(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_tell_each_of_2000_deadlines_once(
    policy: SlaPolicy, kim: Customer, api: Channel, now: datetime
) -> None:
    make_overdue(policy, kim, api, now, count=2000)

    def poll(number: int) -> int:
        found, idle = 0, 0
        while idle < 3:
            claimed = claim_overdue(now=now + timedelta(hours=1), batch=25)
            found, idle = found + claimed, idle + (not claimed)
        return found

    found = in_threads(8, poll)

    assert sum(found) == 2000
    assert Clock.objects.filter(state="breached").count() == 2000
    told = Counter(event["clock_id"] for event in breaches())
    assert len(told) == 2000
    assert set(told.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_sweep_at_the_same_moment_tell_the_breach_once(
    policy: SlaPolicy, kim: Customer, api: Channel, now: datetime
) -> None:
    make_overdue(policy, kim, api, now, count=40)
    ids = list(Conversation.objects.order_by("id").values_list("id", flat=True))
    late = now + timedelta(hours=1)

    def work(number: int) -> None:
        if number % 2:
            sweep_clocks(now=late)
        else:
            for id in ids[number // 2 :: 2]:
                record_reply(id, by_bot=False, waited=None, at=late, actor=None, now=late)

    in_threads(4, work)

    told = Counter(event["clock_id"] for event in breaches() if event["metric"] == "first_response")
    assert set(told.values()) == {1}
    assert len(told) == 40
    assert set(Clock.objects.filter(metric="first_response").values_list("state", flat=True)) == {"met_late"}
    met = Counter(Event.objects.filter(name="ClockMet").values_list("payload__clock_id", flat=True))
    assert set(met.values()) == {1}
