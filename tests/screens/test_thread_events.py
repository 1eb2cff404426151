"""System lines of a thread: kept as data with a sentence, said in the language of whoever reads them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import translation

from channels_app.models import Channel, Message
from channels_app.services import conversations
from channels_app.services.assignment import assign
from crm.models import Customer
from cxos.core.models import Team, User
from cxos.screens.templatetags.thread_events import said
from tests.channels_app.said import say


def line(what: str, text: str = "As it was kept.", **told: object) -> Message:
    return Message(kind="event", text=text, metadata={"what": what, **told})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (line("resolved"), "Resolved."),
        (line("pending"), "Waiting for the customer."),
        (line("priority", priority=3), "Priority: Urgent."),
        (line("tags", tags=["a", "b"], added=["a", "b"]), "Tagged a, b."),
        (line("tags", tags=[], removed=["a"]), "Removed the tag a."),
        (line("snoozed", until="2026-03-04T10:00:00+00:00"), "Snoozed until Mar 4, 2026, 10:00."),
        (line("assigned", changes={"holder": "Ana", "team": ""}), "Assigned to Ana. Belongs to no team now."),
        (line("assigned", changes={"holder": "", "team": "Care"}), "Nobody holds it now. Given to team Care."),
    ],
)
def test_a_line_is_said_from_what_it_tells(told: Message, words: str) -> None:
    assert said(told) == words


@pytest.mark.parametrize(
    "older",
    [line("assigned", assignee_id=1), line("priority", priority=9), line("snoozed", until="soon"), line("other")],
)
def test_what_tells_too_little_stays_as_it_was_kept(older: Message) -> None:
    assert said(older) == "As it was kept."


def test_an_agents_language_is_not_kept_for_those_who_read_another(
    client: Client, api: Channel, kim: Customer, ana: User, sam: User, team: Team, now: datetime
) -> None:
    found = say(api, kim, "a1", now).conversation
    with translation.override("ar"):
        assign(found.pk, assignee_id=ana.pk, team_id=team.pk, actor=sam, now=now)
        conversations.set_priority(found.pk, priority=3, actor=ana, now=now)
        conversations.add_tags(found.pk, tags=["late"], actor=ana, now=now + timedelta(seconds=1))
    client.force_login(sam)

    pages = {
        language: client.get(f"/workspace/c/{found.pk}/thread/", headers={"accept-language": language}).content.decode()
        for language in ("en", "ar")
    }

    assert "Assigned to Ana. Given to team Care." in pages["en"]
    assert "Priority: Urgent." in pages["en"] and "Tagged late." in pages["en"]
    assert "أُسندت إلى Ana." in pages["ar"] and "Assigned" not in pages["ar"]
    kept = Message.objects.filter(kind="event").order_by("pk").values_list("text", flat=True)
    assert list(kept) == ["Assigned to Ana, given to team Care.", "Priority set to urgent.", "Tagged late."]
