"""Help in the chat, in a real browser: found with a mistake, read, and answered, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import Page, expect

from automation.models import Article
from automation.services import articles
from channels_app.models import Channel
from cxos.core.models import User
from tests.browser.test_widget import open_demo, serious, until, webchat  # noqa: F401
from tests.search.conftest import read_words

Browse = Callable[..., Page]
BODY = "# First\nPull the **plug**.\n\n- <img src=x onerror=alert(1)>\n- [More](https://example.com/more)"


def test_a_visitor_finds_reads_and_rates_an_article(
    browse: Browse,
    webchat: Channel,  # noqa: F811
    sam: User,
    now: datetime,
) -> None:
    for title, body in (("Restart the router", BODY), ("Read your invoice", "Four parts.")):
        texts = {"title": title, "body": body, "audience": "public", "language": "en"}
        articles.publish_article(articles.save_article(None, texts=texts, actor=sam, now=now).pk, actor=sam, now=now)
    read_words()
    Channel.objects.update(config={**webchat.config, "help": True})
    page = browse()
    chat = open_demo(page)

    expect(chat.locator(".help li")).to_have_count(2)
    assert serious(chat) == []
    chat.get_by_role("searchbox").focus()
    page.keyboard.type("ruoter")
    expect(chat.locator(".help li")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(chat.get_by_role("heading", name="Restart the router")).to_be_focused()
    expect(chat.locator(".article li").first).to_have_text("<img src=x onerror=alert(1)>")
    expect(chat.locator(".article strong")).to_have_text("plug")
    assert serious(chat) == []
    chat.get_by_role("button", name="No", exact=True).press("Enter")
    expect(chat.get_by_role("button", name="Ask us instead")).to_be_focused()
    until(page, lambda: Article.objects.filter(title="Restart the router", not_helped=1).first())

    chat.get_by_role("button", name="Back").press("Enter")
    expect(chat.get_by_role("button", name="Restart the router")).to_be_focused()
