from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app import api_ingest
from channels_app.models import Channel, Interaction
from cxos.core import memory
from cxos.core.models import Event, IdempotentAnswer, Scope, User
from tests.channels_app.posts import BULK, SINGLE, item, new_key, post


@pytest.fixture
def key(ana: User, api: Channel) -> str:
    return new_key(ana)


def stored() -> int:
    return Interaction.objects.count()


def refused(response: Any, status: int, field: str | None = None) -> None:
    assert response.status_code == status, response.body
    assert response["Content-Type"] == "application/problem+json"
    assert response.body["detail"].endswith((".", "”"))
    if field is not None:
        assert response.body["errors"][0]["field"] == field, response.body
    assert stored() == 0


def test_posted_interaction_is_stored_with_all_it_says(key: str, api: Channel) -> None:
    body = item(
        conversation_external_id="order-7",
        customer={"name": "Kim", "plan": "gold"},
        html="<p>Hello</p>",
        attachments=[{"url": "https://example.com/a.png", "name": "a.png", "mime": "image/png", "size": 5}],
        occurred_at="2026-03-04T10:00:00+02:00",
        metadata={"order": 7},
    )
    response = post(key, body)

    row = Interaction.objects.get()
    assert response.status_code == 201
    assert response.body == {"id": row.id, "external_id": "a1", "created": True}
    assert (row.channel, row.thread_key) == (api, "ref:order-7")
    assert row.occurred_at == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    assert row.payload == {
        "identities": [["email", "Kim@Example.com"]],
        "customer": {"name": "Kim", "plan": "gold"},
        "text": "Hello",
        "html": "<p>Hello</p>",
        "attachments": [{"url": "https://example.com/a.png", "name": "a.png", "mime": "image/png", "size": 5}],
        "metadata": {"order": 7},
        "conversation_external_id": "order-7",
    }
    assert Event.objects.get().actor.startswith("key:")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "k-1"}])
def test_one_line_of_the_log_says_which_interactions_a_request_brought(
    headers: dict[str, str], key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="channels_app.api_ingest")
    post(key, item("a1"))
    caplog.clear()

    answer = post(
        key, {"interactions": [item("a1"), item("a2"), item("a3")]}, BULK, X_Request_Id="checkout42", **headers
    )
    post(key, {"interactions": [item("a1"), item("a2"), item("a3")]}, BULK, **headers)

    [line] = [one.msg for one in caplog.records if one.name == "channels_app.api_ingest"]
    assert (line["event"], line["request_id"]) == ("interactions stored", "checkout42")
    assert line["interaction_ids"] == [one["id"] for one in answer.body["results"][1:]]


def test_first_identity_names_the_thread_when_nothing_else_does(key: str) -> None:
    post(key, item())

    assert Interaction.objects.get().thread_key == "email:kim@example.com"


def test_same_external_id_again_is_200_with_the_same_id(key: str) -> None:
    first = post(key, item())

    again = post(key, item(text="Other"))

    assert (again.status_code, again.body) == (200, {**first.body, "created": False})
    assert (stored(), Event.objects.count()) == (1, 1)


def test_answers_say_where_the_rate_stands(key: str) -> None:
    first, second = post(key, item("a")), post(key, item("b"))

    assert int(first["RateLimit-Remaining"]) - int(second["RateLimit-Remaining"]) == 1
    assert first["RateLimit-Limit"] == "6000"
    assert 0 < int(first["RateLimit-Reset"]) <= 61
    assert first["Cache-Control"] == "no-store"


