"""The web chat as a visitor meets it, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.utils import timezone
from playwright.sync_api import Frame, Page, expect

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.conversations import mark_read, resolve
from channels_app.services.replies import send_reply
from cxos.core import live
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
    """What `found` returns, once it returns something; a busy machine is given its time."""
    deadline = time.monotonic() + 20
    while not (result := found()):
        assert time.monotonic() < deadline, "It did not happen within twenty seconds."
        page.wait_for_timeout(50)
    return result


def test_a_visitor_writes_is_answered_and_the_agent_sees_that_it_was_read(
    browse: Browse, webchat: Channel, ana: User
) -> None:
    page = browse()
    chat = open_demo(page)

    write(chat, "My line is down since this morning")
    until(page, lambda: Message.objects.filter(author_kind="customer").exists())
    expect(chat.locator(".message.own .bubble")).to_have_text("My line is down since this morning")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    mark_read(Conversation.objects.get().pk, user_id=ana.pk, actor=ana, now=timezone.now())
    expect(chat.locator(".message.own .status")).to_have_text("Seen")
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
        f"{page.url.split('/demo')[0]}/widget/site/sdk.js"
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


def test_a_signed_in_user_goes_on_on_a_second_device_and_nobody_else_sees_it(browse: Browse, webchat: Channel) -> None:
    laptop, phone = browse(), browse(viewport={"width": 390, "height": 780}, has_touch=True)
    chat = open_demo(laptop, "?as=robin")
    expect(chat.locator("h1")).to_have_text("Hi Robin")
    write(chat, "From my laptop")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")

    chat = open_demo(phone, "?as=robin")
    expect(chat.locator(".message.own .bubble")).to_have_text(["From my laptop"])

    laptop.locator("[data-sign-out]").click()
    laptop.wait_for_url("**/demo/")
    chat = open_demo(laptop)
    expect(chat.locator("h1")).to_have_text("Hi there")
    chat.locator(".card").click()
    expect(chat.locator(".empty")).to_be_visible()
    expect(chat.locator(".message")).to_have_count(0)


def test_two_tabs_show_the_same(browse: Browse, webchat: Channel, ana: User) -> None:
    one = browse()
    chat = open_demo(one)
    write(chat, "In the first tab")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    other = one.context.new_page()
    second = open_demo(other)
    expect(second.locator(".message.own .bubble")).to_have_text(["In the first tab"])

    write(second, "In the second tab")
    reply("To both", ana)

    for tab in (chat, second):
        expect(tab.locator(".message.own .bubble")).to_have_text(["In the first tab", "In the second tab"])
        expect(tab.locator(".message:not(.own) .bubble")).to_have_text(["To both"])


def test_typing_is_seen_on_both_sides(browse: Browse, webchat: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    publish = live.signal
    monkeypatch.setattr("channels_app.webchat.consumers.live.signal", lambda region, body: told.append((region, body)))
    page = browse()
    chat = open_demo(page)
    write(chat, "Hello")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    conversation = Conversation.objects.get()
    region = f"conversation.{conversation.pk}"

    chat.locator(".composer textarea").press_sequentially("And one more thi")
    until(page, lambda: (region, {"kind": "typing", "on": True, "customer": True}) in told)
    publish(f"chat.{conversation.pk}", {"kind": "typing", "on": True, "name": "Ana"})

    expect(chat.locator(".typing .bubble")).to_have_attribute("aria-label", "Ana is typing")


def test_the_unread_count_stands_on_the_launcher_until_it_is_read(browse: Browse, webchat: Channel, ana: User) -> None:
    page = browse()
    chat = open_demo(page)
    write(chat, "Hello")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    page.keyboard.press("Escape")
    until(page, lambda: launcher(page)["expanded"] == "false")

    answer = reply("One", ana)
    reply("Two", ana)
    until(page, lambda: launcher(page)["name"] == "Chat with Fernline (2)")
    assert Message.objects.get(pk=answer.pk).state != "read"

    page.reload()  # closed, with a conversation going on: it comes back by itself to say so
    until(page, lambda: launcher(page)["name"] == "Chat with Fernline (2)")
    page.evaluate("window.cxos('open')")
    until(page, lambda: launcher(page)["name"] == "Chat with Fernline")
    until(page, lambda: Message.objects.get(pk=answer.pk).state == "read")


def launcher(page: Page) -> dict[str, str]:
    """The launcher as assistive technology sees it; its shadow root is closed to scripts and selectors."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found = next(
        (
            node
            for node in nodes
            if node.get("role", {}).get("value") == "button" and "Chat with Fernline" in node["name"]["value"]
        ),
        None,
    )
    if found is None:
        return {"name": "", "expanded": ""}
    expanded = next((one["value"]["value"] for one in found["properties"] if one["name"] == "expanded"), False)
    return {"name": found["name"]["value"], "expanded": str(expanded).lower()}


