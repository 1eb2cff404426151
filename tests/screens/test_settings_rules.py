"""Settings of hours, promises and rules: what a form saves, what it refuses, what it says beforehand."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from automation.models import Rule
from cases.models import Calendar, CalendarDay, SlaPolicy
from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.models import AuditEntry, User
from routing.models import Queue
from tests.screens.form_reading import FormReader

MOST_QUERIES = 14
WEEK = {"start_0": "09:00", "end_0": "17:00"}
RULE = {
    "name": "Invoices", "enabled": "on", "match": "all", "mode_0": "all", "fact_0": "message.text",
    "op_0": "matches_any", "value_0": "invoice, bill", "action_kind": "add_tags", "action_text": "billing",
    "action_priority": "1", "action_queue": "", "action_skills": "",
}  # fmt: skip


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


@pytest.fixture
def calendar(db: None) -> Calendar:
    return Calendar.objects.create(
        name="Office", zone="Europe/Berlin", weekly={str(d): [[540, 1020]] for d in range(5)}
    )


def last_entry() -> AuditEntry:
    return AuditEntry.objects.latest("id")


# --- Hours and promises ---------------------------------------------------------------------------------------------


def test_a_week_is_saved_as_minutes(as_adi: Client) -> None:
    given = {"name": "Nights", "zone": "Europe/Berlin", "start_4": ["08:00", "22:00"], "end_4": ["12:00", "06:00"],
             "start_6": ["00:00"], "end_6": ["00:00"]}  # fmt: skip

    assert as_adi.post("/settings/hours/new/", given).status_code == 302

    assert Calendar.objects.get().weekly == {"4": [[480, 720], [1320, 1800]], "6": [[0, 1440]]}
    assert last_entry().after["zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Middle/Earth"}, {"name": ""}, {"start_0": "25:00"}, {"end_0": "late"},
     {"start_0": ["09:00", "10:00"], "end_0": ["11:00", "12:00"]}, {"start_0": ["23:00"], "end_0": ["08:00"]}],
)  # fmt: skip
def test_wrong_hours_change_nothing(as_adi: Client, calendar: Calendar, wrong: dict[str, Any]) -> None:
    given = {"name": "Office", "zone": "Europe/Berlin"} | WEEK | wrong

    assert as_adi.post(f"/settings/hours/{calendar.pk}/", given).status_code == 422

    calendar.refresh_from_db()
    assert (calendar.version, len(calendar.weekly)) == (1, 5)
    assert AuditEntry.objects.count() == 0


def test_a_holiday_comes_and_goes(as_adi: Client, calendar: Calendar) -> None:
    days = f"/settings/hours/{calendar.pk}/days/"

    as_adi.post(days, {"day": "2027-01-01", "name": "New Year"})
    assert CalendarDay.objects.get().intervals == []
    as_adi.post(days, {"day": "2027-12-24", "name": "Christmas Eve", "start": "09:00", "end": "12:00"})
    assert CalendarDay.objects.get(date="2027-12-24").intervals == [[540, 720]]
    assert as_adi.post(days, {"day": "2027-12-24", "name": "x", "start": "later"}).status_code == 422
    as_adi.post(f"{days}2027-01-01/remove/")

    assert CalendarDay.objects.count() == 1
    assert AuditEntry.objects.count() == 3
    calendar.refresh_from_db()
    assert calendar.version == 4


def test_a_promise_is_saved_with_its_targets(as_adi: Client, calendar: Calendar) -> None:
    given = {"name": "VIPs", "calendar": str(calendar.pk), "rank": "5", "reopening": "resume", "enabled": "on",
             "mode_0": "all", "fact_0": "customer.vip", "op_0": "is", "value_0": "true",
             "target.first_response.3": "2 min", "target.first_response.others": "1 h 30 min"}  # fmt: skip

    assert as_adi.post("/settings/sla/new/", given).status_code == 302

    policy = SlaPolicy.objects.get()
    assert policy.conditions == {"fact": "customer.vip", "op": "is", "value": True}
    assert sorted(policy.targets.values_list("priority", "budget_seconds"), key=str) == [(3, 120), (None, 5400)]
    assert last_entry().after["first_response at 3"] == 120


@pytest.mark.parametrize(
    "wrong",
    [{"target.first_response.3": "soon"}, {"target.first_response.3": ""}, {"calendar": "9"}, {"name": ""},
     {"fact_0": "customer.shoe"}, {"value_0": "maybe"}, {"conditions_json": "{"}, {"conditions_json": "[1]"},
     {"conditions_json": "[" * 20_000}],
)  # fmt: skip
def test_a_wrong_promise_is_shown_again_and_not_made(as_adi: Client, calendar: Calendar, wrong: dict[str, str]) -> None:
    given = {"name": "VIPs", "calendar": str(calendar.pk), "rank": "5", "reopening": "resume",
             "fact_0": "customer.vip", "op_0": "is", "value_0": "true", "target.first_response.3": "2 min"}  # fmt: skip

    assert as_adi.post("/settings/sla/new/", given | wrong).status_code == 422
    assert SlaPolicy.objects.count() == 0
    assert AuditEntry.objects.count() == 0


def test_the_preview_says_when_and_why(as_adi: Client, calendar: Calendar) -> None:
    given = {"calendar": str(calendar.pk), "opened": "2026-03-06T16:30", "target.first_response.others": "2 h"}

    page = as_adi.post("/settings/sla/preview/", given).content.decode()

    assert "Opened Fri 6 Mar 16:30 → due Mon 9 Mar 10:30" in page
    assert "Sat 7 Mar closed" in page


# --- Rules ----------------------------------------------------------------------------------------------------------


def test_a_rule_is_saved_from_its_form(as_adi: Client) -> None:
    assert as_adi.post("/settings/rules/new/", RULE).status_code == 302

    rule = Rule.objects.get()
    assert rule.conditions == {"fact": "message.text", "op": "matches_any", "value": ["invoice", "bill"]}
    assert rule.actions == [{"kind": "add_tags", "tags": ["billing"]}]
    assert last_entry().verb == "made"


def test_a_stored_rule_survives_its_form(as_adi: Client) -> None:
    """Opened and saved without a change, it is the same rule."""
    first = {"fact": "message.first", "op": "is", "value": True}
    tree = {"and": [{"and": [first, {"fact": "customer.tags", "op": "contains", "value": "gold"}]},
                    {"not": {"fact": "message.text", "op": "matches_any", "value": ["bill", "invoice"]}}]}  # fmt: skip
    actions = [
        {"kind": "enqueue", "queue": "care", "skills": [{"skill": "french", "level": 3, "hard": True}]},
        {"kind": "reply", "text": "Hello {{customer.name | there}}"},
    ]
    Queue.objects.create(key="care", name="Care")
    rule = Rule.objects.create(name="R", event="MessageReceived", conditions=tree, actions=actions, version=7)

    page = as_adi.get(f"/settings/rules/{rule.pk}/").content.decode()
    answer = as_adi.post(f"/settings/rules/{rule.pk}/", FormReader(page, "rule-form").fields)

    assert answer.status_code == 302
    rule.refresh_from_db()
    assert (rule.conditions, rule.actions, rule.version) == (tree, actions, 7)
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"fact_0": "no.such"}, {"op_0": "gt"}, {"value_0": ""}, {"action_kind": "explode"},
     {"action_text": ""}, {"action_kind": "enqueue"}, {"action_kind": "enqueue", "action_queue": "q", "action_skills": "!!"},
     {"action_kind": "set_priority", "action_priority": "9"}, {"conditions_json": '{"fact": 1}'}],
)  # fmt: skip
def test_a_wrong_rule_is_shown_again_and_not_made(as_adi: Client, wrong: dict[str, str]) -> None:
    assert as_adi.post("/settings/rules/new/", RULE | wrong).status_code == 422
    assert Rule.objects.count() == 0
    assert AuditEntry.objects.count() == 0


def test_the_buttons_of_the_form_change_it_and_save_nothing(as_adi: Client) -> None:
    for button in ("group", "add:0", "drop:0:0", "json", "action", "undo:0", "up:1", "add:99", "drop:x", "?"):
        answer = as_adi.post("/settings/rules/new/", RULE | {"do": button}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
    more = as_adi.post("/settings/rules/new/", RULE | {"do": "add:0"}, headers={"HX-Request": "true"}).content.decode()
    assert more.count('name="fact_0"') == 2
    assert Rule.objects.count() == 0


def test_a_deeper_tree_is_edited_as_json(as_adi: Client) -> None:
    leaf = {"fact": "customer.vip", "op": "is", "value": True}
    tree = {"not": {"and": [{"or": [leaf, {"not": leaf}]}, leaf]}}
    rule = Rule.objects.create(name="R", event="MessageReceived", conditions=tree, actions=[{"kind": "resolve"}])

    assert 'name="conditions_json"' in as_adi.get(f"/settings/rules/{rule.pk}/").content.decode()


def test_a_dry_run_counts_what_would_match_and_does_nothing(
    as_adi: Client, webchat: Channel, kim: Customer, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")
    for number in range(20):
        text = "Where is my invoice?" if number % 2 else "Hello"
        Message.objects.create(conversation=found, author_kind="customer", text=text, state="received")

    with django_assert_max_num_queries(MOST_QUERIES):
        page = as_adi.post("/settings/rules/try/", RULE | {"last": "50"}).content.decode()

    assert "<b>10</b>" in page
    assert "Add tags billing" in page
    found.refresh_from_db()
    assert found.tags == []


def test_rules_move_and_switch_and_go(as_adi: Client) -> None:
    first, second = (
        Rule.objects.create(name=name, event="MessageReceived", actions=[{"kind": "resolve"}], position=place)
        for name, place in (("First", 10), ("Second", 20))
    )

    as_adi.post(f"/settings/rules/{second.pk}/move/", {"to": "up"})
    assert list(Rule.objects.values_list("name", flat=True)) == ["Second", "First"]
    as_adi.post(f"/settings/rules/{first.pk}/switch/", {})
    assert not Rule.objects.get(pk=first.pk).enabled
    as_adi.post(f"/settings/rules/{first.pk}/remove/")

    assert list(Rule.objects.values_list("name", flat=True)) == ["Second"]
    assert [entry.verb for entry in AuditEntry.objects.order_by("id")] == ["ordered", "changed", "removed"]
    assert last_entry().before["name"] == "First"


@pytest.mark.parametrize("form", ["calendar", "policy"])
def test_hours_and_promises_sent_back_as_they_came_stay(as_adi: Client, calendar: Calendar, form: str) -> None:
    policy = SlaPolicy.objects.create(
        name="VIPs", calendar=calendar, rank=3, conditions={"fact": "customer.vip", "op": "is", "value": False}
    )
    policy.targets.create(metric="first_response", priority=3, budget_seconds=5400)
    path = {"calendar": f"/settings/hours/{calendar.pk}/", "policy": f"/settings/sla/{policy.pk}/"}[form]

    answer = as_adi.post(path, FormReader(as_adi.get(path).content.decode(), f"{form}-form").fields)

    assert answer.status_code == 302
    assert AuditEntry.objects.count() == 0
    calendar.refresh_from_db()
    assert calendar.version == 1
