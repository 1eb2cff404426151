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
