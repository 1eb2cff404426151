"""The channels wizard: a channel is tried live and formed, with the chat beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_app.models import Channel, Conversation
from channels_app.services.assignment import assign
from channels_app.services.conversations import resolve
from cxos.core.models import Team, User
from tests.journeys.conftest import chat_of, until, write

Browse = Callable[..., Page]
WIDEST = """Math.max(document.scrollingElement.scrollWidth,
  ...[...document.querySelectorAll("#channel-form *, .st-look *")].map((one) => one.getBoundingClientRect().right))"""


@pytest.mark.parametrize("stands", ["waits", "is another's", "is solved"])
def test_the_conversation_that_was_heard_opens_wherever_it_stands(
    browse: Browse, webchat: Channel, adi: User, ana: User, team: Team, stands: str
) -> None:
    page = browse(adi, f"/settings/channels/{webchat.pk}/")
    expect(page.locator("#heard")).to_contain_text("Listening")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open a test chat").click()
    customer = opened.value
    customer.wait_for_load_state()
    customer.evaluate("window.cxos('open')")
    write(chat_of(customer), "Does this work?")
    talk = until(page, lambda: Conversation.objects.first())
    if stands == "is another's":
        assign(talk.pk, assignee_id=ana.pk, actor=ana, now=timezone.now())
    if stands == "is solved":
        resolve(talk.pk, actor=ana, now=timezone.now())

    expect(page.locator("#heard")).to_contain_text("It arrived: “Does this work?”")
    page.get_by_role("link", name="Open the conversation").click()

    page.wait_for_url(f"**/workspace/c/{talk.pk}/**")
    expect(page.locator("#thread")).to_contain_text("Does this work?")


def test_the_chat_beside_the_form_follows_it(browse: Browse, webchat: Channel, adi: User) -> None:
    page = browse(adi, f"/settings/channels/{webchat.pk}/", width=1440)
    stage = page.frame_locator("#stage")
    expect(stage.locator(".hero h1")).to_have_text("Hi there")

    page.locator("summary", has_text="Words").click()
    page.locator("#id_greeting").fill("Welcome aboard")
    expect(stage.locator(".hero h1")).to_have_text("Welcome aboard")
    page.locator("#id_color").fill("#ffd43b")
    expect(page.locator("#look-notes")).to_contain_text("1.4 to 1, where 3 to 1 is wanted")
    expect(stage.locator(".launcher")).to_have_css("background-color", "rgb(255, 212, 59)")
    page.locator("[name=scheme][value=dark]").check()
    expect(stage.locator("html")).to_have_attribute("data-scheme", "dark")

    page.locator("summary", has_text="Before the chat").click()
    page.get_by_role("button", name="Question", exact=True).click()
    page.get_by_label("Question", exact=True).fill("Order number")
    page.locator("[name=screen][value=form]").check()
    expect(stage.locator("form.ask label")).to_contain_text("Order number")
    page.get_by_role("button", name="Save", exact=True).last.click()

    expect(page.locator(".toast")).to_contain_text("Saved")
    webchat.refresh_from_db()
    assert webchat.config["form"] == [{"name": "order_number", "type": "text", "label": "Order number"}]
    assert (webchat.config["theme"], webchat.config["texts"]) == (
        {"color": "#ffd43b", "scheme": "dark"}, {"greeting": "Welcome aboard"},
    )  # fmt: skip


def test_the_form_of_a_channel_fits_a_phone(browse: Browse, webchat: Channel, adi: User) -> None:
    page = browse(adi, f"/settings/channels/{webchat.pk}/", width=360)
    page.locator("#channel-form details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
    page.frame_locator("#stage").locator(".hero h1").wait_for()

    assert page.evaluate(WIDEST) <= 360
