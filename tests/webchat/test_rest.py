"""The chat by REST: what a visitor may ask and say, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.assignment import assign
from channels_app.services.replies import add_note, send_reply
from channels_app.webchat import limits
from channels_app.webchat.sessions import open_session
from channels_app.webchat.visitors import Visitor, make_token
from cxos.core.models import Event, User

pytestmark = pytest.mark.django_db
Line = Callable[..., Message]


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, seconds: 0)


def bearer(visitor: Visitor) -> dict[str, str]:
    return {"authorization": f"Bearer {make_token(visitor, now=timezone.now())}"}


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def test_a_session_starts_without_anything(client: Client, webchat: Channel) -> None:
    answer = post(client, "/chat/site/session", {})

    assert answer.status_code == 200
    assert answer.json()["visitor"] == {"known": False, "name": ""}
    assert answer.json()["messages"] == []
    assert answer.json()["state"]["status"] == "new"
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"


def test_a_message_is_taken_once_however_often_it_is_sent(client: Client, visitor: Visitor) -> None:
    body = {"client_id": "client-00000001", "text": " Hello ", "context": {"url": "https://shop.example/x", "odd": 1}}

    answers = [post(client, "/chat/site/messages", body, **bearer(visitor)) for _ in range(3)]

    assert [one.json() for one in answers] == [{"client_id": "client-00000001"}] * 3
    stored = Interaction.objects.get()
    assert stored.external_id == f"{visitor.id}:client-00000001"
    assert stored.thread_key == f"visitor:{visitor.id}"
    assert stored.payload["text"] == "Hello"
    assert stored.payload["metadata"]["page"] == {"url": "https://shop.example/x"}
    assert Event.objects.filter(name="InteractionReceived").count() == 1


def test_two_visitors_may_choose_the_same_client_id(client: Client, webchat: Channel, now: datetime) -> None:
    one, other = (open_session(webchat, token=None, identity=None, now=now).visitor for _ in range(2))

    for visitor in (one, other):
        post(client, "/chat/site/messages", {"client_id": "client-00000001", "text": "Hi"}, **bearer(visitor))

    assert Interaction.objects.count() == 2


def test_the_answer_comes_after_the_last_one_seen(
    client: Client, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    question = line(visitor, "Where is my order?")
    add_note(question.conversation_id, text="a secret among us", author=ana, actor=ana, now=now)
    assign(question.conversation_id, assignee_id=ana.pk, actor=ana, now=now)
    answer = send_reply(question.conversation_id, text="On its way", author=ana, actor=ana, now=now)

    page = client.get(f"/chat/site/messages?after={question.pk}", headers=bearer(visitor)).json()

    assert [(one["from"], one["name"], one["text"]) for one in page["messages"]] == [
        ("joined", "Ana", ""), ("agent", "Ana", "On its way"),
    ]  # fmt: skip
    assert page["messages"][-1]["id"] == answer.pk
    assert page["state"]["agent"] == {"name": "Ana"}
    assert "secret" not in str(page)


def test_ones_own_message_comes_back_with_the_id_the_page_gave_it(client: Client, visitor: Visitor, line: Line) -> None:
    line(visitor, "Hi", client_id="client-00000042")

    page = client.get("/chat/site/messages", headers=bearer(visitor)).json()

    assert [(one["from"], one["client_id"]) for one in page["messages"]] == [("customer", "client-00000042")]


def test_what_is_held_back_or_failed_is_not_shown(
    client: Client, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    question = line(visitor, "Hi")
    later = send_reply(question.conversation_id, text="to be undone", author=ana, actor=ana, now=now)
    Message.objects.filter(pk=later.pk).update(due_at=timezone.now() + timedelta(seconds=10))
    failed = send_reply(question.conversation_id, text="failed", author=ana, actor=ana, now=now)
    Message.objects.filter(pk=failed.pk).update(state="failed")

    page = client.get("/chat/site/messages", headers=bearer(visitor)).json()

    assert [one["text"] for one in page["messages"]] == ["Hi"]


def test_a_long_thread_comes_in_pages(client: Client, visitor: Visitor, line: Line) -> None:
    said = [line(visitor, f"{n}", client_id=f"client-{n:08}") for n in range(120)]

    newest = client.get("/chat/site/messages", headers=bearer(visitor)).json()
    before = client.get(f"/chat/site/messages?before={said[70].pk}", headers=bearer(visitor)).json()
    after = client.get(f"/chat/site/messages?after={said[99].pk}", headers=bearer(visitor)).json()

    assert [one["text"] for one in newest["messages"]] == [f"{n}" for n in range(70, 120)]
    assert [one["text"] for one in before["messages"]] == [f"{n}" for n in range(20, 70)]
    assert [one["text"] for one in after["messages"]] == [f"{n}" for n in range(100, 120)]
    assert (newest["more"], before["more"], after["more"]) == (True, True, False)


def test_a_look_costs_few_queries(
    client: Client, visitor: Visitor, line: Line, ana: User, now: datetime, django_assert_num_queries: Any
) -> None:
    for n in range(30):
        line(visitor, f"{n}", client_id=f"client-{n:08}")
    assign(Conversation.objects.get().pk, assignee_id=ana.pk, actor=ana, now=now)
    headers = bearer(visitor)

    client.get("/chat/site/messages", headers=headers)  # the hours are kept from here on

    with django_assert_num_queries(6):  # channel, identity, conversations, messages, who joined, who waits
        client.get("/chat/site/messages", headers=headers)


def test_a_stranger_sees_nothing_whatever_he_asks_for(
    client: Client, webchat: Channel, visitor: Visitor, line: Line, now: datetime
) -> None:
    question = line(visitor, "private")
    stranger = open_session(webchat, token=None, identity=None, now=now).visitor
    ids = (question.pk, question.conversation_id, 0, 1)

    for query in (
        "",
        *(f"?{name}={id}" for name in ("after", "before", "conversation", "conversation_id", "visitor") for id in ids),
    ):
        page = client.get(f"/chat/site/messages{query}", headers=bearer(stranger)).json()
        assert page["messages"] == []
    post(client, "/chat/site/receipts", {"read": question.pk + 100}, **bearer(stranger))
    assert Message.objects.get(pk=question.pk).state == "received"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer x", "Basic x", "Bearer " + "x" * 9000])
@pytest.mark.parametrize("path", ["messages", "receipts", "typing"])
def test_nothing_goes_without_a_token(client: Client, webchat: Channel, path: str, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    body = {"client_id": "client-00000001", "text": "Hi", "read": 1, "on": True}

    answer = post(client, f"/chat/site/{path}", body, **headers)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert Interaction.objects.count() == 0


def test_a_token_of_another_channel_is_none(client: Client, webchat: Channel, now: datetime) -> None:
    other = Channel.objects.create(key="other", name="Other", kind="webchat", medium="chat")
    visitor = open_session(other, token=None, identity=None, now=now).visitor

    assert client.get("/chat/site/messages", headers=bearer(visitor)).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"\xff\xfe", 400),
        (b'{"text":"a\\u0000b","client_id":"client-00000001"}', 400),
        (b'{"text":"\\ud800","client_id":"client-00000001"}', 400),
        (b'{"a":' * 30 + b"1" + b"}" * 30, 400),
        (b'{"text":"' + b"x" * 70_000 + b'"}', 413),
        (b'{"client_id":"client-00000001"}', 422),
        (b'{"client_id":"client-00000001","text":"  "}', 422),
        (b'{"client_id":"client-00000001","text":5}', 422),
        (b'{"client_id":"client-00000001","text":"' + b"x" * 10_001 + b'"}', 422),
        (b'{"text":"Hi"}', 422),
        (b'{"client_id":"short","text":"Hi"}', 422),
        (b'{"client_id":"../../../etc","text":"Hi"}', 422),
        (b'{"client_id":["client-00000001"],"text":"Hi"}', 422),
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(
    client: Client, visitor: Visitor, body: bytes, status: int
) -> None:
    answer = client.generic(
        "POST", "/chat/site/messages", body, content_type="application/json", headers=bearer(visitor)
    )

    assert answer.status_code == status
    assert answer.json()["detail"]
    assert Interaction.objects.count() == 0


@pytest.mark.parametrize("after", ["x", "-1", "1e9", "9" * 30, "١", "1;drop"])
def test_an_odd_message_id_is_refused(client: Client, visitor: Visitor, after: str) -> None:
    answer = client.get("/chat/site/messages", {"after": after}, headers=bearer(visitor))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "after"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200), ("https://shop.example", 200), ("http://localhost:8000", 200),
        ("https://evil.example", 403), ("https://shop.example.evil.example", 403), ("http://shop.example", 403), ("null", 403),
    ],
)  # fmt: skip
def test_only_the_channels_sites_may_call(
    client: Client, webchat: Channel, settings: Any, origin: str | None, status: int
) -> None:
    settings.PUBLIC_URL = "http://localhost:8000"

    answer = post(client, "/chat/site/session", {}, **({"origin": origin} if origin else {}))

    assert answer.status_code == status
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize("key", ["nothing", "shop"])
def test_only_open_web_chats_have_an_address(client: Client, webchat: Channel, api: Channel, key: str) -> None:
    assert post(client, f"/chat/{key}/session", {}).status_code == 404
    assert client.get(f"/widget/{key}/").status_code == 404


def test_a_channel_switched_off_is_gone(client: Client, webchat: Channel) -> None:
    Channel.objects.filter(pk=webchat.pk).update(enabled=False)

    assert post(client, "/chat/site/session", {}).status_code == 404


def test_too_much_is_refused(client: Client, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: dict[str, int] = {}

    def count(name: str, *, seconds: int) -> int:
        counts[name] = counts.get(name, 0) + 1
        return counts[name]

    monkeypatch.setattr(limits, "_count", count)
    headers = bearer(visitor)

    statuses = [
        post(client, "/chat/site/messages", {"client_id": f"client-{n:08}", "text": "Hi"}, **headers).status_code
        for n in range(31)
    ]

    assert statuses == [200] * 30 + [429]
    assert Interaction.objects.count() == 30


# --- Receipts --------------------------------------------------------------------------------------------------------


def test_receipts_move_our_messages_forward_and_never_back(
    client: Client, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    question = line(visitor, "Hi")
    answers = [send_reply(question.conversation_id, text=f"{n}", author=ana, actor=ana, now=now) for n in range(3)]
    headers = bearer(visitor)

    def states() -> list[str]:
        return list(Message.objects.order_by("id").values_list("state", flat=True))

    assert post(client, "/chat/site/receipts", {"received": answers[1].pk}, **headers).json() == {"moved": 2}
    assert states() == ["received", "delivered", "delivered", "pending"]
    assert post(client, "/chat/site/receipts", {"read": answers[0].pk}, **headers).json() == {"moved": 1}
    assert states() == ["received", "read", "delivered", "pending"]
    assert post(client, "/chat/site/receipts", {"received": answers[2].pk}, **headers).json() == {"moved": 1}
    assert post(client, "/chat/site/receipts", {"received": answers[2].pk}, **headers).json() == {"moved": 0}
    assert states() == ["received", "read", "delivered", "delivered"]
    assert Event.objects.filter(name="MessageDelivered").count() == 4
    assert Conversation.objects.get().customer_last_seen_at is not None


def test_typing_is_told_to_staff_and_stored_nowhere(
    client: Client, visitor: Visitor, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("channels_app.webchat.views.live.signal", lambda region, body: told.append((region, body)))
    post(client, "/chat/site/typing", {"on": True}, **bearer(visitor))  # no conversation yet: nobody to tell
    question = line(visitor, "Hi")
    events = Event.objects.count()

    post(client, "/chat/site/typing", {"on": True}, **bearer(visitor))

    assert told == [(f"conversation.{question.conversation_id}", {"kind": "typing", "on": True, "customer": True})]
    assert Event.objects.count() == events


# --- The end -----------------------------------------------------------------------------------------------------------


def test_the_visitor_ends_the_conversation_and_says_how_it_was(
    client: Client, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    question = line(visitor, "Hi")
    assign(question.conversation_id, assignee_id=ana.pk, actor=ana, now=now)
    headers, path = bearer(visitor), "/chat/site/survey"

    early = post(client, path, {"score": 5}, **headers)
    ended = [post(client, "/chat/site/end", {}, **headers).status_code for _ in range(2)]
    wrong = [post(client, path, {"score": score}, **headers).status_code for score in (0, 6, "5", 4.5, True, None)]
    given = [post(client, path, {"score": 4, "comment": " Fine <b> "}, **headers).status_code for _ in range(2)]

    assert early.status_code == 409
    assert ended == [200, 409]
    assert wrong == [422] * 6
    assert given == [200, 409]
    conversation = Conversation.objects.get()
    assert conversation.status == "resolved"
    assert (conversation.metadata["survey"]["score"], conversation.metadata["survey"]["comment"]) == (4, "Fine <b>")
    told = Event.objects.get(name="SurveyAnswered")
    assert (told.payload["score"], told.payload["agent_id"], told.payload["commented"]) == (4, ana.pk, True)
    assert told.actor == f"customer:{conversation.customer_id}"
    page = client.get("/chat/site/messages", headers=headers).json()
    assert page["state"]["survey"]["score"] == 4


def test_nobody_answers_for_another(
    client: Client, webchat: Channel, visitor: Visitor, line: Line, now: datetime
) -> None:
    line(visitor, "Hi")
    stranger = open_session(webchat, token=None, identity=None, now=now).visitor

    assert post(client, "/chat/site/end", {}, **bearer(stranger)).status_code == 409
    assert post(client, "/chat/site/survey", {"score": 1}, **bearer(stranger)).status_code == 409
    assert Conversation.objects.get().status == "open"


def test_an_answer_after_two_weeks_is_too_late(client: Client, visitor: Visitor, line: Line) -> None:
    line(visitor, "Hi")
    then = timezone.now() - timedelta(days=15)
    Conversation.objects.update(status="resolved", resolved_at=then)

    assert post(client, "/chat/site/survey", {"score": 5}, **bearer(visitor)).status_code == 409


# --- The frame and the script ------------------------------------------------------------------------------------------


def test_the_frame_may_stand_on_the_channels_sites_only(client: Client, webchat: Channel) -> None:
    webchat.config = {
        "allowed_origins": [
            "https://shop.example",
            "https://x.example/path",
            "*",
            "javascript:1",
            "https://a; script-src *",
            5,
        ]
    }
    webchat.save()

    answer = client.get("/widget/site/")

    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://shop.example;" in policy + ";"
    assert "unsafe-inline" not in policy
    assert "X-Frame-Options" not in answer


def test_the_frame_tells_nothing_that_is_secret(client: Client, webchat: Channel) -> None:
    webchat.config |= {"queue": "care", "internal": "do not tell"}
    webchat.save()

    page = client.get("/widget/site/").content.decode()

    assert "a secret of the site" not in page
    assert "do not tell" not in page
    assert not answer_cookies(client)


def answer_cookies(client: Client) -> list[str]:
    return list(client.cookies)


@pytest.mark.parametrize(
    ("query", "accept", "language", "direction"),
    [
        ("", "", "en", "ltr"),
        ("?language=ar", "de", "ar", "rtl"),
        ("", "fr, de;q=0.8", "de", "ltr"),
        ("?language=<x>", "ar-EG", "ar", "rtl"),
    ],
)
def test_the_frame_speaks_the_visitors_language(
    client: Client, webchat: Channel, query: str, accept: str, language: str, direction: str
) -> None:
    page = client.get(f"/widget/site/{query}", headers={"accept-language": accept}).content.decode()

    assert f'<html lang="{language}" dir="{direction}"' in page


def test_hostile_settings_stay_text(client: Client, webchat: Channel) -> None:
    webchat.config = {
        "title": '</script><script>alert(1)</script>"',
        "theme": {"color": "red;} body{display:none"},
        "texts": {"greeting": "</script><b>", "unknown": "x"},
    }
    webchat.save()

    page = client.get("/widget/site/").content.decode()

    assert "</script><script>alert" not in page
    assert "display:none" not in page
    assert "<b>" not in page


def test_the_script_and_the_whole_widget_are_small(client: Client) -> None:
    from channels_app.webchat.assets import FOLDER, asset

    sizes = {path.name: len(asset(path.name).gzipped) for path in FOLDER.iterdir()}

    assert sizes["sdk.js"] < 5_000
    assert sum(sizes.values()) < 35_000


def test_files_are_kept_for_good_under_a_name_that_says_what_is_in_them(client: Client, webchat: Channel) -> None:
    from channels_app.webchat.assets import folder_digest

    kept = client.get(f"/widget/files/{folder_digest()}/app.js", headers={"accept-encoding": "gzip"})
    stale = client.get("/widget/files/0000000000000000/app.js")

    assert "immutable" in kept["Cache-Control"]
    assert kept["Content-Encoding"] == "gzip"
    assert stale["Cache-Control"] == "no-cache"
    assert (
        client.get("/widget/sdk.js", headers={"if-none-match": client.get("/widget/sdk.js")["ETag"]}).status_code == 304
    )


@pytest.mark.parametrize("name", ["nothing.js", "..%2fapp.js", "app.py", "APP.js", "sdk.js.map", ".js"])
def test_there_are_no_other_files(client: Client, name: str) -> None:
    assert client.get(f"/widget/files/0000000000000000/{name}").status_code == 404
