"""Merging a conversation where one reads it: the dialog, the page it leads to, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from channels_app.models import Channel, Conversation, ConversationMerge, Message
from channels_app.services import joining
from crm.models import Customer
from cxos.core.models import Team, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def talk_of(customer: Customer, channel: Channel, key: str, text: str) -> Conversation:
    made = Conversation.objects.create(customer=customer, channel=channel, thread_key=key, last_message_text=text)
    Message.objects.create(conversation=made, author_kind="customer", text=text, state="received")
    return made


@pytest.fixture
def parcel(api: Channel, kim: Customer) -> Conversation:
    return talk_of(kim, api, "a", "Where is my parcel?")


@pytest.fixture
def lost(api: Channel, kim: Customer) -> Conversation:
    return talk_of(kim, api, "b", "Is it lost?")


def test_the_dialog_shows_what_it_can_become_part_of_and_why_not(
    as_ana: Client, parcel: Conversation, lost: Conversation, webchat: Channel, kim: Customer, max: Customer,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    chat = talk_of(kim, webchat, "visitor:1", "Hi")
    talk_of(max, parcel.channel, "m", "Mine")
    hidden = talk_of(kim, parcel.channel, "h", "Hidden")
    Conversation.objects.filter(pk=hidden.pk).update(team=Team.objects.create(name="Other"))

    with django_assert_max_num_queries(6):
        answer = as_ana.get(f"/workspace/c/{lost.pk}/merge/")

    assert [(one.pk, bool(reason)) for one, reason in answer.context["others"]] == [(chat.pk, True), (parcel.pk, False)]
    assert "Nobody vouches for the visitor" in answer.content.decode()


def test_merged_one_is_led_to_the_survivor_and_can_take_it_back(
    as_ana: Client, parcel: Conversation, lost: Conversation
) -> None:
    answer = as_ana.post(f"/workspace/c/{lost.pk}/merge/", {"into": str(parcel.pk)})
    assert answer["HX-Redirect"] == f"/workspace/c/{parcel.pk}/"

    assert as_ana.get(f"/workspace/c/{lost.pk}/")["Location"] == f"/workspace/c/{parcel.pk}/"
    assert as_ana.get(f"/workspace/c/{lost.pk}/thread/")["HX-Redirect"] == f"/workspace/c/{parcel.pk}/"
    page = as_ana.get(f"/workspace/c/{parcel.pk}/").content.decode()
    assert f"#{lost.pk} was merged into this conversation." in page
    assert page.index("Where is my parcel?") < page.index("Is it lost?")
    assert f"/workspace/c/{lost.pk}/unmerge/" in page
    for tab in ("all", "resolved"):
        rows = as_ana.get(f"/workspace/list/?tab={tab}").context["page"].rows
        assert lost.pk not in {row.conversation.pk for row in rows}

    back = as_ana.post(f"/workspace/c/{lost.pk}/unmerge/")
    assert back["HX-Redirect"] == f"/workspace/c/{lost.pk}/"
    page = as_ana.get(f"/workspace/c/{parcel.pk}/").content.decode()
    assert f"/workspace/c/{lost.pk}/unmerge/" not in page
    assert as_ana.get(f"/workspace/c/{lost.pk}/").status_code == 200


def test_a_draft_typed_on_the_page_of_a_merged_one_is_kept_with_the_survivor(
    as_ana: Client, parcel: Conversation, lost: Conversation, ana: User
) -> None:
    joining.merge(lost.pk, into=parcel.pk, actor=ana, now=timezone.now())
    as_ana.post(f"/workspace/c/{lost.pk}/draft/", {"mode": "reply", "text": "Not lost"})
    assert "Not lost" in as_ana.get(f"/workspace/c/{parcel.pk}/").content.decode()


def test_nobody_merges_what_they_may_not_see_or_another_holds(
    as_ana: Client, parcel: Conversation, lost: Conversation, sam: User
) -> None:
    other = Team.objects.create(name="Other")
    Conversation.objects.filter(pk=parcel.pk).update(team=other)
    assert as_ana.post(f"/workspace/c/{lost.pk}/merge/", {"into": str(parcel.pk)}).status_code == 404
    assert as_ana.post(f"/workspace/c/{parcel.pk}/merge/", {"into": str(lost.pk)}).status_code == 404
    Conversation.objects.filter(pk=parcel.pk).update(team=None)
    Conversation.objects.filter(pk=lost.pk).update(assignee=sam)
    assert as_ana.post(f"/workspace/c/{lost.pk}/merge/", {"into": str(parcel.pk)}).status_code == 403
    assert as_ana.post(f"/workspace/c/{lost.pk}/merge/", {"into": "x"}).status_code == 422
    assert not ConversationMerge.objects.exists()
    made = joining.merge(lost.pk, into=parcel.pk, actor=sam, now=timezone.now())
    Conversation.objects.filter(pk=parcel.pk).update(team=other)
    assert as_ana.post(f"/workspace/c/{lost.pk}/unmerge/").status_code == 404
    assert ConversationMerge.objects.get(pk=made.pk).undone_at is None


def test_too_late_it_says_why(as_ana: Client, parcel: Conversation, lost: Conversation, ana: User) -> None:
    made = joining.merge(lost.pk, into=parcel.pk, actor=ana, now=timezone.now())
    ConversationMerge.objects.filter(pk=made.pk).update(at=timezone.now() - timedelta(days=8))
    answer = as_ana.post(f"/workspace/c/{lost.pk}/unmerge/")
    assert answer.status_code == 409 and "7 days" in answer.content.decode()


def test_menu_and_palette_offer_it(as_ana: Client, parcel: Conversation) -> None:
    head = as_ana.get(f"/workspace/c/{parcel.pk}/head/").content.decode()
    palette = as_ana.get(f"/search/commands/?at=/workspace/c/{parcel.pk}/").content.decode()
    assert all(f"/workspace/c/{parcel.pk}/merge/" in page for page in (head, palette))
