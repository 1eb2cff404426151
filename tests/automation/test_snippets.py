"""Snippets: who has which, how they are found, and what is filled in."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from automation.models import Snippet
from automation.services.snippets import filled, find_snippets, remove_snippet, save_snippet
from channels_app.models import Channel
from crm.models import Customer
from cxos.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from cxos.core.models import AuditEntry, Team, User
from tests.channels_app.said import say

pytestmark = pytest.mark.django_db


def save(
    actor: User, now: datetime, shortcut: str = "hi", text: str = "Hello", scope: str = "own", **more: int
) -> Snippet:
    return save_snippet(None, shortcut=shortcut, text=text, scope=scope, actor=actor, now=now, **more)


def test_one_sees_ones_own_ones_teams_and_everybodys(
    ana: User, sam: User, adi: User, team: Team, now: datetime
) -> None:
    other = Team.objects.create(name="Others")
    save(ana, now, "mine")
    save(sam, now, "sams")
    save(sam, now, "care", scope="team", team_id=team.pk)
    save(adi, now, "others", scope="team", team_id=other.pk)
    save(adi, now, "all", scope="everybody")

    assert [one.shortcut for one in find_snippets("", user=ana)] == ["mine", "all", "care"]


def test_the_shortcut_counts_before_the_text(ana: User, now: datetime) -> None:
    for shortcut, text in (("bye", "Your refund"), ("refund", "Money back"), ("x-refund", "…")):
        save(ana, now, shortcut, text)

    assert [one.shortcut for one in find_snippets("refu", user=ana)] == ["refund", "bye", "x-refund"]
    assert find_snippets("%", user=ana) == []


def test_what_a_customer_is_called_is_never_a_variable(ana: User, now: datetime) -> None:
    snippet = save(ana, now, text="Hi {{customer.name | there}}, I am {{ agent.name }}. {{7*7}} {% x %}")

    shown = filled(snippet, {"customer.name": "{{agent.name}} <b>", "agent.name": "Ana"})

    assert shown == "Hi {{agent.name}} <b>, I am Ana. {{7*7}} {% x %}"
    assert filled(snippet, {}).startswith("Hi there, I am .")


@pytest.mark.parametrize(
    ("shortcut", "text"),
    [
        ("", "a"),
        ("a b", "a"),
        ("-a", "a"),
        ("x" * 41, "a"),
        ("a", ""),
        ("a", "x" * 10_001),
        ("a", "{{customer.password}}"),
    ],
)
def test_what_is_none_is_refused(ana: User, now: datetime, shortcut: str, text: str) -> None:
    with pytest.raises(Invalid):
        save(ana, now, shortcut, text)
    assert Snippet.objects.count() == 0


def test_an_agent_writes_only_for_himself(ana: User, sam: User, team: Team, now: datetime) -> None:
    for scope in ("team", "everybody"):
        with pytest.raises(Forbidden):
            save(ana, now, scope=scope, team_id=team.pk)
    shared, sams = save(sam, now, scope="everybody"), save(sam, now)

    with pytest.raises(Forbidden):
        remove_snippet(shared.pk, actor=ana)
    with pytest.raises(NotFound):
        save_snippet(sams.pk, shortcut="hi", text="x", scope="own", actor=ana, now=now)
    assert Snippet.objects.count() == 2
    remove_snippet(shared.pk, actor=sam)
    verbs = AuditEntry.objects.order_by("id").values_list("verb", "object_label")
    assert list(verbs) == [("made", "/hi"), ("removed", "/hi")]


def test_a_shortcut_is_there_once_for_each(ana: User, sam: User, now: datetime) -> None:
    save(ana, now)
    save(sam, now)
    save(sam, now, scope="everybody")

    for actor, scope in ((ana, "own"), (sam, "everybody")):
        with pytest.raises(Conflict):
            save(actor, now, scope=scope)
    with pytest.raises(DomainError):
        save(sam, now, scope="x")


def test_an_agent_manages_his_own_in_the_settings_and_sees_nothing_else_there(
    client: Client, ana: User, adi: User
) -> None:
    client.force_login(ana)
    hostile = "<script>alert(1)</script>\u202e" + "W" * 9_000
    answer = client.post("/settings/snippets/new/", {"shortcut": "/Hi", "text": hostile, "scope": "own"})
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")

    page = client.get("/settings/snippets/").content.decode()

    assert "/hi" in page and "<script>alert" not in page
    assert 'href="/settings/snippets/"' in page and 'href="/settings/people/"' not in page
    snippet = Snippet.objects.get()
    changed = client.post(f"/settings/snippets/{snippet.pk}/", {"shortcut": "hey", "text": "Hey", "scope": "own"})
    assert (changed.status_code, Snippet.objects.get().text) == (204, "Hey")
    assert client.post(f"/settings/snippets/{snippet.pk}/remove/").status_code == 204
    assert Snippet.objects.count() == 0
    client.force_login(adi)
    assert 'href="/settings/people/"' in client.get("/settings/snippets/").content.decode()


def test_the_composer_offers_them_filled_in(
    client: Client, ana: User, api: Channel, kim: Customer, now: datetime
) -> None:
    conversation = say(api, kim, "a1", timezone.now()).conversation
    save(ana, now, "hi", 'Hi {{customer.first_name}} "&<b>, #{{conversation.id}}')
    client.force_login(ana)

    page = client.get(f"/workspace/c/{conversation.pk}/suggest/?kind=snippet&q=h").content.decode()

    assert f'<option value="Hi Kim &quot;&amp;&lt;b&gt;, #{conversation.pk}"' in page
    assert ">/hi</option>" in page
    assert client.get(f"/workspace/c/{conversation.pk}/suggest/?kind=nothing&q=h").content.strip() == b""
