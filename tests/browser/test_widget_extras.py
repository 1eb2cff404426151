"""Around the words of the chat: files, a transcript, a window of its own, events for the site, hours, the wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.models import Calendar
from channels_app.channel_rules import rules_of
from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.attachments import store_attachment
from channels_app.services.replies import send_reply
from cxos.core.models import User
from cxos.screens import hints
from routing.models import Callback, Queue
from tests.browser.test_widget import open_demo, reply, serious, until, webchat, widget_of, write  # noqa: F401
from tests.channels_app.files import PDF, PNG

Browse = Callable[..., Page]


def test_files_are_chosen_pasted_and_sent_by_keyboard_and_shown(
    browse: Browse,
    webchat: Channel,  # noqa: F811
    ana: User,
) -> None:
    page = browse()
    # From here on the browser tells of choosers; told so when one is about to open, it is sometimes too late.
    page.on("filechooser", lambda chooser: None)
    chat = open_demo(page)
    write(chat, "Hello")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")

    chat.get_by_role("button", name="Attach files").focus()
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Enter")
    choosing.value.set_files(
        [
            {"name": "photo.png", "mimeType": "image/png", "buffer": PNG},
            {"name": "page.html", "mimeType": "text/html", "buffer": b"<script>1</script>"},
        ]
    )
    expect(chat.locator(".writing .problem")).not_to_be_empty()  # in the server's words
    expect(chat.locator(".tray li")).to_have_count(1)
    chat.locator("textarea").evaluate(
        """(field, bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "bill.pdf", { type: "application/pdf" }));
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        list(PDF),
    )
    expect(chat.locator(".tray li")).to_have_count(2)
    expect(chat.locator(".tray progress")).to_have_count(0)
    assert serious(chat) == []
    chat.locator(".send").click()

    sent = until(page, _with_files)
    assert [one["name"] for one in sent.attachments] == ["photo.png", "bill.pdf"]
    expect(chat.locator(".tray")).to_be_hidden()
    expect(chat.locator(".message.own .picture img")).to_have_attribute("alt", "photo.png")
    until(page, lambda: chat.locator(".picture img").evaluate("image => image.naturalWidth") == 2)
    expect(chat.locator(".message.own .file")).to_contain_text("bill.pdf")


def _with_files() -> Message | None:
    return next((one for one in Message.objects.filter(author_kind="customer") if one.attachments), None)


def test_a_channel_without_files_offers_none(browse: Browse, webchat: Channel) -> None:  # noqa: F811
    webchat.config = {"files": False}
    webchat.save()
    page = browse()
    chat = open_demo(page)
    chat.locator(".card").click()

    expect(chat.locator("textarea")).to_be_visible()
    expect(chat.get_by_role("button", name="Attach files")).to_have_count(0)


def test_the_transcript_holds_everything_that_was_said(
    browse: Browse,
    webchat: Channel,  # noqa: F811
    ana: User,
    tmp_path: Path,
) -> None:
    page = browse()
    chat = open_demo(page)
    write(chat, "My line is down")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    reply("I look at it.", ana)
    expect(chat.locator(".message:not(.own)")).to_have_count(1)

    chat.get_by_role("button", name="More").click()
    with page.expect_download() as saving:
        chat.get_by_role("menuitem", name="Save a transcript").click()
    saving.value.save_as(tmp_path / "chat.txt")

    assert saving.value.suggested_filename == "Site.txt"
    lines = (tmp_path / "chat.txt").read_text().splitlines()
    assert [line for line in lines if line and " · " not in line] == ["My line is down", "I look at it."]
    assert [line.rpartition(" · ")[2] for line in lines if " · " in line] == ["You", "Ana"]


def test_the_chat_goes_on_in_a_window_of_its_own(browse: Browse, webchat: Channel) -> None:  # noqa: F811
    page = browse()
    chat = open_demo(page)
    write(chat, "From the page")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")

    chat.get_by_role("button", name="More").click()
    with page.context.expect_page() as opening:
        chat.get_by_role("menuitem", name="Open in a window").click()
    window = opening.value
    expect(window.locator(".message.own .bubble")).to_have_text(["From the page"])
    assert "token" not in window.url
    window.locator("textarea").fill("From the window")
    window.keyboard.press("Enter")

    until(page, lambda: Message.objects.filter(text="From the window").exists())
    assert Message.objects.values_list("conversation", flat=True).distinct().count() == 1


def test_the_site_hears_what_happens_in_its_chat(browse: Browse, webchat: Channel, ana: User) -> None:  # noqa: F811
    page = browse()
    page.goto("/demo/")
    page.evaluate("""() => {
      window.told = [];
      for (const name of ["opened", "closed", "unread", "message:sent", "message:received"])
        window.cxos("on", name, (detail) => window.told.push([name, detail?.from ?? detail?.id?.length > 8 ?? detail]));
    }""")
    page.evaluate("window.cxos('open')")
    chat = widget_of(page)
    write(chat, "Hello")
    expect(chat.locator(".message.own .status")).to_have_text("Delivered")
    reply("Hi", ana)
    expect(chat.locator(".message:not(.own)")).to_have_count(1)
    page.evaluate("window.cxos('off', 'closed'); window.cxos('close')")

    names = [name for name, _ in page.evaluate("window.told")]
    assert [name for name in names if name != "unread"] == ["opened", "message:sent", "message:received"]