def test_a_hostile_page_reaches_neither_the_launcher_nor_the_chat(browse: Browse, webchat: Channel, site: Site) -> None:
    page = browse()
    sdk = f"{site.url}/widget/sdk.js"
    policy = f"default-src 'none'; script-src {site.url}; style-src 'unsafe-inline'; frame-src {site.url}"
    hostile = """
      html > *, body * { display: none !important; position: static !important; color: red !important; font-size: 90px !important }
      div, iframe, button { visibility: hidden !important; opacity: 0 !important; transform: scale(9) !important; z-index: -1 !important }
    """
    page.route(
        f"{site.url}/hostile",
        lambda route: route.fulfill(
            content_type="text/html",
            headers={"Content-Security-Policy": policy},
            body=f"<!doctype html><style>{hostile}</style><body><h1>Shop</h1><script async src='{sdk}' data-channel='site'></script>",
        ),
    )

    page.goto("/hostile")
    page.wait_for_timeout(500)
    page.mouse.click(1200 - 48, 800 - 48)  # where the launcher stands on every page
    chat = widget_of(page)
    write(chat, "I got through")

    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    assert chat.locator(".message.own .bubble").evaluate("e => getComputedStyle(e).fontSize") == "15px"
    assert page.evaluate("[...document.documentElement.children].map(e => e.shadowRoot)") == [None, None, None]


def test_only_the_page_around_it_can_talk_to_the_frame(browse: Browse, webchat: Channel) -> None:
    page = browse()
    chat = open_demo(page)
    page.wait_for_timeout(300)
    before = page.evaluate("localStorage.getItem('cxos:site')")

    page.evaluate("""() => {
      // Another window, and this one out of turn: no port is handed over twice, and tokens come by the port alone.
      const other = document.body.appendChild(document.createElement("iframe"));
      const target = window.frames[0];
      for (const data of [{ cxos: "init", token: "stolen" }, { token: null }, { reset: true }, null, 5, { cxos: "ready" }]) {
        target.postMessage(data, "*");
        window.postMessage(data, "*");
        other.contentWindow.parent.postMessage({ cxos: "ready", token: "stolen", close: true }, "*");
      }
    }""")
    page.wait_for_timeout(300)

    assert page.evaluate("localStorage.getItem('cxos:site')") == before
    expect(chat.locator(".panel")).to_be_visible()


