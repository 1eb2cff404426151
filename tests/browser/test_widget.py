"""The web chat as a visitor meets it, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Frame, Page, expect

from channels_app.models import Channel, Conversation, Message
from channels_app.services.replies import send_reply
from cxos.core.models import User
from tests.browser.conftest import Site

Browse = Callable[..., Page]


@pytest.fixture
def webchat(site: Site, webchat: Channel) -> Channel:
    webchat.secrets = {"identity_secret": "a secret of the site, long enough for HS256"}
    webchat.save()
    return webchat


def open_demo(page: Page, query: str = "") -> Frame:
    page.goto(f"/demo/{query}")
    page.evaluate("window.cxos('open')")
    return widget_of(page)


def widget_of(page: Page) -> Frame:
    """The widget's frame: it stands in a closed shadow root, so it is found by its address."""
    found = until(page, lambda: next((frame for frame in page.frames if "/widget/" in frame.url), None))
    found.wait_for_selector(".panel")
    assert isinstance(found, Frame)
    return found


def write(chat: Frame, text: str) -> None:
    if chat.locator(".card").is_visible():
        chat.locator(".card").click()
    chat.locator(".composer textarea").fill(text)
    chat.locator(".composer textarea").press("Enter")


def reply(text: str, author: User) -> Message:
    conversation = Conversation.objects.get()
    return send_reply(conversation.pk, text=text, author=author, actor=author, now=timezone.now())


def until(page: Page, found: Callable[[], Any]) -> Any:
    for _ in range(100):
        if result := found():
            return result
        page.wait_for_timeout(50)
    raise AssertionError("It did not happen within five seconds.")


def test_a_visitor_writes_is_answered_and_the_agent_sees_that_it_was_read(
    browse: Browse, webchat: Channel, ana: User
) -> None:
    page = browse()
    chat = open_demo(page)

    write(chat, "My line is down since this morning")
    until(page, lambda: Message.objects.filter(author_kind="customer").exists())
    expect(chat.locator(".message.own .bubble")).to_have_text("My line is down since this morning")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    answer = reply("I see it. **Give me a minute.** https://status.example/x", ana)

    expect(chat.locator(".message:not(.own) .bubble")).to_contain_text("I see it. Give me a minute.")
    assert chat.locator(".message:not(.own) .bubble strong").inner_text() == "Give me a minute."
    assert chat.locator(".message:not(.own) a").get_attribute("rel") == "noopener noreferrer nofollow"
    until(page, lambda: Message.objects.get(pk=answer.pk).state == "read")
    assert Message.objects.filter(author_kind="customer").count() == 1


def test_one_request_before_it_is_opened(browse: Browse, webchat: Channel) -> None:
    page = browse()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto("/demo/")
    page.wait_for_timeout(2_500)

    assert [url for url in asked if "/widget/" in url or "/chat/" in url or "/ws/" in url] == [
        f"{page.url.split('/demo')[0]}/widget/sdk.js"
    ]


def test_a_reload_and_a_lost_socket_lose_nothing(browse: Browse, webchat: Channel, site: Site, ana: User) -> None:
    page = browse()
    chat = open_demo(page)
    write(chat, "First")
    until(page, lambda: Message.objects.filter(author_kind="customer").exists())

    page.reload()
    chat = widget_of(page)
    expect(chat.locator(".message.own .bubble")).to_have_text(["First"])

    site.drop_sockets()
    reply("Said while you were away", ana)
    expect(chat.locator(".message:not(.own) .bubble")).to_have_text(["Said while you were away"])

    page.context.set_offline(True)
    site.drop_sockets()
    expect(chat.locator(".notice")).to_contain_text("No connection")
    write(chat, "Written without a connection")
    expect(chat.locator(".message.own").last.locator(".status")).to_contain_text("when you are online again")
    page.context.set_offline(False)
    until(page, lambda: Message.objects.filter(text="Written without a connection").count() == 1)
    expect(chat.locator(".message.own").last.locator(".status")).to_have_text("Delivered")