def test_too_many_requests_are_told_when_to_come_back(key: str, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    post(key, item("a"))

    response = post(key, item("b"))

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert stored() == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer cx_nothing"},
     {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer ü"}],
)  # fmt: skip
def test_without_a_key_nothing_is_taken(db: None, headers: dict[str, str]) -> None:
    response = Client().post(SINGLE, b"{}", content_type="application/json", headers=headers)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert stored() == 0


def test_key_without_the_scope_is_refused(ana: User, api: Channel) -> None:
    response = post(new_key(ana, Scope.READ, Scope.WRITE), item())

    refused(response, 403)


def test_only_post_is_answered(key: str) -> None:
    for method in ("get", "put", "delete", "patch"):
        response = getattr(Client(), method)(SINGLE, headers={"Authorization": f"Bearer {key}"})
        assert response.status_code == 405
        assert "POST" in response["Allow"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "nowhere"}, "channel"),
        ({"channel": 5}, "channel"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "  "}, "external_id"),
        ({"external_id": 7}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"conversation_external_id": ["a"]}, "conversation_external_id"),
        ({"identities": []}, "identities"),
        ({"identities": {}}, "identities"),
        ({"identities": [{"kind": "email", "value": "kim@example.com"}] * 21}, "identities"),
        ({"identities": ["kim@example.com"]}, "identities.0"),
        ({"identities": [{"kind": "name", "value": "Kim"}]}, "identities.0.kind"),
        ({"identities": [{"kind": ["email"], "value": "Kim"}]}, "identities.0.kind"),
        ({"identities": [{"kind": "email", "value": "kim"}]}, "identities.0.value"),
        ({"identities": [{"kind": "phone", "value": "555"}]}, "identities.0.value"),
        ({"identities": [{"kind": "device", "value": None}]}, "identities.0.value"),
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"text": "x" * 100_001}, "text"),
        ({"html": 1}, "html"),
        ({"attachments": "a"}, "attachments"),
        ({"attachments": [{"url": "https://example.com"}] * 16}, "attachments"),
        ({"attachments": [{"url": "javascript:alert(1)"}]}, "attachments.0.url"),
        ({"attachments": [{"url": "file:///etc/passwd"}]}, "attachments.0.url"),
        ({"attachments": [{"url": "http://[::1"}]}, "attachments.0.url"),
        ({"attachments": [{"url": "https://a:b@example.com"}]}, "attachments.0.url"),
        ({"attachments": [{"url": "https://example.com", "name": 1}]}, "attachments.0.name"),
        ({"attachments": [{"url": "https://example.com", "size": -1}]}, "attachments.0.size"),
        ({"attachments": [{"url": "https://example.com", "size": True}]}, "attachments.0.size"),
        ({"attachments": [{"href": "https://example.com"}]}, "attachments.0"),
        ({"customer": []}, "customer"),
        ({"customer": 0}, "customer"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"a": "x" * 17_000}}, "metadata"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-03-04T10:00:00"}, "occurred_at"),
        ({"occurred_at": 1_700_000_000}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
        ({"occured_at": "2026-03-04T10:00:00Z"}, "occured_at"),
    ],
)
def test_wrong_field_is_named(key: str, change: dict[str, Any], field: str) -> None:
    refused(post(key, item(**change)), 422, field)


def test_every_wrong_field_is_named_at_once(key: str) -> None:
    response = post(key, {"channel": "shop", "text": 5})

    assert [error["field"] for error in response.body["errors"]] == ["external_id", "identities", "text"]


def test_interaction_may_not_come_from_the_future(key: str) -> None:
    ahead = [(timezone.now() + timedelta(minutes=minutes)).isoformat() for minutes in (6, 4)]

    refused(post(key, item(occurred_at=ahead[0])), 422, "occurred_at")
    assert post(key, item(occurred_at=ahead[1])).status_code == 201


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b" ", 400),
        (b"{", 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"text": NaN}', 400),
        (b'{"text": "\\ud800"}', 400),
        (b'{"text": "a\\u0000b"}', 400),
        (b'{"te\\u0000xt": "b"}', 400),
        (b'{"text": "\xff"}', 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (b'{"metadata": ' + b"[" * 30 + b"]" * 30 + b"}", 400),
        (b'{"size": 1' + b"0" * 5000 + b"}", 400),
        (b'{"text": "' + b"x" * 10_000_000 + b'"}', 413),
        (b" " * 11_000_000, 413),
    ],
)
@pytest.mark.parametrize("url", [SINGLE, BULK])
def test_hostile_body_is_refused_with_a_sentence(key: str, raw: bytes, status: int, url: str) -> None:
    refused(post(key, raw, url), status)


