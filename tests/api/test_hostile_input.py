"""Bodies and texts that want to break something: a sentence, and nothing stored by halves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from channels_app.models import Channel, WebhookSubscription
from cxos.core.api.schema import describe
from cxos.core.api.views import Command
from cxos.core.models import Scope
from tests.api.conftest import CLIENT
from tests.api.test_schema import api_routes

pytestmark = pytest.mark.django_db
JSON = "application/json"
DEEP = 100_000

BODIES = {
    "no JSON": b"{text: 1}",
    "half a body": b'{"text": "a',
    "a list": b"[]",
    "a text": b'"text"',
    "null": b"null",
    "a number": b"12",
    "deep list": b"[" * DEEP + b"]" * DEEP,
    "deep object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep but allowed by the parser": b'{"text":' + b"[" * 500 + b"]" * 500 + b"}",
    "10 MB": b'{"text": "' + b"x" * 10_000_000 + b'"}',
    "NUL as escape": b'{"text": "a\\u0000b"}',
    "NUL in a name": b'{"te\\u0000xt": "a"}',
    "NUL byte": b'{"text": "a\x00b"}',
    "lone surrogate": b'{"text": "a\\ud800b"}',
    "broken UTF-8": b'{"text": "a\xff\xfe"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "infinity": b'{"text": 1e999}',
    "NaN": b'{"text": NaN}',
    "unknown field": b'{"colour": "red"}',
}
WRONG_TYPES: tuple[Any, ...] = (
    None,
    True,
    12,
    -1,
    1.5,
    10**30,
    "x" * 600_000,
    [[]],
    ["x"] * 600,
    {"a": {}},
    [None],
    "\ud800",
)


def posts() -> list[str]:
    return [path.replace("{id}", "1") for path, item in describe()["paths"].items() if "post" in item]


def rows() -> dict[str, int]:

    return {m._meta.label: m.objects.count() for m in apps.get_models() if m._meta.managed}


def send(path: str, body: bytes, key: str, kind: str = JSON) -> Any:
    return CLIENT.generic("POST", path, body, content_type=kind, headers={"Authorization": f"Bearer {key}"})


def is_a_sentence(answer: Any) -> bool:
    problem = answer.json()
    return answer.headers["Content-Type"] == "application/problem+json" and problem["detail"].endswith((".", "?", "!"))


@pytest.mark.parametrize("what", BODIES)
def test_a_hostile_body_is_refused_with_a_sentence(as_adi, talk, what):
    before = rows()

    for path in posts():
        answer = send(path, BODIES[what], as_adi.key)
        assert 400 <= answer.status_code < 500, (path, answer.content[:300])
        assert is_a_sentence(answer), (path, answer.content[:300])

    assert rows() == before


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "a/b; q"]
)
def test_another_kind_of_body_is_refused(as_adi, talk, kind):
    for path in posts():
        answer = send(path, b'{"text": "x"}', as_adi.key, kind)
        assert answer.status_code == 415, (path, kind)
        assert is_a_sentence(answer)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_browsers_form_is_refused_before_it_is_read(adi, talk, kind):
    """The CSRF check of a session would look into a form for its token."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(adi)
    for body in (b"a=1&" * 3_000, b"a=" + b"x" * 11_000_000, b"--x\r\nbroken", b"--x--"):
        answer = browser.generic("POST", f"/api/v1/conversations/{talk.id}/note", body, content_type=kind)
        assert 400 <= answer.status_code < 500, (kind, body[:10])
        assert is_a_sentence(answer)


def test_json_with_a_charset_is_json(as_ana, talk):
    answer = send(
        f"/api/v1/conversations/{talk.id}/note", b'{"text": "x"}', as_ana.key, "Application/JSON; charset=utf-8"
    )

    assert answer.status_code == 201


def test_a_wrong_type_in_any_field_is_refused_and_named():
    """Every field of every command meets values of every wrong type; none of them is a fault of ours."""
    for path, command in commands().items():
        # The way in for interactions has a checker of its own, see tests/channels_app.
        for name in command.input().fields if issubclass(command, Command) else ():
            refused = 0
            for value in WRONG_TYPES:
                asked = command.input(data={name: value})
                refused += not asked.is_valid() and name in asked.errors
            assert refused >= len(WRONG_TYPES) - 4, (path, name)


