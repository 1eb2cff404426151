"""Rules on messages and rules on broken promises: chosen in the editor, offered what makes sense, tried on what there was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from automation.models import Rule
from automation.services.rules import save_rule
from cases.models import Calendar, Clock, SlaPolicy
from cases.services.breaches import sweep_clocks
from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.errors import Invalid
from cxos.core.models import AuditEntry, User
from routing.models import ActionRun
from tests.screens.form_reading import FormReader

MOST_QUERIES = 12
BREACH = {
    "name": "Too late", "enabled": "on", "event": "ClockBreached", "drawn_for": "ClockBreached", "match": "all", "mode_0": "all",
    "fact_0": "promise.metric", "op_0": "is", "value_0": "first_response", "action_kind": "set_priority",
    "action_text": "", "action_priority": "3", "action_queue": "", "action_skills": "",
}  # fmt: skip
HTMX = {"HX-Request": "true"}


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


@pytest.fixture
def broken(webchat: Channel, kim: Customer) -> list[Clock]:
    """Twenty promises to Kim, every other one a first response; all were broken an hour ago."""
    now = timezone.now()
    always = Calendar.objects.create(name="Always", zone="UTC", weekly={str(d): [[0, 1440]] for d in range(7)})
    policy = SlaPolicy.objects.create(name="Standard", calendar=always)
    for number in range(20):
        found = Conversation.objects.create(customer=kim, channel=webchat, thread_key=f"t{number}")
        Clock.objects.create(
            conversation=found, metric="resolution" if number % 2 else "first_response", policy=policy, calendar=always,
            budget_seconds=900, started_at=now - timedelta(hours=2), running_since=now - timedelta(hours=2),
            due_at=now - timedelta(hours=1),
        )  # fmt: skip
    sweep_clocks(now=now)
    return list(Clock.objects.order_by("id"))


def rule(name: str, event: str, **more: Any) -> Rule:
    return Rule.objects.create(name=name, event=event, actions=[{"kind": "add_tags", "tags": ["x"]}], **more)


def test_a_rule_on_broken_promises_is_saved_from_its_form(as_adi: Client) -> None:
    assert as_adi.post("/settings/rules/new/", BREACH).status_code == 302

    kept = Rule.objects.get()
    assert kept.event == "ClockBreached"
    assert kept.conditions == {"fact": "promise.metric", "op": "is", "value": "first_response"}
    assert kept.actions == [{"kind": "set_priority", "priority": 3}]


def test_a_stored_rule_on_broken_promises_survives_its_form(as_adi: Client) -> None:
    as_adi.post("/settings/rules/new/", BREACH)
    kept = Rule.objects.get()

    page = as_adi.get(f"/settings/rules/{kept.pk}/").content.decode()
    answer = as_adi.post(f"/settings/rules/{kept.pk}/", FormReader(page, "rule-form").fields)

    assert answer.status_code == 302
    kept.refresh_from_db()
    assert (kept.version, kept.event, AuditEntry.objects.count()) == (1, "ClockBreached", 1)
    assert '<option value="first_response" selected>First response</option>' in page


def test_what_a_rule_runs_on_is_chosen_once(as_adi: Client) -> None:
    kept = rule("Mine", "MessageReceived")

    as_adi.post(f"/settings/rules/{kept.pk}/", BREACH | {"fact_0": "customer.vip", "value_0": "true"})

    kept.refresh_from_db()
    assert kept.event == "MessageReceived"


def test_each_event_is_offered_its_own_facts_and_actions(as_adi: Client) -> None:
    on_message = as_adi.post("/settings/rules/new/", BREACH | {"event": "MessageReceived", "do": "group"}, headers=HTMX)
    on_breach = as_adi.post("/settings/rules/new/", BREACH | {"do": "group"}, headers=HTMX)

    assert 'value="message.text"' in on_message.content.decode()
    assert 'value="promise.metric"' not in on_message.content.decode()
    assert 'value="resolve"' in on_message.content.decode()
    assert 'value="message.text"' not in on_breach.content.decode()
    assert 'value="queue.key"' in on_breach.content.decode()
    assert 'value="resolve"' not in on_breach.content.decode()


def test_choosing_another_event_keeps_what_makes_sense_for_it(as_adi: Client) -> None:
    form = BREACH | {
        "drawn_for": "MessageReceived", "fact_0": ["message.text", "customer.vip"], "op_0": ["contains", "is"],
        "value_0": ["bill", "true"], "action_kind": ["resolve", "add_note"], "action_text": ["", "Look!"],
        "action_priority": ["1", "1"], "action_queue": ["", ""], "action_skills": ["", ""], "do": "redraw",
    }  # fmt: skip

    page = as_adi.post("/settings/rules/new/", form, headers=HTMX).content.decode()

    assert page.count('name="fact_0"') == 1
    assert '<option value="customer.vip" selected>' in page
    assert page.count('name="action_kind"') == 1
    assert "Look!" in page
    assert "Last 30 days" in page  # what it is tried on has changed with it
    assert Rule.objects.count() == 0


@pytest.mark.parametrize(
    "wrong", [{"fact_0": "message.text"}, {"action_kind": "resolve"}, {"value_0": ""}, {"action_priority": "9"}]
)
def test_what_makes_no_sense_on_a_broken_promise_is_not_saved(as_adi: Client, wrong: dict[str, str]) -> None:
    assert as_adi.post("/settings/rules/new/", BREACH | wrong).status_code == 422
    assert Rule.objects.count() == 0


def test_the_service_refuses_an_action_that_needs_another_event(adi: User) -> None:
    with pytest.raises(Invalid, match="The action resolve cannot be asked for on ClockBreached"):
        save_rule(
            None, name="R", event="ClockBreached", conditions={}, actions=[{"kind": "resolve"}], actor=adi,
            now=timezone.now(),
        )  # fmt: skip


def test_each_event_has_a_list_of_its_own(as_adi: Client) -> None:
    rule("Greets", "MessageReceived", position=10)
    first, second = (rule(name, "ClockBreached", position=place) for name, place in (("First", 10), ("Second", 20)))

    as_adi.post(f"/settings/rules/{second.pk}/move/", {"to": "up"})
    page = as_adi.get("/settings/rules/").content.decode()

    places = [page.index(words) for words in ("When a message comes in", "Greets", "When a promise", "Second", "First")]
    assert places == sorted(places)
    assert list(Rule.objects.filter(event="ClockBreached").values_list("pk", flat=True)) == [second.pk, first.pk]


def test_a_dry_run_counts_the_breaches_that_would_match_and_does_nothing(
    as_adi: Client, broken: list[Clock], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        page = as_adi.post("/settings/rules/try/", BREACH | {"last": "7"}).content.decode()

    assert "<b>10</b>" in page
    assert "of 20 breaches would match" in page
    assert "Set the priority Urgent" in page
    assert "First response – Standard" in page
    assert ActionRun.objects.count() == 0
    assert set(Conversation.objects.values_list("priority", flat=True)) == {1}


def test_a_dry_run_knows_how_late_a_breach_was_noticed(as_adi: Client, broken: list[Clock]) -> None:
    late = BREACH | {"fact_0": "promise.late_minutes", "op_0": "gte", "value_0": "59"}

    page = as_adi.post("/settings/rules/try/", late | {"last": "7"}).content.decode()

    assert "<b>20</b>" in page


def test_only_the_days_asked_for_are_looked_at(as_adi: Client, broken: list[Clock]) -> None:
    Clock.objects.filter(metric="resolution").update(breached_at=timezone.now() - timedelta(days=20))

    last_week = as_adi.post("/settings/rules/try/", BREACH | {"last": "7"}).content.decode()
    last_month = as_adi.post("/settings/rules/try/", BREACH | {"last": "30"}).content.decode()

    assert "of 10 breaches" in last_week
    assert "of 20 breaches" in last_month


def test_the_pages_cost_the_same_however_many_rules_there_are(as_adi: Client) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as taken:
            assert as_adi.get(path).status_code == 200
        return len(taken)

    for event in ("MessageReceived", "ClockBreached"):
        kept = rule("One", event)
    few = cost("/settings/rules/")
    for event in ("MessageReceived", "ClockBreached"):
        for number in range(10):
            rule(f"{number}", event)

    assert cost("/settings/rules/") == few <= MOST_QUERIES
    assert cost(f"/settings/rules/{kept.pk}/") <= MOST_QUERIES
    assert cost("/settings/rules/new/?event=ClockBreached") <= MOST_QUERIES
