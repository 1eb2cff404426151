"""A callback in hand, from the head of its conversation."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Team, User
from routing.models import Callback, Queue, WorkItem
from routing.services.callbacks import request_callback
from routing.services.hand_over import give
from tests.screens.test_workspace_outside import talk_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def talk(kim: Customer, team: Team, ana: User, sam: User) -> Conversation:
    """Kim hung up and is to be called back; Ana has it in hand."""
    talk = talk_by(Channel.Medium.VOICE, kim, team, ana)
    Queue.objects.update(callback_from=0, callback_until=0)
    item = WorkItem.objects.get()
    WorkItem.objects.update(state="waiting", agent=None)
    item.segments.all().delete()
    request_callback(item.pk, kind="in_queue", address="+49 30 1234567", actor="customer", now=timezone.now())
    give(talk, to=ana, actor=sam, now=timezone.now())
    return talk


def head(page: Client, talk: Conversation) -> str:
    return page.get(f"/workspace/c/{talk.pk}/head/").content.decode()


def do(page: Client, talk: Conversation, name: str) -> str:
    return page.post(f"/workspace/c/{talk.pk}/callback/{name}/").content.decode()


def test_who_holds_it_calls_and_says_that_they_were_reached(page: Client, talk: Conversation) -> None:
    assert "+49301234567" in head(page, talk)
    assert "No answer" not in head(page, talk)

    assert "No answer" in do(page, talk, "call")
    assert "ws-callback" not in do(page, talk, "reached")

    assert Callback.objects.get().state == "reached"
    assert WorkItem.objects.get().state == "active"


def test_no_answer_takes_it_out_of_hand_until_the_next_try(page: Client, talk: Conversation) -> None:
    do(page, talk, "call")

    assert "ws-callback" not in do(page, talk, "no-answer")

    assert (Callback.objects.get().attempts, WorkItem.objects.get().state) == (1, "scheduled")


def test_outside_their_hours_the_page_says_when_it_comes_back(page: Client, talk: Conversation) -> None:
    minute = timezone.now().hour * 60 + timezone.now().minute
    Queue.objects.update(callback_from=(minute + 120) % 1440, callback_until=(minute + 180) % 1440)

    answer = page.post(f"/workspace/c/{talk.pk}/callback/call/")

    assert "when they may be called" in answer["HX-Trigger"]
    assert "ws-callback" not in answer.content.decode()
    assert WorkItem.objects.get().state == "scheduled"


def test_a_callback_nobody_wants_any_more_is_canceled_and_the_work_goes_on(page: Client, talk: Conversation) -> None:
    assert "ws-callback" not in do(page, talk, "cancel")

    assert (Callback.objects.get().state, WorkItem.objects.get().state) == ("canceled", "active")


def test_others_see_no_callback_to_make(client: Client, talk: Conversation, sam: User) -> None:
    client.force_login(sam)

    assert "ws-callback" not in head(client, talk)
    assert client.post(f"/workspace/c/{talk.pk}/callback/call/").status_code == 404
    assert client.post(f"/workspace/c/{talk.pk}/callback/dance/").status_code == 404