def test_no_command_takes_a_field_it_does_not_list(as_adi, talk):
    """Mass assignment: every column of every model, offered to every command."""
    columns = {name for model in apps.get_models() for one in model._meta.fields for name in (one.name, one.attname)}
    before = rows()

    for path, command in commands().items():
        for column in columns - set(command.input().fields):
            asked = command.input(data={column: 1})
            assert not asked.is_valid() and column in asked.errors, (path, column)
        body = json.dumps(dict.fromkeys(columns - set(command.input().fields), 1)).encode()
        assert send(path.replace("{id}", str(talk.id)), body, as_adi.key).status_code == 422, path
    assert rows() == before


def commands() -> dict[str, Any]:
    """Address → command."""
    callbacks = {path: pattern.callback for path, pattern in api_routes().items()}
    posting = {path: getattr(callback, "post_endpoint", callback).cls for path, callback in callbacks.items()}
    return {path: cls for path, cls in posting.items() if hasattr(cls, "input")}


def test_hostile_texts_in_addresses_and_headers_are_refused(as_ana, talk):
    client = CLIENT
    key = {"Authorization": f"Bearer {as_ana.key}"}
    for query in ("q=%00", "%00=1", "limit=%FF", "limit[]=1", "&" * 100, "a=1&" * 3000, "fields=" + "x" * 5000):
        answer = client.get(f"/api/v1/conversations?{query}", headers=key)
        assert answer.status_code in {200, 400, 422}, query
        assert answer.status_code == 200 or is_a_sentence(answer)
    for header in ("Bearer", "Bearer  ", "bearer cx_\0", "Basic YTpi", "Bearer " + "x" * 10_000, "\u0130"):
        assert client.get("/api/v1/me", headers={"Authorization": header}).status_code == 401, header
    assert client.get("/api/v1/me", headers=key | {"Accept": "application/xml"}).status_code == 200


def test_no_secret_leaves_by_any_answer(as_adi, adi, ana, talk, webchat, caller):
    """Canaries in every secret column, looked for in every answer an admin can get."""
    canary = "CANARY-4711"
    Channel.objects.filter(id=webchat.id).update(config={"reply_url": f"https://x.example/{canary}"})
    webchat.secrets = {"identity_secret": canary}
    webchat.save(update_fields=["secrets"])
    WebhookSubscription.objects.create(name="w", url="https://x.example", secrets=[canary])
    caller(ana, Scope.READ)
    hidden = [canary, as_adi.key, adi.password, *adi.api_keys.values_list("digest", flat=True)]

    for path, item in describe()["paths"].items():
        if "get" in item:
            text = as_adi.get(path.removeprefix("/api/v1/").replace("{id}", "1")).content.decode()
            assert not [secret for secret in hidden if secret in text], path
    for kind in (Channel, WebhookSubscription):
        for row in kind.objects.all():
            for path in ("channels", "webhook-subscriptions"):
                assert canary not in as_adi.get(f"{path}/{row.pk}").content.decode()


# Shapes whose `key` is a name, but for the first, which is shown once.
KEYED = {
    "NewApiKey",
    "Activity",
    "CapacityProfile",
    "Channel",
    "Disposition",
    "Keyed",
    "PresenceReason",
    "Queue",
    "SkillLevel",
}


def test_no_answer_has_a_field_that_sounds_like_a_secret():
    sounds = ("secret", "password", "digest", "hash", "token", "config")
    for name, schema in describe()["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            shown_once = (name, field) == ("NewSubscription", "secret")
            assert shown_once or not any(sound in field for sound in sounds), (name, field)
            assert field != "key" or name in KEYED


def test_an_unexpected_fault_shows_no_detail(as_ana, monkeypatch, settings):
    def fail(self: Any) -> None:
        raise RuntimeError("SELECT secret FROM table")

    monkeypatch.setattr("channels_app.api.Conversations.get_queryset", fail)
    client = Client(raise_request_exception=False)
    answer = client.get("/api/v1/conversations", headers={"Authorization": f"Bearer {as_ana.key}"})

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "fault"
    assert b"SELECT" not in answer.content and b"Traceback" not in answer.content
