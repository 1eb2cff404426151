"""Who is to wait long asks to be called back instead, where the queue lets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from channels_app.models import Channel, Conversation, Message
from channels_app.webchat.callbacks import ask_callback
from channels_app.webchat.chats import look
from channels_app.webchat.visitors import Visitor
from crm.models import Customer
from cxos.core.errors import Conflict, DomainError, Forbidden, Invalid
from cxos.core.phrases import Phrase
from cxos.screens import hints
from routing.models import Callback, Queue, WorkItem
from routing.services.queue import enqueue
from routing.services.work import abandon

pytestmark = pytest.mark.django_db
Line = Callable[..., Message]


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_kept", {})


@pytest.fixture
def queue(webchat: Channel) -> Queue:
    """Customers who are to wait five minutes may ask; they are called from 8 to 21 by their own clock."""
    return Queue.objects.create(key="care", name="Care", callback_offer_seconds=300)


@pytest.fixture
def talk(visitor: Visitor, queue: Queue, line: Line, now: datetime) -> Conversation:
    """Somebody has waited ten minutes already, and nobody is there: so will he."""
    found = line(visitor, "Hi").conversation
    enqueue(found, queue=queue, priority=1, why=Phrase("Came."), now=now - timedelta(minutes=10))
    return found


def outlook(visitor: Visitor, now: datetime) -> dict[str, Any]:
    return dict(look(visitor, now=now).state["outlook"])


@pytest.mark.parametrize(("least", "may"), [(None, False), (0, True), (600, True), (601, False)])
def test_it_is_offered_from_the_wait_on_that_the_queue_says(
    visitor: Visitor, talk: Conversation, queue: Queue, now: datetime, least: int | None, may: bool
) -> None:
    Queue.objects.update(callback_offer_seconds=least)

    assert outlook(visitor, now)["may_ask_callback"] is may
    if not may:
        with pytest.raises(Conflict, match="A callback cannot be asked for just now"):
            ask_callback(visitor, {"number": "+49 30 1234567"}, now=now)
        assert Callback.objects.count() == 0


def test_he_keeps_his_place_and_may_leave(visitor: Visitor, talk: Conversation, now: datetime) -> None:
    before = WorkItem.objects.get()

    ask_callback(visitor, {"number": "+49 30 1234567", "zone": "Europe/Berlin"}, now=now)
    abandon(before.pk, now=now)

    item, callback = WorkItem.objects.get(), Callback.objects.get()
    assert (item.state, item.queued_at) == ("waiting", before.queued_at)
    assert (callback.kind, callback.address, callback.zone) == ("in_queue", "+49301234567", "Europe/Berlin")
    told = outlook(visitor, now)
    assert (told["place"], told["may_ask_callback"]) == (1, False)
    assert told["callback"] == {"number": "+49301234567", "at": None}
    with pytest.raises(Conflict):
        ask_callback(visitor, {"number": "+49 30 7654321"}, now=now)


def test_a_time_outside_the_hours_becomes_the_next_one_inside(
    visitor: Visitor, talk: Conversation, now: datetime
) -> None:
    """22:00 in Berlin is past nine: at eight the next morning, which is seven in UTC."""
    ask_callback(
        visitor, {"number": "+49301234567", "zone": "Europe/Berlin", "at": "2026-03-04T22:00:00+01:00"}, now=now
    )

    opening = datetime.fromisoformat("2026-03-05T07:00:00+00:00")
    assert WorkItem.objects.get().eligible_at == opening
    told = outlook(visitor, now)
    assert (told["place"], told["callback"]) == (None, {"number": "+49301234567", "at": opening.isoformat()})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "number"), ({"number": "soon"}, "number"), ({"number": 7}, "number"), ("+4930", "number"),
        ({"number": "030 1234567"}, "number"),
        ({"number": "+49301234567", "at": "tomorrow"}, "at"), ({"number": "+49301234567", "at": 5}, "at"),
        ({"number": "+49301234567", "at": "2026-03-05T09:00"}, "at"),
        ({"number": "+49301234567", "at": "2026-03-04T09:00+00:00"}, "slot_at"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_refused(
    visitor: Visitor, talk: Conversation, now: datetime, given: Any, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        ask_callback(visitor, given, now=now)
    assert (refused.value.field, Callback.objects.count(), WorkItem.objects.get().state) == (field, 0, "waiting")


def test_who_must_not_be_called_is_neither_offered_it_nor_called(
    visitor: Visitor, talk: Conversation, now: datetime
) -> None:
    Customer.objects.update(tags=["do_not_call"])

    assert outlook(visitor, now)["may_ask_callback"] is False
    with pytest.raises((Conflict, Forbidden)):
        ask_callback(visitor, {"number": "+49 30 1234567"}, now=now)
    assert Callback.objects.count() == 0


def test_without_a_conversation_there_is_nothing_to_call_back(visitor: Visitor, queue: Queue, now: datetime) -> None:
    with pytest.raises(DomainError):
        ask_callback(visitor, {"number": "+49 30 1234567"}, now=now)


def test_the_page_asks_by_a_request_and_hears_why_not(client: Client, queue: Queue, webchat: Channel) -> None:
    opened = client.post(f"/chat/{webchat.key}/session", "{}", content_type="application/json").json()
    headers = {"Authorization": f"Bearer {opened['token']}"}

    answer = client.post(
        f"/chat/{webchat.key}/callback", {"number": "+49301234567"}, content_type="application/json", headers=headers
    )
    nobody = client.post(f"/chat/{webchat.key}/callback", {"number": "1"}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_callback")
    assert nobody.status_code == 401
    assert Callback.objects.count() == 0
