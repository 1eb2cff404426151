"""Help in the chat: public articles where the channel shows them, found, read and rated by anybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from automation.markup import blocks_for_chat
from automation.models import Article
from automation.services import articles
from channels_app.models import Channel
from channels_app.webchat import limits
from cxos.core.models import Event, User
from tests.search.conftest import read_words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, seconds: 0)


@pytest.fixture
def webchat(webchat: Channel) -> Channel:
    webchat.config = {**webchat.config, "help": True}
    webchat.save()
    return webchat


@pytest.fixture
def shelf(sam: User, now: datetime) -> dict[str, int]:
    made = {}
    for title, audience, language, publish in (
        ("Restart the router", "public", "en", True), ("Den Router starten", "public", "de", True),
        ("Router credits", "internal", "en", True), ("Router draft", "public", "en", False),
    ):  # fmt: skip
        texts = {"title": title, "body": f"About *{title}*.", "audience": audience, "language": language}
        article = articles.save_article(None, texts=texts, actor=sam, now=now)
        if publish:
            articles.publish_article(article.pk, actor=sam, now=now)
        made[title] = article.pk
    read_words()
    return made


def titles(client: Client, **given: str) -> list[str]:
    return [one["title"] for one in client.get("/chat/site/help", given).json()["articles"]]


def test_public_articles_are_found_in_the_visitors_language_first(
    client: Client, webchat: Channel, shelf: dict[str, int], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        assert titles(client, q="ruoter", language="de") == ["Den Router starten", "Restart the router"]
    assert titles(client, q="ruoter", language="en") == ["Restart the router", "Den Router starten"]
    assert titles(client) == ["Den Router starten", "Restart the router"]
    assert titles(client, q="how do I restart this thing") == ["Restart the router"]
    assert titles(client, q="credits") == []


def test_an_article_is_read_as_blocks_and_only_a_public_one(
    client: Client, webchat: Channel, shelf: dict[str, int]
) -> None:
    assert client.get(f"/chat/site/help/{shelf['Restart the router']}").json() == {
        "id": shelf["Restart the router"], "title": "Restart the router", "language": "en",
        "blocks": [{"kind": "p", "lines": ["About Restart the router."]}],
    }  # fmt: skip
    for other in ("Router credits", "Router draft"):
        assert client.get(f"/chat/site/help/{shelf[other]}").status_code == 404


def test_whether_it_helped_is_counted_and_told(client: Client, webchat: Channel, shelf: dict[str, int]) -> None:
    path, kind = f"/chat/site/help/{shelf['Restart the router']}", "application/json"
    assert client.post(path, {"helped": True}, content_type=kind).json() == {}
    assert client.post(path, {"helped": False}, content_type=kind).status_code == 200
    for wrong in ({"helped": "yes"}, {}, []):
        assert client.post(path, wrong, content_type=kind).status_code == 422

    article = Article.objects.get(pk=shelf["Restart the router"])
    assert (article.helped, article.not_helped) == (1, 1)
    rated = Event.objects.filter(name="ArticleRated").order_by("id").values_list("payload", flat=True)
    assert [(one["helped"], one["channel_id"]) for one in rated] == [(True, webchat.pk), (False, webchat.pk)]


def test_where_the_channel_shows_no_help_or_the_page_is_a_strangers_nothing_is_given(
    client: Client, webchat: Channel, shelf: dict[str, int]
) -> None:
    path = f"/chat/site/help/{shelf['Restart the router']}"
    assert client.get("/chat/site/help", headers={"origin": "https://evil.example"}).status_code == 403
    assert '"help": true' in client.get("/widget/site/").content.decode()

    Channel.objects.update(config={})

    assert client.get("/chat/site/help").status_code == 404
    assert client.get(path).status_code == 404
    assert client.post(path, {"helped": True}, content_type="application/json").status_code == 404
    assert '"help": false' in client.get("/widget/site/").content.decode()
    assert Event.objects.filter(name="ArticleRated").count() == 0


def test_too_many_answers_from_one_address_are_refused(
    client: Client, webchat: Channel, shelf: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, seconds: 31)

    answer = client.post(
        f"/chat/site/help/{shelf['Restart the router']}", {"helped": True}, content_type="application/json"
    )

    assert answer.status_code == 429
    assert Article.objects.filter(helped=0).count() == 4


def test_the_chat_is_given_only_marks_it_knows() -> None:
    blocks = blocks_for_chat("*a* **b** `d` [e](https://f.example/) [g](mailto:h@example.com) <b>\n\n```\n*x*\n```")

    assert blocks == [
        {"kind": "p", "lines": ["a **b** `d` [e](https://f.example/) g (h@example.com) <b>"]},
        {"kind": "code", "lines": ["*x*"]},
    ]
