"""What time brings, and what an admin changes of a queue, reaches the work that waits within a second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import Calendar
from cases.services.calendars import set_day, set_hours
from cxos.core.models import Team
from routing.models import Queue
from routing.services.callbacks import request_callback
from routing.services.configure import save_queue
from routing.services.offers import decline_offer
from routing.services.presence import set_presence
from routing.services.relief import call_relief
from routing.services.work import (
    transfer_to_agent,
)
from tests.routing.ringing import rings_at

pytestmark = pytest.mark.django_db


def after(now, **delta):
    return now + timedelta(**delta)


# --- what time brings ------------------------------------------------------------------------------------------------


def test_an_exclusion_ends(ana, on_duty, waiting, settle, now):
    on_duty(ana)
    item = waiting()
    settle(now)
    decline_offer(item.offers.get().id, user=ana, reason="", now=now)
    settle(after(now, seconds=59))
    assert rings_at(item) is None

    settle(after(now, seconds=60))
    assert rings_at(item) == "Ana"


def test_a_ring_opens(queue, english, ana, on_duty, waiting, settle, now):
    Queue.objects.filter(pk=queue.pk).update(rings=[{"seconds": 30, "hold": True}, {"drops": ["english"]}])
    on_duty(ana)
    item = waiting(required=[{"skill": "english", "level": 3}])
    settle(after(now, seconds=29))
    assert rings_at(item) is None

    settle(after(now, seconds=30))
    assert rings_at(item) == "Ana"


def test_the_wait_for_one_agent_is_over(queue, ana, ben, on_duty, waiting, settle, now):
    Queue.objects.filter(pk=queue.pk).update(direct_seconds=40)
    on_duty(ana)
    set_presence(ben, presence="break", actor=ben, now=now)
    item = waiting()
    transfer_to_agent(item.id, agent=ben, actor=None, now=now)
    settle(after(now, seconds=39))
    assert rings_at(item) is None

    settle(after(now, seconds=40))
    assert rings_at(item) == "Ana"


def test_a_callback_is_due(ana, on_duty, waiting, settle, now):
    item = waiting()
    request_callback(
        item.id, kind="scheduled", address="+4930123", slot_at=after(now, hours=1), actor=None, now=now
    )  # fmt: skip
    on_duty(ana)
    settle(after(now, minutes=59))
    assert rings_at(item) is None

    settle(after(now, hours=1))
    assert rings_at(item) == "Ana"


def test_a_queue_opens(queue, ana, on_duty, waiting, settle, now):
    calendar = Calendar.objects.create(name="Late", zone="UTC", weekly={"2": [[660, 1020]]})
    Queue.objects.filter(pk=queue.pk).update(calendar=calendar)
    on_duty(ana)
    item = waiting()
    settle(after(now, minutes=59))
    assert rings_at(item) is None

    settle(after(now, hours=1))
    assert rings_at(item) == "Ana"


def test_a_queue_closes(queue, team, waiting, settle, now):
    other = Queue.objects.create(key="other", name="Other", team=team)
    calendar = Calendar.objects.create(name="Mornings", zone="UTC", weekly={"2": [[540, 602]]})
    Queue.objects.filter(pk=queue.pk).update(calendar=calendar, closed_treatment="overflow", overflow_to=other)
    item = waiting()
    settle(after(now, seconds=119))
    item.refresh_from_db()
    assert item.queue == queue

    settle(after(now, seconds=120))
    item.refresh_from_db()
    assert item.queue == other


def test_a_team_helps_from_its_hour_on(stuck, queue, ben, settle, now):
    helpers = Team.objects.create(name="Second line")
    ben.teams.add(helpers)
    save_queue(queue, changes={"rings": [{"groups": [{"team": helpers.pk, "from": 602, "until": 660}]}]}, actor=None,
               now=now)  # fmt: skip
    set_presence(ben, presence="available", actor=ben, now=now)
    settle(after(now, seconds=119))
    assert rings_at(stuck) is None

    settle(after(now, seconds=120))
    assert rings_at(stuck) == "Ben"


def test_a_team_helps_as_soon_as_enough_wait_and_the_oldest_first(queue, ben, waiting, settle, now):
    helpers = Team.objects.create(name="Second line")
    ben.teams.add(helpers)
    Queue.objects.filter(pk=queue.pk).update(rings=[{"groups": [{"team": helpers.pk, "min_waiting": 4}]}])
    set_presence(ben, presence="available", actor=ben, now=now)
    items = [waiting(at=after(now, seconds=-60 + number)) for number in range(3)]
    settle(now)
    assert [rings_at(item) for item in items] == [None] * 3

    items.append(waiting(at=after(now, seconds=5)))
    settle(after(now, seconds=6))
    assert [rings_at(item) for item in items] == ["Ben", "Ben", None, None]


def test_a_team_helps_as_soon_as_the_wait_gets_long(queue, ana, ben, on_duty, waiting, settle, now, monkeypatch):
    helpers = Team.objects.create(name="Second line")
    ben.teams.add(helpers)
    Queue.objects.filter(pk=queue.pk).update(rings=[{"groups": [{"team": helpers.pk, "min_expected_wait": 120}]}])
    set_presence(ben, presence="available", actor=ben, now=now)
    item = waiting()
    settle(now)
    assert rings_at(item) is None

    monkeypatch.setattr("routing.snapshots.rules.expected_waits", lambda ids, **_: dict.fromkeys(ids, 121.0))
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ben"


def test_helpers_are_asked_once_and_not_again_while_nothing_changes(queue, ben, waiting, settle, now):
    helpers = Team.objects.create(name="Second line")
    ben.teams.add(helpers)
    Queue.objects.filter(pk=queue.pk).update(rings=[{"groups": [{"team": helpers.pk, "min_waiting": 1}]}])
    set_presence(ben, presence="available", actor=ben, now=now)
    waiting(required=[{"skill": "nobody-has-it", "level": 1, "hard": True}])

    assert call_relief(now=now) == 1
    assert call_relief(now=after(now, seconds=1)) == 0


# --- the queue itself ------------------------------------------------------------------------------------------------


def test_a_queues_rules_are_changed(queue, english, adi, ana, on_duty, waiting, settle, now):
    on_duty(ana)
    item = waiting(required=[{"skill": "english", "level": 3}])
    settle(now)
    assert rings_at(item) is None

    save_queue(queue, changes={"skill_mode": "none"}, actor=adi, now=now)
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ana"


def test_a_queue_is_made_to_push(queue, adi, ana, on_duty, waiting, settle, now):
    Queue.objects.update(push=False)
    on_duty(ana)
    item = waiting()
    settle(now)
    assert rings_at(item) is None

    save_queue(queue, changes={"push": True}, actor=adi, now=now)
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ana"


def test_the_hours_of_a_queue_are_changed(queue, adi, ana, on_duty, waiting, settle, now):
    calendar = Calendar.objects.create(name="Late", zone="UTC", weekly={"2": [[660, 1020]]})
    Queue.objects.filter(pk=queue.pk).update(calendar=calendar)
    on_duty(ana)
    item = waiting()
    settle(now)
    assert rings_at(item) is None

    set_hours(calendar, zone="UTC", weekly={"2": [[540, 1020]]}, actor=adi, now=now)
    settle(after(now, seconds=1))
    assert rings_at(item) == "Ana"


def test_a_day_is_made_a_holiday(queue, team, adi, waiting, settle, now):
    other = Queue.objects.create(key="other", name="Other", team=team)
    calendar = Calendar.objects.create(name="Office", zone="UTC", weekly={"2": [[540, 1020]]})
    Queue.objects.filter(pk=queue.pk).update(calendar=calendar, holiday_treatment="overflow", overflow_to=other)
    item = waiting()
    settle(now)

    set_day(calendar, day=now.date(), name="Founders' day", actor=adi, now=now)
    settle(after(now, seconds=1))

    item.refresh_from_db()
    assert item.queue == other
