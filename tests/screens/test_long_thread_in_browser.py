"""A conversation of 5,000 lines in a browser: it is walked up and down, nothing jumps, and the page stays small."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_app.models import Channel, Conversation, Message, ReadMarker
from crm.models import Customer
from cxos.core.models import User
from cxos.screens.workspace.thread import KEPT, MOST

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
LINES, WALKED = 5_000, 12
MOST_LINES = 400  # at once in the page, of the 60 × WALKED that were walked through
# Scrolls by `pages` of what is in sight; the line then at its top and where it stands: [id, pixels].
SCROLL = """(pages) => {
  const scroll = document.getElementById("scroll");
  scroll.scrollTop += pages * scroll.clientHeight;
  const top = scroll.getBoundingClientRect().top;
  const line = [...scroll.querySelectorAll(".ws-line")].find((one) => one.getBoundingClientRect().top >= top);
  return line ? [line.id, line.getBoundingClientRect().top] : null;
}"""
TOP_OF = "(id) => document.getElementById(id)?.getBoundingClientRect().top"
# What a hint does; it ends when the answer is shown.
FETCH = """() => {
  const thread = document.getElementById("thread");
  return htmx.ajax("GET", thread.dataset.url, { source: thread, target: thread, swap: "morph" });
}"""
# Nothing in sight is still being fetched.
FILLED = """() => {
  const box = document.getElementById("scroll").getBoundingClientRect();
  const seen = (one) => { const own = one.getBoundingClientRect(); return own.bottom > box.top && own.top < box.bottom; };
  return ![...document.querySelectorAll("#scroll .ws-page:empty, #scroll .ws-page[data-asking], #scroll .ws-older")].some(seen);
}"""


@pytest.fixture
def conversation(webchat: Channel, kim: Customer, ana: User) -> Conversation:
    """Kim has written 5,000 lines of many lengths, and Ana has read them."""
    now = timezone.now()
    found = Conversation.objects.create(
        customer=kim, channel=webchat, thread_key="long", assignee=ana, last_message_at=now, last_message_text="…"
    )
    made = Message.objects.bulk_create(
        Message(
            conversation=found, author_kind="customer", state="received", created_at=now - timedelta(minutes=LINES - n),
            text=f"Line {n} " + "and more " * (n * 7 % 60),
        )
        for n in range(LINES)
    )  # fmt: skip
    ReadMarker.objects.create(user=ana, conversation=found, message_id=made[-1].pk)
    return found


def test_a_thread_that_stays_open_goes_on_however_much_is_said(
    open_as: Open, ana: User, webchat: Channel, kim: Customer
) -> None:
    """What it has no room for any more moves into pages above it, without a jump for who reads."""
    talk = Conversation.objects.create(customer=kim, channel=webchat, thread_key="busy", assignee=ana)
    say(talk, 0, 10)
    page = open_as(ana, f"/workspace/c/{talk.pk}/")
    expect(page.locator("#thread .ws-line")).to_have_count(10)
    say(talk, 10, MOST)
    page.evaluate(FETCH)
    expect(page.locator("#thread .ws-line")).to_have_count(MOST)
    read = page.evaluate(SCROLL, -30)

    say(talk, MOST, MOST + 2)
    page.evaluate(FETCH)

    expect(page.locator("#thread .ws-line")).to_have_count(KEPT)
    expect(page.locator("#thread .ws-line").last).to_contain_text(f"Line {MOST + 1} ")
    expect(page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
    page.wait_for_function(FILLED)
    assert page.evaluate(TOP_OF, read[0]) == pytest.approx(read[1], abs=1)
    page.evaluate(FETCH)
    expect(page.locator(".ws-page")).to_have_count(math.ceil((MOST + 1 - KEPT) / 60))
    page.evaluate(SCROLL, -100)
    expect(page.locator("#scroll .ws-line").first).to_contain_text("Line 0 ")
    expect(page.locator("#scroll .ws-older")).to_have_count(0)


def say(conversation: Conversation, start: int, end: int) -> None:
    Message.objects.bulk_create(
        Message(conversation=conversation, author_kind="customer", state="received", text=f"Line {n} " + "x " * (n % 9))
        for n in range(start, end)
    )


@pytest.mark.parametrize("width", [1280, 360])
def test_a_search_hit_leads_to_its_line(open_as: Open, ana: User, conversation: Conversation, width: int) -> None:
    """Also in a conversation that is open already; from there the thread is read on in both directions."""
    meant = conversation.messages.order_by("id")[2_000]
    Message.objects.filter(pk=meant.pk).update(text="The crate of marmalade")
    page = open_as(ana, f"/workspace/c/{conversation.pk}/", width=width)
    expect(page.locator(".ws-line").last).to_be_in_viewport()

    page.keyboard.press("Control+k")
    page.keyboard.type("marmalade")
    page.get_by_role("option").filter(has_text="crate of marmalade").click()

    line = page.locator(f"#message-{meant.pk}")
    expect(line).to_be_in_viewport(ratio=1)
    expect(line).to_be_focused()
    expect(line).to_have_attribute("aria-current", "true")
    page.evaluate(FETCH)
    for end, beyond in ((-30, -50), (29, 50)):
        page.evaluate(
            "(id) => document.getElementById(id).scrollIntoView({ block: 'center' })", f"message-{meant.pk + end}"
        )
        expect(page.locator(f"#message-{meant.pk + beyond}")).to_have_count(1)
        page.wait_for_function(FILLED)
        expect(page.locator(f"#message-{meant.pk + end}")).to_be_in_viewport()


def test_a_long_thread_is_walked_up_and_down_without_a_jump(
    open_as: Open, ana: User, conversation: Conversation
) -> None:
    page = open_as(ana, f"/workspace/c/{conversation.pk}/")
    expect(page.locator(".ws-line").last).to_contain_text(f"Line {LINES - 1} ")

    for number in range(1, WALKED + 1):
        line = page.evaluate(SCROLL, -100)  # to the top of what is there; the next lines are then asked for
        expect(page.locator("#scroll .ws-page")).to_have_count(number)
        expect(page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
        assert page.evaluate(TOP_OF, line[0]) == pytest.approx(line[1], abs=1)

    assert page.locator(".ws-line").count() <= MOST_LINES
    oldest = page.locator(".ws-page .ws-line").first.text_content() or ""
    assert f"Line {LINES - 60 * (WALKED + 1)} " in oldest

    for _ in range(30):
        before = page.evaluate(SCROLL, 0.8)
        page.wait_for_function(FILLED)
        if before:
            assert page.evaluate(TOP_OF, before[0]) == pytest.approx(before[1], abs=1)
    assert page.locator(".ws-line").count() <= MOST_LINES

    page.get_by_role("button", name="Newest").click()
    expect(page.locator(f".ws-line:has-text('Line {LINES - 1} ')")).to_be_in_viewport()
    page.wait_for_function(FILLED)
