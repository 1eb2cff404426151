"""Asking that a customer be called back: by an agent, from a conversation or the customer's page."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Conversation
from channels_app.services.conversations import resolve
from crm.models import Customer, Identity
from cxos.core.models import Team, User
from cxos.core.phrases import Phrase
from routing.models import Callback, Queue, QueueMember, WorkItem
from routing.services.hand_over import give
from routing.services.presence import set_presence
from routing.services.queue import enqueue

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def talk(kim: Customer, team: Team, ana: User) -> Conversation:
    """Kim waits in a queue that Ana serves, and may be called at every hour."""
    channel = Channel.objects.create(key="mail", name="Mail", kind=Channel.Kind.API, medium=Channel.Medium.EMAIL)
    queue = Queue.objects.create(key="care", name="Care", team=team, callback_from=0, callback_until=0)
    QueueMember.objects.create(queue=queue, user=ana)
    Identity.objects.create(customer=kim, kind="phone", value="+49301234567", shown="+49 30 1234567")
    made = Conversation.objects.create(customer=kim, channel=channel, thread_key="t", team=team)
    enqueue(made, queue=queue, priority=1, why=Phrase("Came."), now=timezone.now())
    return made


def in_hand(talk: Conversation, ana: User) -> None:
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    give(talk, to=ana, actor=ana, now=timezone.now())


def address(talk: Conversation) -> str:
    return f"/workspace/c/{talk.pk}/call-back/"


def test_the_head_and_the_customers_page_lead_to_the_dialog(page: Client, talk: Conversation, kim: Customer) -> None:
    head = page.get(f"/workspace/c/{talk.pk}/head/").content.decode()
    record = page.get(f"/customers/{kim.pk}/").content.decode()
    dialog = page.get(address(talk)).content.decode()

    assert f'hx-get="{address(talk)}"' in head
    assert 'data-key="y"' in head, "the palette lists what has a key"
    assert f'hx-get="{address(talk)}?beside"' in record
    assert 'value="+49301234567"' in dialog
    assert "Whoever of Care has it next calls." in dialog


def test_it_keeps_its_place_and_its_age(page: Client, talk: Conversation) -> None:
    before = WorkItem.objects.get()

    answer = page.post(address(talk), {"number": "0049 30 1234567", "way": "now"})

    callback, item = Callback.objects.get(), WorkItem.objects.get()
    assert (callback.kind, callback.address, callback.state) == ("in_queue", "+49301234567", "open")
    assert (item.state, item.queued_at, item.entered_at) == ("waiting", before.queued_at, before.entered_at)
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#head")
    assert json.loads(answer["HX-Trigger"])["dialog:close"] is True


def test_a_time_is_by_the_clock_of_the_customer(page: Client, talk: Conversation, ana: User, kim: Customer) -> None:
    Customer.objects.filter(pk=kim.pk).update(time_zone="Asia/Tokyo")
    in_hand(talk, ana)
    wished = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")).replace(hour=15, minute=30) + timedelta(days=3)
    assert 'name="way" id' not in page.get(address(talk)).content.decode(), "who holds it agrees on a time"

    answer = page.post(
        address(talk) + "?beside", {"number": "+49301234567", "way": "later", "at": f"{wished:%Y-%m-%dT%H:%M}"}
    )

    slot = wished.replace(second=0, microsecond=0)
    item = WorkItem.objects.get()
    assert answer.status_code == 204
    assert (Callback.objects.get().slot_at, item.state, item.eligible_at) == (slot, "scheduled", slot)


def test_outside_their_hours_it_comes_at_the_next_opening(page: Client, talk: Conversation) -> None:
    Queue.objects.update(callback_from=9 * 60, callback_until=17 * 60)
    night = (timezone.now() + timedelta(days=2)).astimezone(UTC).replace(hour=20, minute=0, second=0, microsecond=0)
    assert "09:00–17:00" in page.get(address(talk)).content.decode()

    page.post(address(talk), {"number": "+49301234567", "way": "later", "at": f"{night:%Y-%m-%dT%H:%M}+00:00"})

    assert WorkItem.objects.get().eligible_at == night.replace(hour=9) + timedelta(days=1)


def test_what_is_over_is_opened_again_and_waits_in_the_queue_of_its_channel(
    page: Client, talk: Conversation, ana: User
) -> None:
    in_hand(talk, ana)
    resolve(talk.pk, actor=ana, now=timezone.now())
    WorkItem.objects.update(state="completed", completed_at=timezone.now())

    page.post(address(talk), {"number": "+49301234567", "way": "now"})

    talk.refresh_from_db()
    item = WorkItem.objects.get(state="waiting")
    assert (talk.status, item.queue.key, item.callback.kind) == ("open", "care", "in_queue")
    assert "Ana wants the customer called back; Care is the queue of the channel." in [
        one.spoken for one in item.decisions.all()
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"number": ""}, "Say which number to call."),
        ({"way": "later", "at": ""}, "Give a day and a time."),
        ({"way": "later", "at": "2020-01-01T10:00"}, "Choose a time within the next sixty days."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    page: Client, talk: Conversation, given: dict[str, str], words: str
) -> None:
    answer = page.post(address(talk), {"number": "+49 30 99", "way": "now", **given})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert ('value="+49 30 99"' in answer.content.decode()) == ("number" not in given)
    assert (Callback.objects.count(), WorkItem.objects.get().state) == (0, "waiting")


def test_who_must_not_be_called_is_not_called(page: Client, talk: Conversation, kim: Customer) -> None:
    Customer.objects.filter(pk=kim.pk).update(tags=["do_not_call"])

    answer = page.post(address(talk), {"number": "+49301234567", "way": "now"})

    assert (answer.status_code, Callback.objects.count()) == (422, 0)
    assert "This customer must not be called." in answer.content.decode()


def test_who_may_not_answer_it_asks_for_no_callback(page: Client, talk: Conversation, ana: User, team: Team) -> None:
    ana.teams.clear()
    QueueMember.objects.all().delete()

    assert page.get(address(talk)).status_code == 404
    assert page.post(address(talk), {"number": "+49301234567", "way": "now"}).status_code == 404
    assert Callback.objects.count() == 0
