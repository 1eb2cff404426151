"""The public help, in a real browser: found with a mistake, opened and answered, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import Page, expect

from automation.models import Article
from automation.services import articles
from cxos.core.models import User
from tests.browser.test_widget import serious, until
from tests.search.conftest import read_words

Browse = Callable[..., Page]


def test_a_reader_finds_reads_and_answers_by_keyboard_alone(browse: Browse, sam: User, now: datetime) -> None:
    for title in ("Restart the router", "Read your invoice"):
        texts = {
            "title": title,
            "body": "Pull the **plug**.",
            "audience": "public",
            "language": "en",
            "collection": "At home",
        }
        articles.publish_article(articles.save_article(None, texts=texts, actor=sam, now=now).pk, actor=sam, now=now)
    read_words()
    page = browse()
    page.goto("/help/")
    expect(page.get_by_role("heading", name="At home")).to_be_visible()
    page.wait_for_function("window.htmx")

    page.keyboard.press("/")
    page.keyboard.type("ruoter")
    expect(page.get_by_role("heading", name="1 article")).to_be_visible()
    assert page.url.endswith("words=ruoter")
    assert serious(page.main_frame) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Restart the router")).to_be_visible()
    page.get_by_role("button", name="Yes").press("Enter")
    expect(page.get_by_text("Thank you")).to_be_visible()
    assert serious(page.main_frame) == []
    until(page, lambda: Article.objects.get(title="Restart the router").helped == 1)
