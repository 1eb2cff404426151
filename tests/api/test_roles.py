"""Every operation as every role: the table says who may, and a new operation without a row fails."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from cxos.core.api.schema import describe
from cxos.core.models import Role, Scope, User
from tests.api.conftest import CLIENT

pytestmark = pytest.mark.django_db

STAFF = {Role.AGENT, Role.SUPERVISOR, Role.ADMIN}
SUPERVISORS = {Role.SUPERVISOR, Role.ADMIN}
ADMINS = {Role.ADMIN}
# What only some may use; what is not here is for all staff, each within what they see.
RESTRICTED = {
    "rules_list": SUPERVISORS,
    "rules_get": SUPERVISORS,
    **{f"shifts_{verb}": SUPERVISORS for verb in ("create", "change", "remove", "import")},
    **{f"schedule_exceptions_{verb}": SUPERVISORS for verb in ("create", "approve", "remove")},
    **{f"articles_{verb}": SUPERVISORS for verb in ("publish", "archive", "bring_back")},
    **{f"merge_suggestions_{verb}": SUPERVISORS for verb in ("merge", "dismiss", "undo")},
    "api_keys_list": ADMINS,
    "api_keys_get": ADMINS,
    "api_keys_create": ADMINS,
    "api_keys_revoke": ADMINS,
    **{
        f"webhook_{name}": ADMINS
        for name in (
            "subscriptions_list",
            "subscriptions_get",
            "subscriptions_create",
            "subscriptions_change",
            "subscriptions_rotate_secret",
            "subscriptions_replay",
            "attempts_list",
            "attempts_get",
            "attempts_replay",
        )
    },
}
INGEST = {"interactions_create", "interactions_bulk"}
FOR_ALL_STAFF = {
    "me_get", "teams_list", "teams_get", *INGEST,
    "customers_list", "customers_get", "identities_list", "identities_get", "consents_list",
    "consents_get", "customers_preferences", "customers_consents",
    "merge_suggestions_list", "merge_suggestions_get",
    "channels_list", "channels_get", "conversations_list", "conversations_get", "messages_list", "messages_get",
    "conversations_reply", "conversations_note", "conversations_resolve", "conversations_reopen",
    "conversations_status", "conversations_priority", "conversations_tags", "conversations_subject",
    "conversations_read", "conversations_assign", "conversations_transfer", "conversations_macro", "conversations_merge", "conversations_unmerge", "macros_list", "macros_get", "conversations_why_get", "messages_retry",
    "cases_list", "cases_get", "cases_create", "cases_solve", "cases_reopen", "cases_priority", "cases_status",
    "clocks_list", "clocks_get",
    "queues_list", "queues_get", "skills_list", "skills_get", "dispositions_list", "dispositions_get", "presence_reasons_list", "presence_reasons_get",
    "capacity_profiles_list", "capacity_profiles_get",
    "agents_list", "agents_get", "agents_presence", "me_presence", "me_heartbeat",
    "work_items_list", "work_items_get", "work_items_assign", "work_items_transfer", "work_items_requeue",
    "work_items_complete", "work_items_transfer_to_agent", "work_items_transfer_out", "work_items_ask",
    "work_items_hand_over", "work_items_let_take_part", "work_items_leave", "me_media",
    "callbacks_list", "callbacks_get", "callbacks_claim", "callbacks_reached", "callbacks_no_answer", "callbacks_cancel",
    "conversations_callback", "offers_list", "offers_get", "offers_accept", "offers_decline",
    "activities_list", "activities_get", "shifts_list", "shifts_get", "agents_adherence_get",
    "schedule_exceptions_list", "schedule_exceptions_get",
    "articles_list", "articles_get", "articles_create", "articles_change",
}  # fmt: skip


def operations() -> list[tuple[str, str, str]]:
    """(operation id, method, path with an id that is not there)"""
    return [
        (operation["operationId"], method, path.replace("{id}", "987654321"))
        for path, item in describe()["paths"].items()
        for method, operation in item.items()
    ]


def send(method: str, path: str, key: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    options: dict[str, Any] = {"data": {}, "content_type": "application/json"} if method == "post" else {}
    return getattr(CLIENT, method)(path, headers=headers, **options)


def test_every_operation_has_its_row():
    assert {name for name, _, _ in operations()} == set(RESTRICTED) | FOR_ALL_STAFF


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_what_it_may_and_nothing_more(caller, role):
    user = User.objects.create(email="someone@example.com", name="Someone", role=role)
    key = caller(user).key

    for name, method, path in operations():
        answer = send(method, path, key)
        refused = answer.status_code == 403 and answer.json()["code"] == "permission_denied"
        assert refused == (role not in RESTRICTED.get(name, STAFF)), (name, answer.content)
        assert answer.status_code < 500 and answer.status_code != 401, name


def test_nobody_gets_in_without_a_key_or_with_a_wrong_revoked_or_inactive_one(as_ana, ana):
    keys = [None, "cx_12345678_nonsense", "x" * 4000, "cx_\u00e4"]
    for name, method, path in operations():
        for key in keys:
            answer = send(method, path, key)
            assert answer.status_code == 401, (name, key)
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
            assert answer.headers["Content-Type"] == "application/problem+json"
    User.objects.filter(id=ana.id).update(is_active=False)

    assert as_ana.get("me").status_code == 401


@pytest.mark.parametrize(("scope", "reads", "writes", "ingests"), [
    (Scope.READ, True, False, False), (Scope.WRITE, False, True, False), (Scope.INGEST, False, False, True),
])  # fmt: skip
def test_a_key_does_only_what_its_scopes_say(caller, adi, scope, reads, writes, ingests):
    key = caller(adi, scope).key

    for name, method, path in operations():
        answer = send(method, path, key)
        refused = answer.status_code == 403 and "scope" in answer.json()["detail"]
        may = ingests if name in INGEST else reads if method == "get" else writes
        assert refused != may, (name, answer.content)


def test_a_browser_session_reads_but_writes_only_with_the_csrf_token(adi):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(adi)

    for name, method, path in operations():
        if method == "get":
            assert browser.get(path).status_code != 403, name
        elif name not in INGEST:
            answer = browser.post(path, {}, content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), name
    assert browser.post("/api/v1/interactions", {}, content_type="application/json").status_code == 401


def test_no_method_but_the_described_ones_is_taken(as_adi):
    described = {path.replace("{id}", "1"): set(item) for path, item in describe()["paths"].items()}
    for path, methods in described.items():
        for method in {"get", "post", "put", "patch", "delete", "options", "trace"} - methods:
            answer = getattr(CLIENT, method)(path, headers={"Authorization": f"Bearer {as_adi.key}"})
            assert answer.status_code == 405, (method, path)
            assert methods <= {one.strip().lower() for one in answer.headers["Allow"].split(",")}


def test_an_unknown_address_is_a_problem_for_everybody():
    for path in ("/api/", "/api/v1", "/api/v1/", "/api/v1/conversations/", "/api/v2/conversations", "/api/v1/%00"):
        for method in ("get", "post", "delete", "options"):
            answer = getattr(CLIENT, method)(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "no_such_address"), (method, path)


# --- API keys ---------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_works(as_adi, ana):
    made = as_adi.post("api-keys", {"name": "CRM", "user": ana.id, "scopes": ["read"]}, once="k").json()
    repeated = as_adi.post("api-keys", {"name": "CRM", "user": ana.id, "scopes": ["read"]}, once="k").json()

    assert made["key"].startswith(f"cx_{made['prefix']}_")
    assert repeated == {**made, "key": None}
    assert "key" not in as_adi.get(f"api-keys/{made['id']}").json()
    assert send("get", "/api/v1/me", made["key"]).json()["name"] == "Ana"
    assert as_adi.post(f"api-keys/{made['id']}/revoke").json()["revoked_at"] is not None
    assert send("get", "/api/v1/me", made["key"]).status_code == 401


def test_a_key_cannot_make_a_key_that_may_do_more(caller, adi):
    writer = caller(adi, Scope.WRITE)

    refused = writer.post("api-keys", {"name": "More", "user": adi.id, "scopes": ["write", "ingest"]})

    assert (refused.status_code, refused.json()["code"]) == (403, "more_than_own")
    assert adi.api_keys.count() == 1


def test_a_key_for_nobody_or_for_the_past_is_refused(as_adi, ana):
    gone = {"name": "x", "user": ana.id, "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}

    assert as_adi.post("api-keys", gone).json()["errors"][0]["field"] == "expires_at"
    assert as_adi.post("api-keys", {**gone, "user": 10**9}).json()["errors"][0]["field"] == "user"


# --- Rates ------------------------------------------------------------------------------------------------------------


def test_every_answer_tells_the_rate(as_ana):
    for path in ("/api/v1/me", "/api/v1/nothing"):
        for key in (as_ana.key, "wrong", None):
            answer = send("get", path, key)
            assert answer.headers["RateLimit-Limit"] == "6000", (path, key)
            assert 0 <= int(answer.headers["RateLimit-Remaining"]) < 6000
            assert int(answer.headers["RateLimit-Reset"]) > 0
            assert answer.headers["Cache-Control"] == "no-store"


def test_over_the_rate_one_is_told_when_to_come_back(as_ana, monkeypatch):
    from cxos.core.api import throttling

    monkeypatch.setattr(throttling, "count_request", lambda principal, cost=1: (10, -1, 31))
    answer = as_ana.get("me")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "31")
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert answer.json()["detail"] == "You have used this minute's requests. Send the next one in 31 s."


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/conversations"])
def test_wrong_keys_are_refused_above_the_rate(path, monkeypatch):
    from cxos.core.api import throttling

    asked: Counter[str] = Counter()

    def count_down(principal, cost=1):
        asked[principal] += cost
        return 1, 1 - asked[principal], 31

    monkeypatch.setattr(throttling, "count_request", count_down)
    answers = [send("get", path, f"cx_guess{number}") for number in range(4)]

    assert [answer.status_code for answer in answers] == [401, 429, 429, 429]
    assert answers[0].headers["WWW-Authenticate"] == 'Bearer realm="api"'
    for answer in answers[1:]:
        assert (answer.headers["Retry-After"], answer.headers["RateLimit-Remaining"]) == ("31", "0")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"] == "You have used this minute's requests. Send the next one in 31 s."
    assert asked == {"ip:127.0.0.1": 4}


def test_wrong_keys_leave_the_budget_of_right_ones_alone(as_ana, monkeypatch):
    from cxos.core.api import throttling

    monkeypatch.setattr(
        throttling, "count_request", lambda principal, cost=1: (1, -5 if principal.startswith("ip:") else 1, 31)
    )

    assert send("get", "/api/v1/me", "wrong").status_code == 429
    assert as_ana.get("me").status_code == 200


@pytest.mark.usefixtures("counted_in_redis")
def test_requests_are_counted_by_key_over_all_processes(as_ana, as_sam):
    """Counted in Redis; a minute may end in between."""
    left = [int(as_ana.get("me").headers["RateLimit-Remaining"]) for _ in range(3)]
    other = int(as_sam.get("me").headers["RateLimit-Remaining"])

    assert [left[0] - one for one in left] == [0, 1, 2] or max(left[1:]) > left[0]
    assert other >= left[2]


@pytest.mark.usefixtures("counted_in_redis")
def test_without_redis_requests_go_on(as_ana, monkeypatch):
    monkeypatch.setattr("cxos.core.broker.best_effort", lambda call: None)
    answer = as_ana.get("me")

    assert (answer.status_code, answer.headers["RateLimit-Remaining"]) == (200, "6000")


def test_a_forged_forwarded_header_changes_no_budget(monkeypatch):
    from cxos.core.api import throttling

    asked: list[str] = []
    monkeypatch.setattr(
        throttling, "count_request", lambda principal, cost=1: (asked.append(principal), (10, 9, 31))[1]
    )
    CLIENT.get("/api/v1/me", headers={"X-Forwarded-For": "10.9.8.7"})

    assert asked == ["ip:127.0.0.1"]
