"""Others in one's work, on the page: asked in, let take part, handed the work, and out again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Role, Team, User
from routing.models import Offer, Queue, QueueMember, Segment, WorkItem
from routing.services.hand_over import give
from routing.services.offers import accept_offer
from routing.services.presence import set_presence
from routing.services.queue import enqueue

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(team: Team) -> User:
    user = User.objects.create_user("ben@example.com", "correct horse battery", name="Ben", role=Role.AGENT)
    user.teams.add(team)
    set_presence(user, presence="available", actor=user, now=timezone.now())
    return user


@pytest.fixture
def talk(webchat: Channel, kim: Customer, team: Team, ana: User, ben: User) -> Conversation:
    """Ana has Kim's conversation in hand."""
    queue = Queue.objects.create(key="care", name="Care", team=team)
    for user in (ana, ben):
        QueueMember.objects.create(queue=queue, user=user)
    made = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t", team=team)
    enqueue(made, queue=queue, priority=1, why="Came.", now=timezone.now())
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    give(made, to=ana, actor=ana, now=timezone.now())
    return made


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: User, talk: Conversation, what: str, **given: Any) -> Any:
    return page_of(user).post(f"/workspace/c/{talk.pk}/{what}/", {key: str(value) for key, value in given.items()})


def head(user: User, talk: Conversation) -> str:
    return page_of(user).get(f"/workspace/c/{talk.pk}/head/").content.decode()


def test_only_who_is_available_and_may_see_it_can_be_asked(talk: Conversation, ana: User, ben: User) -> None:
    stranger = User.objects.create_user("zoe@example.com", "correct horse battery", name="Zoe", role=Role.AGENT)
    set_presence(stranger, presence="available", actor=stranger, now=timezone.now())

    menu = page_of(ana).get(f"/workspace/c/{talk.pk}/share-menu/").content.decode()

    assert menu.count("Ben") == 3
    assert "Zoe" not in menu
    assert "Ana" not in menu
    set_presence(ben, presence="break", actor=ben, now=timezone.now())
    assert "is available now" in page_of(ana).get(f"/workspace/c/{talk.pk}/share-menu/").content.decode()


def test_a_colleague_advises_then_takes_part_then_has_it(talk: Conversation, ana: User, ben: User) -> None:
    answer = post(ana, talk, "ask", agent=ben.pk, kind="consult").content.decode()
    assert "is being asked" in answer

    accept_offer(Offer.objects.get().pk, user=ben, now=timezone.now())
    shown = head(ana, talk)
    assert "advises" in shown
    assert "Hand over" in shown
    assert "Hand over" not in head(ben, talk)
    assert "Leave" in head(ben, talk)

    post(ana, talk, "let-take-part", agent=ben.pk)
    assert "takes part" in head(ana, talk)

    post(ana, talk, "hand-over", agent=ben.pk)
    assert WorkItem.objects.get().agent == ben
    assert "takes part" not in head(ben, talk)


def test_who_was_asked_in_leaves_again(talk: Conversation, ana: User, ben: User) -> None:
    post(ana, talk, "ask", agent=ben.pk, kind="conference")
    accept_offer(Offer.objects.get().pk, user=ben, now=timezone.now())

    assert post(ben, talk, "leave").status_code == 200

    assert WorkItem.objects.get().agent == ana
    assert list(Segment.objects.filter(ended_at=None).values_list("agent__name", flat=True)) == ["Ana"]


def test_it_is_offered_to_one_colleague(talk: Conversation, ana: User, ben: User) -> None:
    post(ana, talk, "ask", agent=ben.pk, kind="offer")

    item = WorkItem.objects.get()
    assert (item.state, item.direct_agent) == ("waiting", ben)


def test_who_does_not_hold_it_shares_nothing(talk: Conversation, ana: User, ben: User) -> None:
    assert post(ben, talk, "ask", agent=ben.pk, kind="consult").status_code == 403
    assert post(ben, talk, "hand-over", agent=ben.pk).status_code == 403
    assert post(ana, talk, "ask", agent="", kind="consult").status_code == 422
    assert post(ana, talk, "ask", agent=ben.pk, kind="gossip").status_code == 422
    assert post(ana, talk, "leave").status_code == 409
    assert not Offer.objects.exists()
    assert 'data-key="h"' in head(ana, talk)
    assert 'data-key="h"' not in head(ben, talk)
