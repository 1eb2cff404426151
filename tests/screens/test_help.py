"""The public help: found by anybody, by subject and by words; said to have helped once in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries as MaxQueries

from automation.models import Article
from automation.services import articles
from channels_app.webchat import limits
from cxos.core.models import Event, User
from cxos.screens.knowledge import public
from tests.search.conftest import read_words

Write = Callable[..., Article]
pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often each address has asked, by what it asked for; nothing unless a test says so."""
    found: dict[str, int] = {}
    monkeypatch.setattr(limits, "_count", lambda name, seconds: found.get(name.split(":")[1], 0))
    return found


@pytest.fixture
def write(sam: User, now: datetime) -> Write:
    def made(title: str, collection: str = "", *, language: str = "en", publish: bool = True, **texts: str) -> Article:
        given = {"title": title, "body": f"About {title}.", "audience": "public", "language": language} | texts
        article = articles.save_article(None, texts=given | {"collection": collection}, actor=sam, now=now)
        if publish:
            articles.publish_article(article.pk, actor=sam, now=now)
        return Article.objects.get(pk=article.pk)

    return made


def titles(client: Client, path: str = "/help/", **headers: str) -> list[str]:
    page = client.get(path, headers=headers).content.decode()
    return re.findall(r'class="he-(?:link|title)"[^>]*>([^<\s][^<]*)<', page)


def test_subjects_show_what_helped_most_and_lead_to_the_rest(
    client: Client, write: Write, django_assert_max_num_queries: MaxQueries
) -> None:
    for number in range(7):
        Article.objects.filter(pk=write(f"Router {number}", "Internet").pk).update(helped=number)
    write("An orphan")
    write("Goodwill", "Internet", audience="internal")
    write("A draft", "Internet", publish=False)

    with django_assert_max_num_queries(4):
        assert titles(client) == ["Router 6", "Router 5", "Router 4", "Router 3", "Router 2", "An orphan"]

    page = client.get("/help/").content.decode()
    assert "All 7 articles" in page and "Other articles" in page
    assert len(titles(client, "/help/?collection=Internet")) == 7
    assert titles(client, "/help/?collection=") == ["An orphan"]
    assert "Nothing here" in client.get("/help/?collection=Gone").content.decode()


def test_a_long_subject_is_walked_page_by_page(
    client: Client, write: Write, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "PAGE", 2)
    for number in range(3):
        Article.objects.filter(pk=write(f"Router {number}", "A & B").pk).update(changed_at=now + timedelta(number))

    page = client.get("/help/?collection=A+%26+B").content.decode()
    assert re.findall(r'class="he-title"[^>]*>([^<]+)<', page) == ["Router 2", "Router 1"]
    found = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
    assert found
    assert titles(client, "/help/" + found[1].replace("&amp;", "&")) == ["Router 0"]


def test_words_find_articles_with_the_readers_language_first(
    client: Client, write: Write, django_assert_max_num_queries: MaxQueries
) -> None:
    write("Restart the router", "Internet")
    write("Den Router starten", "Internet", language="de")
    write("Router credits", audience="internal")
    read_words()

    with django_assert_max_num_queries(8):
        assert titles(client, "/help/?words=ruoter&language=de") == ["Den Router starten", "Restart the router"]
    assert titles(client, "/help/?words=router") == ["Restart the router", "Den Router starten"]
    assert titles(client, "/help/?words=credits") == []
    assert "Nothing found" in client.get("/help/?words=credits").content.decode()


def test_what_is_typed_is_answered_with_what_was_found_alone(client: Client, write: Write) -> None:
    write("Restart the router")
    read_words()

    answer = client.get("/help/?words=router", headers={"hx-request": "true"})

    assert "<html" not in answer.content.decode()
    assert "Restart the router" in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_a_reader_begins_in_their_own_language_and_may_choose_another(client: Client, write: Write) -> None:
    write("Restart the router")
    write("إعادة تشغيل الموجّه", language="ar")

    assert titles(client) == ["Restart the router"]
    assert titles(client, **{"accept-language": "ar"}) == ["إعادة تشغيل الموجّه"]
    assert len(titles(client, "/help/?language=")) == 2
    assert titles(client, "/help/?language=xx") != []
    page = client.get("/help/").content.decode()
    assert '<a href="?language=ar" lang="ar" hreflang="ar">العربيّة</a>' in page


def test_before_anything_is_published_the_page_says_so(client: Client) -> None:
    assert "Nothing is published yet" in client.get("/help/").content.decode()


def test_an_article_is_read_with_others_of_its_subject(
    client: Client, write: Write, django_assert_max_num_queries: MaxQueries
) -> None:
    article = write("Restart the router", "Internet", body=f"# Do\n{SCRIPT}")
    write("Slow", "Internet")
    write("An invoice", "Invoices")

    with django_assert_max_num_queries(2):
        page = client.get(f"/help/{article.pk}/").content.decode()

    assert "<h2" in page and SCRIPT not in page
    assert re.findall(r'class="he-link"[^>]*>([^<]+)<', page) == ["Slow"]
    assert "/help/?language=en&amp;collection=Internet" in page


def test_whether_it_helped_is_counted_once_in_a_browser(client: Client, write: Write) -> None:
    article = write("Restart the router")
    path = f"/help/{article.pk}/"
    assert "Did this help?" in client.get(path).content.decode()

    for said in ("yes", "no", "yes"):
        assert client.post(f"{path}answer/", {"helped": said})["Location"] == path
    Client().post(f"{path}answer/", {"helped": "no"})
    Client().post(f"{path}answer/", {"helped": "perhaps"})

    article.refresh_from_db()
    assert (article.helped, article.not_helped) == (1, 1)
    assert "Thank you" in client.get(path).content.decode()
    told = Event.objects.filter(name="ArticleRated").order_by("id").values_list("payload", flat=True)
    assert [(one["helped"], one["channel_id"]) for one in told] == [(True, None), (False, None)]


def test_what_customers_may_not_read_takes_no_answer(client: Client, write: Write) -> None:
    for hidden in (write("Goodwill", audience="internal"), write("A draft", publish=False)):
        assert client.get(f"/help/{hidden.pk}/").status_code == 404
        assert client.post(f"/help/{hidden.pk}/answer/", {"helped": "yes"}).status_code == 404
    assert not Event.objects.filter(name="ArticleRated").exists()


def test_too_much_from_one_address_is_told_kindly(client: Client, write: Write, counts: dict[str, int]) -> None:
    article = write("Restart the router")
    counts.update(help=601, rating=31)

    page, answer = client.get("/help/"), client.post(f"/help/{article.pk}/answer/", {"helped": "yes"})

    assert (page.status_code, answer.status_code) == (429, 429)
    assert "Wait a minute" in page.content.decode() and "Wait a minute" in answer.content.decode()
    article.refresh_from_db()
    assert article.helped == 0


@pytest.mark.parametrize("cookie", ["", "x", "1.²", "9" * 30, ".." * 900])
def test_a_cookie_that_was_changed_does_no_harm(client: Client, write: Write, cookie: str) -> None:
    article = write("Restart the router")
    client.cookies[public.ANSWERED] = cookie

    assert client.post(f"/help/{article.pk}/answer/", {"helped": "yes"}).status_code == 302
    article.refresh_from_db()
    assert article.helped == 1