@pytest.mark.parametrize(
    "text",
    [
        "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
        "[click](javascript:document.title='owned') javascript:document.title='owned'",
        "https://a.example/\"onmouseover=\"document.title='owned'",
        "\u202e\u2066 reversed \u200b\u200d \ufeff" + "x" * 3000,
        "{{7*7}} ${7*7} **bold",
    ],
)
def test_hostile_text_stays_text(browse: Browse, webchat: Channel, ana: User, text: str) -> None:
    page = browse()
    chat = open_demo(page)

    write(chat, text)
    until(page, lambda: Message.objects.filter(author_kind="customer").exists())
    reply(text, ana)
    expect(chat.locator(".message:not(.own) .bubble")).to_have_count(1)

    assert page.title() == "Fernline · phone and fibre"
    assert chat.evaluate("document.title") == "Site"
    assert chat.locator(".log script, .log img, .log a[href^='javascript']").count() == 0
    assert chat.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_whole_chat_by_keyboard_alone(browse: Browse, webchat: Channel, ana: User) -> None:
    page = browse()
    page.goto("/demo/")
    until(page, lambda: launcher(page)["name"])
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.shadowRoot === null && document.activeElement.tagName === 'DIV'"):
            break
    page.keyboard.press("Enter")
    chat = widget_of(page)
    expect(chat.locator(".card")).to_be_focused()
    page.keyboard.press("Enter")
    expect(chat.locator("textarea")).to_be_focused()
    page.keyboard.type("Typed")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("on two lines")
    page.keyboard.press("Enter")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    assert Message.objects.get(author_kind="customer").text == "Typed\non two lines"

    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        if chat.evaluate("document.activeElement.getAttribute('aria-haspopup')") == "menu":
            break
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")  # from the first item to the last
    page.keyboard.press("Enter")
    expect(chat.locator(".ask-end button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(chat.locator(".survey")).to_be_visible()
    chat.locator(".faces input").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("Fine")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(chat.locator(".foot")).to_contain_text("Thank you")
    survey = until(page, lambda: Conversation.objects.get().metadata.get("survey"))
    assert (survey["score"], survey["comment"]) == (3, "Fine")

    page.keyboard.press("Escape")
    until(page, lambda: launcher(page)["expanded"] == "false")
    assert page.evaluate("document.activeElement.tagName") == "DIV"  # back on the launcher, inside its host


def test_the_form_is_asked_once_and_its_answers_come_along(browse: Browse, webchat: Channel) -> None:
    webchat.config = {
        "form": [
            {"name": "name", "type": "text", "label": "Your name", "required": True},
            {"name": "email", "type": "email", "label": "E-mail"},
            {"name": "terms", "type": "consent", "label": "I agree", "required": True},
        ]
    }
    webchat.save()
    page = browse()
    chat = open_demo(page)
    chat.locator(".card").click()

    chat.locator(".primary").click()
    expect(chat.locator("#field-name")).to_be_focused()
    expect(chat.locator("#field-name-problem")).to_have_text("Please fill this in.")
    chat.locator("#field-name").fill("Kim")
    chat.locator("#field-email").fill("not an address")
    chat.locator("#field-terms").check()
    chat.locator(".primary").click()
    expect(chat.locator("#field-email-problem")).to_have_text("Please check this.")
    chat.locator("#field-email").fill("kim@example.com")
    chat.locator(".primary").click()
    write(chat, "Hello")
    stored = until(page, lambda: Interaction.objects.first())

    assert stored.payload["metadata"]["form"] == {"name": "Kim", "email": "kim@example.com", "terms": "yes"}
    page.reload()
    expect(widget_of(page).locator(".message.own")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_serious(browse: Browse, webchat: Channel, ana: User, scheme: str, language: str) -> None:
    webchat.config = {"theme": {"color": "#ffd43b"}, "form": [{"name": "name", "type": "text", "required": True}]}
    webchat.save()
    page = browse(color_scheme=scheme, reduced_motion="reduce")
    chat = open_demo(page, f"?language={language}")
    found = serious(chat)
    chat.locator(".card").click()
    chat.locator(".primary").click()
    found += serious(chat)
    chat.locator("#field-name").fill("Kim")
    chat.locator(".primary").click()
    write(chat, "Hello https://example.com")
    until(page, lambda: Message.objects.filter(author_kind="customer").exists())
    reply("Hi **there** https://example.com", ana)
    expect(chat.locator(".message:not(.own) .bubble")).to_have_count(1)
    found += serious(chat)
    resolve(Conversation.objects.get().pk, actor=ana, now=timezone.now())
    expect(chat.locator(".survey")).to_be_visible()
    chat.locator(".faces label").nth(3).click()
    found += serious(chat)

    assert found == []
    assert chat.evaluate("document.dir") == ("rtl" if language == "ar" else "ltr")


def serious(chat: Frame) -> list[str]:
    """axe-core's serious and critical findings in the frame, run through the debugger so that the CSP can stay strict."""
    source = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    chat.evaluate(source.read_text())
    results = chat.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for one in results["violations"] if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]  # fmt: skip
