"""What an agent writes, in a real browser: two devices, taking back, files, suggestions, a colleague who was faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import APIResponse, Page, Route, expect

from automation.models import Snippet
from channels_app.models import Channel, Conversation, Draft, Message
from channels_app.services.replies import send_reply
from crm.models import Customer
from cxos.core.models import User
from tests.channels_app.files import PNG
from tests.journeys.conftest import until

Browse = Callable[..., Page]


@pytest.fixture
def conversation(webchat: Channel, kim: Customer, ana: User) -> Conversation:
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="k", assignee=ana)
    Message.objects.create(conversation=found, author_kind="customer", text="Where is my parcel?", state="received")
    return found


def said() -> list[str]:
    return list(Message.objects.filter(author_kind="agent").order_by("id").values_list("text", flat=True))


def test_a_reply_is_written_on_two_devices_taken_back_and_sent_with_a_file(
    browse: Browse, conversation: Conversation, ana: User, sam: User, beat: None, settings: Any
) -> None:
    settings.UNDO_SEND_SECONDS = 3_600
    Snippet.objects.create(shortcut="hi", text="Hello {{customer.first_name}}!")
    path = f"/workspace/c/{conversation.pk}/"
    desk, phone, chief = browse(ana, path), browse(ana, path, width=360), browse(sam, path)
    field = desk.locator("#composer-text")

    desk.keyboard.press("r")
    desk.keyboard.type("/hi")
    expect(chief.locator("#company")).to_have_text("Ana writes a reply…")
    expect(desk.get_by_role("option", name="/hi")).to_contain_text("Hello Kim!")
    desk.keyboard.press("Enter")
    expect(field).to_have_value("Hello Kim!")
    expect(phone.locator("#composer-text")).to_have_value("Hello Kim!")

    desk.locator("#composer-pick").set_input_files({"name": "map.png", "mimeType": "image/png", "buffer": PNG})
    expect(desk.locator(".ws-chip input[name=file]")).to_have_count(1)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#held .ws-line")).to_contain_text("Hello Kim!")
    expect(field).to_have_value("")
    assert Draft.objects.count() == 0
    desk.reload()
    desk.get_by_role("button", name="Undo").click()
    expect(field).to_have_value("Hello Kim!")
    expect(desk.locator(".ws-chip")).to_have_count(1)
    assert said() == []

    send_reply(conversation.pk, text="I was faster", author=sam, actor=sam, now=timezone.now())
    expect(desk.locator("#thread")).to_contain_text("I was faster")
    settings.UNDO_SEND_SECONDS = 1
    field.press("Control+Enter")
    desk.get_by_role("button", name="Send anyway").click()
    expect(desk.locator("#thread .ws-picture img")).to_be_visible()
    assert said() == ["I was faster", "Hello Kim!"]


def test_what_was_attached_to_a_note_stays_with_the_note(browse: Browse, conversation: Conversation, ana: User) -> None:
    page = browse(ana, f"/workspace/c/{conversation.pk}/")
    field, chips = page.locator("#composer-text"), page.locator(".ws-chip")
    page.keyboard.press("n")
    page.keyboard.type("Only for us")
    page.locator("#composer-pick").set_input_files({"name": "passport.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.locator(".ws-chip input[name=file]")).to_have_count(1)

    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(chips).to_have_count(0)
    page.keyboard.type("On its way.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread")).to_contain_text("On its way.")
    expect(field).to_have_value("")

    assert [one.attachments for one in Message.objects.filter(author_kind="agent")] == [[]]
    for _again in range(2):
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        expect(field).to_have_value("Only for us")
        expect(chips).to_contain_text("passport.png")
        page.reload()
        page.locator(".ws-composer[data-mode]").wait_for()
    field.press("Control+Enter")
    expect(page.locator("#thread [data-kind=note] .ws-picture img")).to_be_visible()
    assert [(one.kind, len(one.attachments)) for one in Message.objects.filter(author=ana).order_by("id")] == [
        ("message", 0),
        ("note", 1),
    ]


def test_what_is_saved_while_the_drafts_are_asked_for_stays(
    browse: Browse, conversation: Conversation, ana: User
) -> None:
    """The line is back: the page asks for the drafts, saves its own, and is told last what there was before."""
    page = browse(ana, f"/workspace/c/{conversation.pk}/")
    field = page.locator("#composer-text")
    late: list[tuple[Route, APIResponse]] = []
    page.route("**/drafts/", lambda route: late.append((route, route.fetch())))
    page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")
    until(page, lambda: late)
    field.fill("Half a reply")
    until(page, lambda: Draft.objects.filter(text="Half a reply").exists())
    expect(page.locator("[data-saved]")).to_be_visible()

    with page.expect_response("**/drafts/") as told:
        for route, answer in late:
            route.fulfill(response=answer)
    told.value.finished()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    expect(field).to_have_value("Half a reply")
