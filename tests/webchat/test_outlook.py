"""What a visitor is told of the floor: hours, his place in the line, how long it will take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cases.models import Calendar
from channels_app.models import Channel, Conversation, Message
from channels_app.webchat.chats import look
from channels_app.webchat.visitors import Visitor
from cxos.core.models import User
from cxos.screens import hints
from routing.models import AgentState, Queue, QueueMember, WorkItem

pytestmark = pytest.mark.django_db
Line = Callable[..., Message]
NO_CALLBACK = {"may_ask_callback": False, "callback": None}


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_kept", {})


@pytest.fixture
def queue(webchat: Channel) -> Queue:
    calendar = Calendar.objects.create(name="Office", zone="UTC", weekly={str(day): [[540, 1020]] for day in range(5)})
    webchat.config |= {"queue": "care"}
    webchat.save()
    return Queue.objects.create(key="care", name="Care", calendar=calendar)


def waiting(queue: Queue, at: datetime, *, conversation: Conversation | None = None, priority: int = 1) -> WorkItem:
    return WorkItem.objects.create(
        queue=queue,
        conversation=conversation,
        medium="chat",
        cost=25,
        priority=priority,
        queued_at=at,
        entered_at=at,
        eligible_at=at,
    )


def test_while_nobody_is_there_it_says_when_somebody_will_be(visitor: Visitor, queue: Queue, now: datetime) -> None:
    night = now.replace(hour=22)

    told = look(visitor, now=night).state["outlook"]

    assert told == {
        "online": False,
        "place": None,
        "wait_seconds": None,
        "opens_at": "2026-03-05T09:00:00+00:00",
        **NO_CALLBACK,
    }


def test_in_office_hours_it_is_open(visitor: Visitor, queue: Queue, now: datetime) -> None:
    assert look(visitor, now=now).state["outlook"] == {
        "online": True, "place": None, "wait_seconds": None, "opens_at": None, **NO_CALLBACK,
    }  # fmt: skip


def test_who_waits_is_told_his_place(visitor: Visitor, queue: Queue, line: Line, now: datetime) -> None:
    conversation = line(visitor, "Hi").conversation
    waiting(queue, now - timedelta(minutes=5))
    waiting(queue, now - timedelta(seconds=30), priority=0)
    waiting(queue, now, priority=3)
    waiting(queue, now, conversation=conversation)
    waiting(queue, now)

    assert look(visitor, now=now).state["outlook"]["place"] == 3
    assert look(visitor, now=now).state["outlook"]["wait_seconds"] is None  # nothing handled yet: no promise


def test_the_expected_wait_follows_from_who_serves_and_how_fast(
    visitor: Visitor, queue: Queue, line: Line, ana: User, sam: User, now: datetime
) -> None:
    conversation = line(visitor, "Hi").conversation
    for user, presence in ((ana, "available"), (sam, "meal")):
        QueueMember.objects.create(queue=queue, user=user)
        AgentState.objects.create(user=user, presence=presence, budget=34)
    held = waiting(queue, now - timedelta(minutes=9))
    WorkItem.objects.filter(pk=held.pk).update(state="active", agent=ana, accepted_at=now, cost=34)
    for n in range(25):
        done = waiting(queue, now - timedelta(hours=2))
        WorkItem.objects.filter(pk=done.pk).update(
            state="completed", accepted_at=now - timedelta(minutes=n + 5), completed_at=now - timedelta(minutes=n)
        )
    waiting(queue, now - timedelta(minutes=1))
    waiting(queue, now, conversation=conversation)

    told = look(visitor, now=now).state["outlook"]

    assert (told["place"], told["wait_seconds"]) == (2, 600)  # one agent, five minutes each, two to finish
