"""Knowledge in the workspace: offered while one types, and beside the conversation; and the way to one's snippets."""

from __future__ import annotations

from datetime import datetime
from html import unescape

import pytest
from django.test import Client

from automation.models import Article, Snippet
from automation.services import articles
from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.models import User
from tests.search.conftest import read_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(webchat: Channel, kim: Customer, ana: User) -> Conversation:
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="k", assignee=ana)
    for text in ("Hello!", "My router blinks orange."):
        Message.objects.create(conversation=found, author_kind="customer", text=text, state="received")
    return found


@pytest.fixture
def desk(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def shelf(sam: User, now: datetime) -> dict[str, Article]:
    made = {}
    for title, body, language, audience in (
        ("Restart the router", "1. Pull the **plug**.\n2. Wait.", "en", "public"),
        ("Den Router neu starten", "Stecker ziehen.", "de", "public"),
        ("Router credits", "Up to 10.", "en", "internal"),
        ("Read your invoice", "Four parts.", "en", "public"),
    ):
        texts = {"title": title, "body": body, "language": language, "audience": audience}
        article = articles.save_article(None, texts=texts, actor=sam, now=now)
        made[title] = articles.publish_article(article.pk, actor=sam, now=now)
    articles.save_article(None, texts={**texts, "title": "Router draft"}, actor=sam, now=now)
    read_words()
    return made


def offered(desk: Client, conversation: Conversation, words: str, *, mode: str = "reply", kind: str = "article") -> str:
    path = f"/workspace/c/{conversation.pk}/suggest/"
    return unescape(desk.get(path, {"kind": kind, "q": words, "mode": mode}).content.decode())


def test_an_article_goes_in_as_text_or_as_link(
    desk: Client, conversation: Conversation, shelf: dict[str, Article]
) -> None:
    option = offered(desk, conversation, " restart ruoter")

    assert 'value="1. Pull the plug.\n2. Wait. "' in option
    assert f'data-link="http://localhost:8000/help/{shelf["Restart the router"].pk}/ "' in option
    assert "Router draft" not in option


def test_what_is_for_colleagues_is_read_in_a_reply_and_inserted_in_a_note(
    desk: Client, conversation: Conversation, shelf: dict[str, Article]
) -> None:
    in_reply, in_note = (offered(desk, conversation, "credits", mode=mode) for mode in ("reply", "note"))

    assert 'value="" data-hint="Colleagues" disabled data-preview="Up to 10."' in in_reply
    assert "data-link" not in in_reply
    assert 'value="Up to 10. "' in in_note
    assert f'/knowledge/{shelf["Router credits"].pk}/ "' in in_note


def test_without_words_what_fits_the_conversation_is_offered_in_the_customers_language_first(
    desk: Client, conversation: Conversation, shelf: dict[str, Article], kim: Customer
) -> None:
    kim.language = "de"
    kim.save()

    option = offered(desk, conversation, "")

    assert "Read your invoice" not in option
    assert option.index("Den Router neu starten") < option.index("Restart the router")


def test_the_card_says_by_which_words_an_article_was_found(
    desk: Client, conversation: Conversation, shelf: dict[str, Article]
) -> None:
    card = desk.get(f"/workspace/c/{conversation.pk}/knowledge/").content.decode()
    column = desk.get(f"/workspace/c/{conversation.pk}/context/").content.decode()

    assert "Restart the router" in card and "because of: router" in card
    assert "Read your invoice" not in card
    assert f'hx-get="/workspace/c/{conversation.pk}/knowledge/"' in column


def test_the_way_to_ones_snippets_is_in_the_list_and_in_the_menu(
    desk: Client, conversation: Conversation, ana: User
) -> None:
    address = 'data-href="/settings/snippets/"'
    assert address in offered(desk, conversation, "", kind="snippet")
    assert offered(desk, conversation, "usr", kind="snippet").strip() == ""

    Snippet.objects.create(shortcut="hi", text="Hello", owner=ana)
    option = offered(desk, conversation, "h", kind="snippet")

    assert option.index('value="Hello"') < option.index(address)
    assert 'href="/settings/snippets/"' in desk.get("/workspace/").content.decode()
