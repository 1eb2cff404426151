"""Calling colleagues in a note."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels_app.models import Channel, Conversation, Mention
from channels_app.services.replies import add_note
from crm.models import Customer
from cxos.core.models import Event, Team, User
from tests.channels_app.said import say


@pytest.fixture
def conversation(api: Channel, kim: Customer, now: datetime) -> Conversation:
    return say(api, kim, "a1", now).conversation


def called(user: User) -> list[int | None]:
    return list(Mention.objects.filter(user=user).values_list("team_id", flat=True))


def test_by_name_and_with_the_team(
    conversation: Conversation, ana: User, sam: User, adi: User, team: Team, now: datetime
) -> None:
    note = add_note(conversation.id, text="@Sam and @care, look", author=ana, actor=ana, now=now)

    assert (called(sam), called(adi), called(ana)) == ([None], [team.id], [])
    assert Event.objects.get(name="NoteAdded").payload["mentioned_ids"] == sorted([sam.id, adi.id])
    assert {one.message_id for one in Mention.objects.all()} == {note.id}


def test_nobody_who_has_left_is_called_and_a_resend_calls_once(
    conversation: Conversation, ana: User, sam: User, adi: User, now: datetime
) -> None:
    User.objects.filter(pk=adi.pk).update(is_active=False)

    for _ in range(2):
        add_note(conversation.id, text="@Sam @Adi @Care", author=ana, client_id="n1", actor=ana, now=now)

    assert list(Mention.objects.values_list("user_id", flat=True)) == [sam.id]


def test_a_mention_is_seen_by_its_own_as_long_as_the_conversation_is(
    conversation: Conversation, ana: User, sam: User, now: datetime
) -> None:
    add_note(conversation.id, text="@Ana look", author=sam, actor=sam, now=now)
    assert [list(Mention.objects.visible_to(one)) for one in (ana, sam)] == [list(Mention.objects.all()), []]

    Conversation.objects.update(team=Team.objects.create(name="Others"), assignee=sam)

    assert list(Mention.objects.visible_to(ana)) == []


def test_a_note_without_a_call_asks_nothing_more(conversation: Conversation, ana: User, now: datetime) -> None:
    with CaptureQueriesContext(connection) as plain:
        add_note(conversation.id, text="look", author=ana, actor=ana, now=now)

    assert [one for one in plain.captured_queries if "core_team" in one["sql"]] == []