def test_body_must_be_json(key: str) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""):
        response = Client().post(SINGLE, b"{}", content_type=kind, headers={"Authorization": f"Bearer {key}"})
        assert (response.status_code, stored()) == (415, 0)


def test_channel_must_be_an_api_channel_that_is_on(key: str, webchat: Channel, api: Channel) -> None:
    refused(post(key, item(channel=webchat.key)), 422, "channel")
    Channel.objects.filter(id=api.id).update(enabled=False)
    refused(post(key, item()), 422, "channel")


def test_bulk_answers_item_by_item_in_order(key: str) -> None:
    first = post(key, item("old"))
    items = [item("new"), item("old"), item("bad", text=""), "nonsense", item("new")]

    response = post(key, {"interactions": items}, BULK)

    assert response.status_code == 200
    results = response.body["results"]
    assert [one["status"] for one in results] == [201, 200, 422, 422, 200]
    assert (results[1]["id"], results[4]["id"]) == (first.body["id"], results[0]["id"])
    assert results[2]["errors"] == [
        {"field": "text", "message": "Give text, html or attachments; all three are empty."}
    ]
    assert (response.body["created"], response.body["duplicates"], response.body["refused"]) == (1, 2, 2)
    assert stored() == 2


@pytest.mark.parametrize(
    "body", [{}, {"interactions": []}, {"interactions": {}}, [], {"interactions": [1], "more": 1},
             {"interactions": [item()] * 501}],
)  # fmt: skip
def test_bulk_takes_1_to_500_interactions_and_nothing_else(key: str, body: Any) -> None:
    refused(post(key, body, BULK), 422, "interactions")


def test_one_post_costs_one_query_and_five_hundred_cost_the_same(
    key: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(memory, "SECONDS", 60.0)
    post(key, item("warm"))  # the key and the channel are remembered for three seconds, statements are prepared
    post(key, {"interactions": [item("warm1"), item("warm2")]}, BULK)
    with django_assert_num_queries(1):
        assert post(key, item("a")).status_code == 201
    with django_assert_num_queries(1):
        assert post(key, {"interactions": [item(str(i)) for i in range(500)]}, BULK).body["created"] == 500


def test_same_idempotency_key_and_body_get_the_stored_answer(key: str) -> None:
    first = post(key, item(), Idempotency_Key="k1")
    Interaction.objects.all().delete()  # the answer comes from the store, not from doing it again

    again = post(key, item(), Idempotency_Key="k1")

    assert (again.status_code, again.body) == (201, first.body)
    assert (again["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert stored() == 0


def test_same_idempotency_key_with_another_body_is_a_conflict(key: str) -> None:
    post(key, item(), Idempotency_Key="k1")

    response = post(key, item("a2"), Idempotency_Key="k1")

    assert (response.status_code, response.body["code"]) == (409, "idempotency_key_reused")
    assert stored() == 1


def test_answer_and_interaction_are_kept_together_or_not_at_all(key: str, monkeypatch: Any) -> None:
    def die(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("killed between storing and answering")

    monkeypatch.setattr(api_ingest, "stored", die)
    with pytest.raises(RuntimeError):
        post(key, item(), Idempotency_Key="k1")

    assert (stored(), Event.objects.count(), IdempotentAnswer.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("repeat_key", ["", "x" * 256, "ü"])
def test_odd_idempotency_key_is_refused(key: str, repeat_key: str) -> None:
    refused(post(key, item(), Idempotency_Key=repeat_key), 400)
