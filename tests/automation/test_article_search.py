"""Finding articles: mistakes forgiven, titles first, and what fits a customer's words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from automation.models import Article
from automation.queries import find_articles, fitting_articles
from automation.services import articles
from cxos.core.models import User
from tests.search.conftest import read_words

pytestmark = pytest.mark.django_db
SHELF = (
    ("Restart the router", "Pull the plug, wait, put it in again.", "modem, reboot", "public"),
    ("Read your invoice", "Each invoice lists the router rent and your calls.", "bill", "public"),
    ("Goodwill credits", "Up to 10 per customer a month. Invoice corrections need Billing.", "refund", "internal"),
    ("Move house", "Tell us your new address two weeks before.", "relocation", "public"),
    ("Opening hours", "We are there from eight to eight.", "", "public"),
    ("Change your plan", "You may change your plan once a month.", "tariff", "public"),
)


@pytest.fixture
def shelf(sam: User, now: datetime) -> None:
    for title, body, keywords, audience in SHELF:
        texts = {"title": title, "body": body, "language": "en", "keywords": keywords, "audience": audience}
        made = articles.save_article(None, texts=texts, actor=sam, now=now)
        articles.publish_article(made.pk, actor=sam, now=now)
    read_words()


def found(words: str) -> list[str]:
    return [one.title for one in find_articles(words, among=Article.objects.published(), limit=8)]


@pytest.mark.parametrize("words", ["router", "ruoter", "routr", "rout", "ROUTER", "router plug"])
def test_an_article_is_found_with_a_mistake_and_by_a_beginning(shelf: None, words: str) -> None:
    assert found(words)[0] == "Restart the router"


def test_what_has_the_word_in_its_title_or_keywords_comes_first(shelf: None) -> None:
    assert found("invoice") == ["Read your invoice", "Goodwill credits"]
    assert found("modem") == ["Restart the router"]
    assert found("helicopter") == []


def test_a_sentence_no_article_holds_finds_what_fits_it_best(shelf: None) -> None:
    assert found("how can I restart this thing")[0] == "Restart the router"


def test_customers_are_shown_public_articles_alone(shelf: None) -> None:
    public = Article.objects.public()

    assert [one.title for one in find_articles("invoice", among=public, limit=8, public=True)] == ["Read your invoice"]
    assert find_articles("goodwill credits please now", among=public, limit=8, public=True) == []
    assert fitting_articles("a goodwill refund", limit=3, public=True) == []


def test_what_fits_a_conversation_says_by_which_words(shelf: None) -> None:
    fits = fitting_articles("Hello, my invoices are wrong and the router is off. Invoice again!", limit=2)

    assert [(one.article.title, one.words) for one in fits] == [
        ("Read your invoice", ("invoice", "invoices", "router")),
        ("Restart the router", ("router",)),
    ]
    assert fitting_articles("ok thanks", limit=3) == []
    assert fitting_articles("'; DROP TABLE x; -- \\ % :* & |", limit=3) == []


def test_drafts_and_archived_ones_do_not_fit(shelf: None, sam: User, now: datetime) -> None:
    articles.archive_article(Article.objects.get(title="Move house").pk, actor=sam, now=now)

    assert fitting_articles("I move house", limit=3) == []


def test_the_cost_is_pinned(shelf: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):
        found("ruoter")
    with django_assert_num_queries(2):
        fitting_articles("my router", limit=3)
