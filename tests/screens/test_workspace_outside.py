"""Work given to somebody outside, from the head of a conversation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Team, User
from cxos.core.phrases import Phrase
from cxos.screens.workspace.outside import ADDRESSES
from cxos.screens.workspace.together import REACHED_OUTSIDE
from routing.models import Queue, QueueMember, Segment, WorkItem
from routing.services.hand_over import give
from routing.services.presence import set_presence
from routing.services.queue import enqueue

pytestmark = pytest.mark.django_db


def talk_by(medium: str, kim: Customer, team: Team, ana: User) -> Conversation:
    """Kim reached us by this medium, and Ana has it in hand."""
    channel = Channel.objects.create(key=medium, name=medium.title(), kind=Channel.Kind.API, medium=medium)
    queue = Queue.objects.create(key="care", name="Care", team=team)
    QueueMember.objects.create(queue=queue, user=ana)
    made = Conversation.objects.create(customer=kim, channel=channel, thread_key="t", team=team)
    enqueue(made, queue=queue, priority=1, why=Phrase("Came."), now=timezone.now())
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    give(made, to=ana, actor=ana, now=timezone.now())
    return made


@pytest.fixture
def page(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.mark.parametrize(
    ("medium", "typed", "kept"),
    [("voice", "0049 30 1234567", "+49301234567"), ("email", " Desk@Example.com ", "desk@example.com")],
)
def test_a_call_goes_to_a_number_and_a_mail_to_an_address(
    page: Client, kim: Customer, team: Team, ana: User, medium: str, typed: str, kept: str
) -> None:
    talk = talk_by(medium, kim, team, ana)
    assert f"/workspace/c/{talk.pk}/outside/" in page.get(f"/workspace/c/{talk.pk}/share-menu/").content.decode()

    answer = page.post(f"/workspace/c/{talk.pk}/outside/", {"address": typed, "reason": "Their area"})

    segment, item = Segment.objects.get(), WorkItem.objects.get()
    assert (item.state, item.reason, segment.ended_by, segment.ended_to) == (
        "completed", "Their area", "transferred", kept,
    )  # fmt: skip
    assert [line.text for line in talk.messages.order_by("id")] == ["Assigned to Ana.", f"Transferred to {kept}."]
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#head")
    told = json.loads(answer["HX-Trigger"])
    assert (told["toast"]["message"], told["dialog:close"]) == (f"Transferred to {kept}", True)


@pytest.mark.parametrize(
    ("medium", "typed", "words"),
    [
        ("voice", "0301234567", "no telephone number with its country code"),
        ("voice", "desk@example.com", "no telephone number with its country code"),
        ("voice", "", "no telephone number with its country code"),
        ("email", "+49301234567", "no e-mail address"),
    ],
)
def test_what_is_no_address_is_told_beside_the_field_and_kept(
    page: Client, kim: Customer, team: Team, ana: User, medium: str, typed: str, words: str
) -> None:
    talk = talk_by(medium, kim, team, ana)

    answer = page.post(f"/workspace/c/{talk.pk}/outside/", {"address": typed, "reason": "Their area"})

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert words in shown
    assert 'value="Their area"' in shown
    assert WorkItem.objects.get().state == "active"


def test_nobody_outside_is_reached_by_a_chat(page: Client, kim: Customer, team: Team, ana: User) -> None:
    talk = talk_by("chat", kim, team, ana)

    refused: Any = page.get(f"/workspace/c/{talk.pk}/outside/")

    assert (refused.status_code, refused.content.decode()) == (
        409, "Only calls and e-mails can be transferred to somebody outside.",
    )  # fmt: skip
    assert "/outside/" not in page.get(f"/workspace/c/{talk.pk}/share-menu/").content.decode()
    assert set(ADDRESSES) == set(REACHED_OUTSIDE)


def test_only_who_holds_it_transfers_it(client: Client, kim: Customer, team: Team, ana: User, db: None) -> None:
    talk = talk_by("voice", kim, team, ana)
    ben = User.objects.create_user("ben@example.com", "correct horse battery", name="Ben")
    ben.teams.add(team)
    client.force_login(ben)

    assert client.post(f"/workspace/c/{talk.pk}/outside/", {"address": "+49301234567"}).status_code == 403
    assert WorkItem.objects.get().state == "active"
