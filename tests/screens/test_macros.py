"""Macros on the screens: written in the settings, run from the conversation, the palette, the bulk bar and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from automation.models import Macro, MacroRun, Snippet
from automation.services.macros import save_macro
from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.models import AuditEntry, Team, User
from cxos.screens.settings.undo import take_back
from cxos.screens.settings.wording import said_actions

pytestmark = pytest.mark.django_db
TAGS = {"kind": "add_tags", "tags": ["refund"]}


@pytest.fixture
def talk(webchat: Channel, kim: Customer) -> Conversation:
    return Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")


@pytest.fixture
def shared(sam: User, now: datetime) -> Macro:
    actions = [TAGS, {"kind": "reply", "text": "Hello {{customer.first_name}}"}]
    return save_macro(None, name="Refund", actions=actions, scope="everybody", actor=sam, now=now)


def form(**more: Any) -> dict[str, Any]:
    return {"name": "Refund", "scope": "own", "action_kind": ["add_tags", "resolve"],
            "action_value": ["refund, money", ""], **more}  # fmt: skip


# --- Written ---------------------------------------------------------------------------------------------------------


def test_an_agent_writes_one_for_herself_alone(client: Client, ana: User, sam: User) -> None:
    client.force_login(ana)
    assert client.post("/settings/macros/new/", form()).status_code == 302

    found = Macro.objects.get()
    assert (found.owner, found.actions) == (
        ana,
        [{"kind": "add_tags", "tags": ["refund", "money"]}, {"kind": "resolve"}],
    )
    assert AuditEntry.objects.count() == 0  # what is hers alone is nobody else's business
    page = client.get(f"/settings/macros/{found.pk}/").content.decode()
    assert 'value="refund, money"' in page
    assert "<code>{{customer.first_name}}</code>" in page

    assert client.post("/settings/macros/new/", form(name="X", scope="everybody")).status_code == 422
    client.force_login(sam)
    assert client.get(f"/settings/macros/{found.pk}/").status_code == 404
    assert "Refund" not in client.get("/settings/macros/").content.decode()
    assert client.post(f"/settings/macros/{found.pk}/remove/").status_code == 404


def test_what_a_supervisor_writes_for_others_is_theirs_to_run_and_not_to_change(
    client: Client, ana: User, sam: User, team: Team
) -> None:
    client.force_login(sam)
    client.post("/settings/macros/new/", form(scope="team", team=str(team.pk)))
    found = Macro.objects.get()
    assert found.team == team

    client.force_login(ana)
    listed = client.get("/settings/macros/").content.decode()
    assert "Refund" in listed and f'href="/settings/macros/{found.pk}/"' not in listed
    assert client.get(f"/settings/macros/{found.pk}/").status_code == 403
    assert client.post(f"/settings/macros/{found.pk}/remove/").status_code == 403
    assert Macro.objects.count() == 1


def test_the_buttons_of_the_form_change_it_and_save_nothing(client: Client, ana: User) -> None:
    client.force_login(ana)
    for button, kinds in (("action", 3), ("undo:0", 1), ("up:1", 2), ("redraw", 2)):
        answer = client.post("/settings/macros/new/", form(do=button), headers={"HX-Request": "true"})
        assert (
            answer.content.decode().count('name="action_kind"')
            == kinds
            == answer.content.decode().count('name="action_value"')
        )
    assert Macro.objects.count() == 0


@pytest.mark.parametrize(
    ("actions", "why"),
    [
        ([], "1 to 20 things"), ([{"kind": "dance"}], "no action"), ([{"kind": "reply", "text": " "}], "what it should say"),
        ([{"kind": "reply", "text": "{{customer.secret}}"}], "customer.secret"), ([{"kind": "add_tags", "tags": []}], "tags"),
        ([{"kind": "add_tags", "tags": ["a,b"]}], "no tag"), ([{"kind": "set_priority", "priority": 9}], "priority"),
        ([{"kind": "set_priority", "priority": True}], "priority"), ([{"kind": "enqueue", "queue": ""}], "queue"),
        ([{"kind": "snippet", "snippet": None}], "snippet"), ([{"kind": "snooze", "for": "later"}], "how long"),
        ([{"kind": "take", "text": "x"}], "its own argument"),
        ([{"kind": "resolve"}, {"kind": "reply", "text": "Bye"}], "Action 2: The conversation is resolved by then"),
    ],
)  # fmt: skip
def test_what_could_never_run_is_not_saved(ana: User, now: datetime, actions: list[Any], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        save_macro(None, name="Refund", actions=actions, scope="own", actor=ana, now=now)
    assert Macro.objects.count() == 0


def test_a_name_is_taken_once_in_its_scope(shared: Macro, ana: User, sam: User, now: datetime) -> None:
    save_macro(None, name="Refund", actions=[TAGS], scope="own", actor=ana, now=now)
    for actor, scope in ((ana, "own"), (sam, "everybody")):
        with pytest.raises(Conflict, match="already"):
            save_macro(None, name="Refund", actions=[TAGS], scope=scope, actor=actor, now=now)
    with pytest.raises(Forbidden):
        save_macro(shared, name="Mine", actions=[TAGS], scope="own", actor=ana, now=now)
    with pytest.raises(NotFound):
        save_macro(Macro.objects.get(owner=ana), name="Mine", actions=[TAGS], scope="own", actor=sam, now=now)


def test_what_was_changed_or_removed_comes_back(shared: Macro, team: Team, adi: User, now: datetime) -> None:
    def entry() -> AuditEntry:
        return AuditEntry.objects.latest("id")

    save_macro(shared, name="Money back", actions=[TAGS], scope="team", team_id=team.pk, actor=adi, now=now)
    take_back(entry(), actor=adi, now=now)
    shared.refresh_from_db()
    assert (shared.name, shared.scope, len(shared.actions)) == ("Refund", "everybody", 2)

    from automation.services.macros import remove_macro

    remove_macro(shared, actor=adi)
    assert Macro.objects.count() == 0
    take_back(entry(), actor=adi, now=now)
    assert Macro.objects.get().actions == shared.actions
    take_back(entry(), actor=adi, now=now)  # the undo itself: made, and so removed again
    assert Macro.objects.count() == 0
    assert said_actions([TAGS, {"kind": "snooze", "for": "hour"}]) == "Add tags refund; Snooze hour"


# --- Run -------------------------------------------------------------------------------------------------------------


def test_the_dialog_shows_what_would_be_said_here_and_runs_it_once(
    client: Client, shared: Macro, talk: Conversation, ana: User
) -> None:
    client.force_login(ana)
    shown = client.get(f"/workspace/c/{talk.pk}/macros/")
    page = shown.content.decode()
    assert f"Hello {talk.customer.name.split()[0]}" in page and "refund" in page

    given = {"macro": shared.pk, "key": f"{shown.context['key']}-{shared.pk}"}
    answers = [client.post(f"/workspace/c/{talk.pk}/run-macro/", given) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert "dialog:close" in answers[0]["HX-Trigger"]
    assert talk.messages.filter(kind="message").count() == 1
    assert "Macro “Refund” was run." in client.get(f"/workspace/c/{talk.pk}/thread/").content.decode()
    assert client.post(f"/workspace/c/{talk.pk}/run-macro/", {"macro": "x"}).status_code == 422


def test_a_refusal_is_a_sentence_and_the_dialog_stays(
    client: Client, shared: Macro, talk: Conversation, ana: User
) -> None:
    client.force_login(ana)
    Channel.objects.update(enabled=False)

    answer = client.post(f"/workspace/c/{talk.pk}/run-macro/", {"macro": shared.pk})

    assert answer.status_code == 409 and "did nothing" in answer.content.decode()
    assert "dialog:close" not in answer["HX-Trigger"]
    assert MacroRun.objects.count() == 0


def test_the_palette_and_the_bulk_bar_have_them_too(
    client: Client, shared: Macro, talk: Conversation, ana: User
) -> None:
    client.force_login(ana)
    page = client.get("/search/commands/", {"at": f"/workspace/c/{talk.pk}/"}).content.decode()
    assert "Macro: Refund" in page and f'hx-get="/workspace/c/{talk.pk}/macros/"' in page
    assert "{{customer.first_name}}" in client.get("/workspace/bulk/macros/").content.decode()

    client.post("/workspace/bulk/", {"ids": str(talk.pk), "action": "macro", "macro": shared.pk})
    talk.refresh_from_db()
    assert talk.tags == ["refund"]


def test_many_macros_cost_no_more(
    client: Client, talk: Conversation, ana: User, sam: User, now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    client.force_login(ana)
    for number in range(20):
        snippet = Snippet.objects.create(shortcut=f"s{number}", text="Hello")
        actions = [{"kind": "snippet", "snippet": snippet.pk}, {"kind": "enqueue", "queue": f"q{number}"}, TAGS]
        save_macro(None, name=f"M{number}", actions=actions, scope="everybody", actor=sam, now=now)
    for address, most in (
        ("/settings/macros/", 5),
        (f"/workspace/c/{talk.pk}/macros/", 6),
        ("/workspace/bulk/macros/", 5),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(address).content.decode().count("M1") >= 1
