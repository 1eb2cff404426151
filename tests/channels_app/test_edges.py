"""The thin edges: events, notices and pokes that end in one service call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from channels_app import hints, tasks
from channels_app.handlers import follow_merge
from channels_app.models import Channel, Conversation, Interaction
from channels_app.services.assignment import assign
from channels_app.services.replies import send_reply
from crm.models import Customer
from cxos.core import broker
from cxos.core.catalogue import Received
from cxos.core.events.crm import CustomersMerged
from cxos.core.models import Event, User
from cxos.core.relay import received
from tests.channels_app.said import say


def last(name: str) -> Received:
    row = Event.objects.filter(name=name).latest("id")
    return received((row.id, row.name, row.key, row.actor, row.depth, row.at, row.payload))


def test_what_the_merged_customer_said_belongs_to_the_survivor(
    api: Channel, kim: Customer, max: Customer, now: datetime
) -> None:
    conversation = say(api, max, "a1", now).conversation
    Interaction.objects.update(customer=max)
    merged = CustomersMerged(survivor_id=kim.id, merged_id=max.id)

    for _ in range(2):  # a handler may run again
        follow_merge(Received(id=1, name="CustomersMerged", key="", actor="", depth=0, at=now, event=merged))

    conversation.refresh_from_db()
    assert conversation.customer == kim
    assert Interaction.objects.get().customer == kim


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    told: list[list[str]] = []
    monkeypatch.setattr(hints, "notify", lambda regions, version: told.append(list(regions)))
    return told


def test_pages_of_the_conversation_and_of_its_holder_are_told(
    api: Channel, kim: Customer, ana: User, sam: User, now: datetime, notices: list[list[str]]
) -> None:
    conversation = say(api, kim, "a1", now).conversation
    hints.conversation_changed(last("MessageReceived"))
    assign(conversation.id, assignee_id=ana.id, actor=None, now=now)
    hints.holder_changed(last("ConversationAssigned"))
    send_reply(conversation.id, text="Hi", author=ana, actor=ana, now=now)
    hints.conversation_changed(last("MessageSent"))
    assign(conversation.id, assignee_id=sam.id, actor=None, now=now)
    hints.holder_changed(last("ConversationAssigned"))

    here = f"conversation.{conversation.id}"
    assert notices == [
        [here, "inbox", f"history.{kim.pk}"],
        [here, f"inbox.{ana.id}", "inbox", "others"],
        [here, f"inbox.{ana.id}", "others"],
        [here, f"inbox.{sam.id}", f"inbox.{ana.id}", "others"],
    ]


def test_second_sweep_gives_way_to_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    held: set[str] = set()
    monkeypatch.setattr(broker, "claim_once", lambda name, seconds: name not in held and not held.add(name))
    monkeypatch.setattr(broker, "release", held.discard)
    ran: list[str] = []

    def run() -> None:
        ran.append("first")
        tasks.one_at_a_time("sweep", lambda: ran.append("second"))

    tasks.one_at_a_time("sweep", run)
    assert ran == ["first"]

    def die() -> Any:
        raise RuntimeError("the sweep failed")

    with pytest.raises(RuntimeError):
        tasks.one_at_a_time("sweep", die)
    tasks.one_at_a_time("sweep", lambda: ran.append("next"))
    assert ran == ["first", "next"], "a failed sweep does not keep the next one away"


@pytest.mark.django_db
def test_pokes_find_nothing_to_do_in_an_empty_house() -> None:
    tasks.sweep_replies()
    tasks.sweep_webhooks()

    assert Conversation.objects.count() == 0
