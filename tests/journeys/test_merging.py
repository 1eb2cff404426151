"""Two conversations about the same become one, and two again, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.models import User
from cxos.core.phrases import Phrase
from routing.models import Queue, WorkItem
from routing.services.hand_over import give
from routing.services.queue import enqueue
from tests.browser.conftest import Site
from tests.journeys.conftest import until
from tests.screens.test_components_in_browser import serious_findings

Browse = Callable[..., Page]


@pytest.fixture
def pair(
    site: Site, queue: Queue, api: Channel, kim: Customer, ana: User, on_duty: Callable[..., None]
) -> tuple[Conversation, Conversation]:
    """Kim began two mails; Ana has the second in hand."""
    on_duty(ana)
    made = []
    for key, text in (("a", "Where is my parcel?"), ("b", "Is it lost?")):
        talk = Conversation.objects.create(
            customer=kim, channel=api, thread_key=key, team=queue.team, last_message_text=text
        )
        Message.objects.create(conversation=talk, author_kind="customer", text=text, state="received")
        made.append(talk)
    with transaction.atomic():  # else matching may be faster
        enqueue(made[1], queue=queue, priority=1, why=Phrase("Came."), now=timezone.now())
        give(made[1], to=ana, actor=ana, now=timezone.now())
    return made[0], made[1]


def test_two_conversations_become_one_and_two_again_by_keyboard(
    browse: Browse, pair: tuple[Conversation, Conversation], ana: User, beat: None
) -> None:
    parcel, lost = pair
    page = browse(ana, f"/workspace/c/{lost.pk}/")
    expect(page.locator("#thread")).to_contain_text("Is it lost?")

    page.keyboard.press("Control+k")
    page.keyboard.type("merge")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Merge into another conversation")
    page.keyboard.press("Enter")
    choice = page.locator("#ws-merge [name=into]")
    expect(choice).to_be_focused()
    assert serious_findings(page) == []
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/workspace/c/{parcel.pk}/")
    expect(page.locator("#thread")).to_contain_text("Where is my parcel?")
    expect(page.locator("#thread")).to_contain_text("Is it lost?")
    until(page, lambda: WorkItem.objects.live().get().conversation_id == parcel.pk)
    expect(page.locator("#head")).to_contain_text("Ana")

    back = page.locator("#thread").get_by_role("button", name="Take it back")
    back.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take back", exact=True)).to_be_visible()
    page.get_by_role("button", name="Take back", exact=True).focus()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/workspace/c/{lost.pk}/")
    expect(page.locator("#thread")).to_contain_text("Is it lost?")
    expect(page.locator("#thread")).not_to_contain_text("Where is my parcel?")
    assert Conversation.objects.get(pk=lost.pk).merged_into is None
