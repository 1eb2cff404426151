"""The screens of knowledge: the list, an article, its versions, the editor, and what customers see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from automation.models import Article
from automation.services import articles
from cxos.core.models import User
from cxos.screens.knowledge.differing import lines_changed
from tests.search.conftest import read_words

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
Write = Callable[..., Article]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def write(sam: User, now: datetime) -> Write:
    """write("Title", …): published, unless `publish` is False."""

    def write(title: str, *, publish: bool = True, author: User = sam, at: datetime = now, **texts: str) -> Article:
        given = {"title": title, "body": f"About {title}.", "language": "en", "audience": "public", **texts}
        made = articles.save_article(None, texts=given, actor=author, now=at)
        if publish:
            articles.publish_article(made.pk, actor=sam, now=at)
        return Article.objects.get(pk=made.pk)

    return write


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def as_sam(sam: User) -> Client:
    client = Client()
    client.force_login(sam)
    return client


def listed(client: Client, **given: str) -> list[str]:
    answer = client.get("/knowledge/", given)
    assert answer.status_code == 200
    return [one.title for one in answer.context["articles"]]


def test_the_list_is_narrowed_by_state_reader_language_and_collection(as_ana: Client, ana: User, write: Write) -> None:
    write("Invoice", collection="Bills")
    write("Rechnung", language="de", collection="Bills")
    write("Goodwill", audience="internal")
    write("Draft", publish=False, author=ana)

    assert sorted(listed(as_ana)) == ["Goodwill", "Invoice", "Rechnung"]
    assert listed(as_ana, state="review") == ["Draft"]
    assert sorted(listed(as_ana, collection="Bills")) == ["Invoice", "Rechnung"]
    assert listed(as_ana, language="de") == ["Rechnung"]
    assert listed(as_ana, audience="internal") == ["Goodwill"]
    assert listed(as_ana, state="archived") == []
    assert len(listed(as_ana, state="all", language="'--", collection="none such")) == 4


def test_words_find_with_a_mistake_within_what_is_chosen(as_ana: Client, write: Write) -> None:
    write("Restart the router")
    write("Den Router neu starten", language="de")
    read_words()

    assert sorted(listed(as_ana, words="ruoter")) == ["Den Router neu starten", "Restart the router"]
    assert listed(as_ana, words="ruoter", language="de") == ["Den Router neu starten"]
    assert listed(as_ana, words="helicopter") == []


def test_a_long_list_is_walked_page_by_page(as_ana: Client, write: Write, now: datetime) -> None:
    for number in range(45):
        write(f"A{number:02}", at=now + timedelta(minutes=number // 2))

    first = as_ana.get("/knowledge/")
    second = as_ana.get("/knowledge/", {"after": first.context["older"]})

    titles = [one.title for answer in (first, second) for one in answer.context["articles"]]
    assert (len(titles), len(set(titles)), second.context["older"]) == (45, 45, "")


def test_every_page_stays_within_its_queries(
    as_ana: Client, write: Write, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    article = write("Restart the router", collection="Internet")
    for page in ("", "?words=router+plug", f"{article.pk}/", f"{article.pk}/edit/", f"{article.pk}/versions/1/"):
        with django_assert_max_num_queries(MOST_QUERIES):
            assert as_ana.get(f"/knowledge/{page}").status_code == 200, page


def test_an_agent_writes_a_draft_and_publishes_nothing(as_ana: Client, ana: User) -> None:
    given = {"title": "New", "body": "Text", "language": "en", "audience": "public", "then": "publish"}

    refused = as_ana.post("/knowledge/new/", given)
    assert (refused.status_code, Article.objects.count()) == (422, 0)
    assert b"A supervisor publishes articles." in refused.content

    answer = as_ana.post("/knowledge/new/", given | {"then": ""})
    article = Article.objects.get()
    assert (answer["Location"], article.state) == (f"/knowledge/{article.pk}/", "draft")
    assert as_ana.post(f"/knowledge/{article.pk}/publish/").status_code == 403
    assert Article.objects.get().state == "draft"


def test_a_supervisor_publishes_archives_and_brings_back(as_sam: Client, write: Write) -> None:
    article = write("Router", publish=False)
    address = f"/knowledge/{article.pk}/"

    assert "Published" in as_sam.post(f"{address}publish/")["HX-Trigger"]
    assert as_sam.post(f"{address}publish/").status_code == 409
    assert f"{address}bring-back/" in as_sam.post(f"{address}archive/")["HX-Trigger"]
    assert Article.objects.get().state == "archived"
    as_sam.post(f"{address}bring-back/")
    assert Article.objects.get().state == "published"


def test_a_form_that_is_refused_comes_back_with_what_was_written(as_sam: Client, write: Write) -> None:
    article = write("Router")
    given = {"title": "Kept <b>", "body": "", "language": "en", "audience": "public", "based_on": "1"}

    answer = as_sam.post(f"/knowledge/{article.pk}/edit/", given)

    assert answer.status_code == 422
    assert b"Kept &lt;b&gt;" in answer.content and b"Write a text of up to 50,000 characters." in answer.content
    articles.save_article(
        article.pk, texts={"title": "Other"}, actor=User.objects.get(name="Sam"), now=article.changed_at
    )
    late = as_sam.post(f"/knowledge/{article.pk}/edit/", given | {"body": "Mine"})
    assert (late.status_code, b"Sam has saved version 2 since." in late.content) == (422, True)


def test_a_version_shows_what_it_changed_and_comes_back(as_ana: Client, ana: User, write: Write, now: datetime) -> None:
    article = write("Router", body="one\ntwo\nthree")
    articles.save_article(article.pk, texts={"title": "Modem", "body": "one\n2\nthree"}, actor=ana, now=now)

    page = as_ana.get(f"/knowledge/{article.pk}/versions/2/")
    assert [(line.kind, line.text) for line in page.context["lines"]] == [
        ("same", "one"), ("removed", "two"), ("added", "2"), ("same", "three"),
    ]  # fmt: skip
    assert [change[1:] for change in page.context["fields"]] == [("Router", "Modem")]

    answer = as_ana.post(f"/knowledge/{article.pk}/versions/1/restore/")
    assert answer["HX-Redirect"] == f"/knowledge/{article.pk}/"
    assert Article.objects.get().version == 3
    assert as_ana.get(f"/knowledge/{article.pk}/versions/9/").status_code == 404


def test_lines_far_from_a_change_are_left_out() -> None:
    old = "\n".join(str(number) for number in range(20))

    assert [line.kind for line in lines_changed(old, old.replace("10", "ten"))] == [
        "gap", "same", "same", "removed", "added", "same", "same",
    ]  # fmt: skip
    assert lines_changed(old, old) == []


def test_customers_see_what_is_public_and_nothing_else(client: Client, sam: User, write: Write, now: datetime) -> None:
    public, internal = write("Router", body=f"# Do\n{SCRIPT}"), write("Goodwill", audience="internal")
    draft, archived = write("Draft", publish=False), write("Old")
    articles.archive_article(archived.pk, actor=sam, now=now)
    articles.save_article(public.pk, texts={"body": "Not yet"}, actor=sam, now=now)

    page = client.get(f"/help/{public.pk}/")

    assert page.status_code == 200
    assert b"<h2" in page.content and b"Not yet" not in page.content
    assert SCRIPT.encode() not in page.content
    for other in (internal, draft, archived):
        assert client.get(f"/help/{other.pk}/").status_code == 404


def test_the_preview_shows_marks_and_never_html(as_ana: Client) -> None:
    page = as_ana.post("/knowledge/preview/", {"body": f"**Strong** {SCRIPT}"})

    assert b"<strong>Strong</strong>" in page.content and SCRIPT.encode() not in page.content


def test_articles_are_found_by_the_global_search_and_the_palette(as_ana: Client, write: Write, sam: User) -> None:
    article, gone = write("Restart the router"), write("Old router")
    articles.archive_article(gone.pk, actor=sam, now=article.changed_at)
    read_words()

    page = as_ana.get("/search/", {"q": "ruoter"})
    lines = as_ana.get("/search/palette/", {"q": "ruoter"})

    address = f'href="/knowledge/{article.pk}/"'.encode()
    assert address in page.content and address in lines.content
    assert b"Old router" not in page.content + lines.content