@pytest.fixture
def closed(webchat: Channel) -> Queue:  # noqa: F811
    """The queue behind the chat is never open."""
    calendar = Calendar.objects.create(name="Never", zone="UTC", weekly={})
    webchat.config = {"queue": "care"}
    webchat.save()
    hints._kept.clear()
    return Queue.objects.create(key="care", name="Care", calendar=calendar)


def test_outside_the_hours_a_message_is_left_with_an_address(
    browse: Browse,
    webchat: Channel,  # noqa: F811
    closed: Queue,
) -> None:
    page = browse()
    chat = open_demo(page)
    expect(chat.locator(".presence")).to_contain_text("We are away right now")

    chat.locator(".card").click()
    chat.locator(".primary").click()
    expect(chat.locator("#field-email-problem")).to_have_text("Please fill this in.")
    chat.locator("#field-email").fill("kim@example.com")
    chat.locator(".primary").click()
    write(chat, "Call me tomorrow")

    stored = until(page, lambda: Interaction.objects.first())
    assert stored.payload["metadata"]["form"] == {"email": "kim@example.com"}
    assert stored.payload["customer"]["email_given"] == "kim@example.com"
    hints._kept.clear()


def test_the_wait_is_told_in_bands(browse: Browse, webchat: Channel) -> None:  # noqa: F811
    chat = open_demo(browse())
    told = chat.evaluate("""async (seconds) => {
      const script = document.querySelector("script[type=module]").src;
      const { waitText } = await import(script.replace("app.js", "words.js"));
      return seconds.map(waitText);
    }""", [0, 59, 60, 119, 120, 300, 1799, 1800, 3600])  # fmt: skip

    assert told == [
        "less than a minute", "less than a minute", "about 1–2 min", "about 1–2 min", "about 2–5 min", "about 5–10 min",
        "about 15–30 min", "about 30–60 min", "more than an hour",
    ]  # fmt: skip


def test_files_in_a_thread_that_stays_open_are_fetched_by_fresh_addresses(
    browse: Browse,
    webchat: Channel,  # noqa: F811
    ana: User,
) -> None:
    page = browse()
    chat = open_demo(page)
    write(chat, "Show me")
    conversation = until(page, Conversation.objects.first)
    page.route("**/files/*", lambda route: route.fulfill(status=404), times=1)  # as when the address has run out
    now = timezone.now()
    kept = [
        store_attachment(
            ContentFile(content, name=name), name=name, rules=rules_of("webchat", {}), uploader=ana,
            conversation=conversation, now=now,
        )
        for content, name in ((PNG, "cat.png"), (PDF, "bill.pdf"))
    ]  # fmt: skip

    send_reply(conversation.pk, text="", attachments=[one.descriptor for one in kept], author=ana, actor=ana, now=now)

    picture, link = chat.locator(".picture img"), chat.locator(".file a")
    until(page, lambda: picture.evaluate_all("(found) => found[0]?.naturalWidth > 0"))
    chat.evaluate("() => { const real = Date.now; Date.now = () => real() + 600_000; }")  # ten minutes later
    with page.expect_request("**/chat/site/messages?after=*"):
        link.click()
    assert page.request.get(link.get_attribute("href") or "").body() == PDF


def test_who_waits_asks_to_be_called_back_and_keeps_the_place(
    browse: Browse,
    webchat: Channel,  # noqa: F811
) -> None:
    """At a first try without a number, which is said; then by keyboard, and the chat tells what was agreed on."""
    Queue.objects.create(key="care", name="Care", callback_offer_seconds=0, callback_from=0, callback_until=0)
    page = browse()
    chat = open_demo(page)
    write(chat, "My line is down")

    chat.get_by_role("button", name="Call me back instead").click()
    form = chat.get_by_role("form", name="Call me back instead")
    form.get_by_role("button", name="Ask for a call").click()
    expect(form.get_by_role("alert")).to_have_text("Please fill this in.")
    form.get_by_label("Your telephone number").fill("12")
    form.get_by_label("Your telephone number").press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("with its country code")
    form.get_by_label("At a time").check()
    expect(form.get_by_label("Day and time")).to_be_visible()
    form.get_by_label("When it is my turn").check()
    form.get_by_label("Your telephone number").fill("+49 30 1234567")
    form.get_by_label("Your telephone number").press("Enter")

    expect(chat.locator(".foot")).to_contain_text("We call you at \u2068+49301234567\u2069 when it is your turn.")
    assert Callback.objects.get().kind == "in_queue"
    assert serious(chat) == []
