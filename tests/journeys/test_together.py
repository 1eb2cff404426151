"""Others in one's work, by keyboard alone: a colleague advises, takes part, and has it; or is offered the whole of it."""

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
from routing.models import Offer, Queue, Segment, WorkItem
from routing.services.hand_over import give
from routing.services.presence import set_presence
from routing.services.queue import enqueue
from tests.browser.conftest import Site
from tests.journeys.conftest import until
from tests.screens.test_components_in_browser import serious_findings

Browse = Callable[..., Page]


@pytest.fixture
def talk(
    site: Site, queue: Queue, webchat: Channel, kim: Customer, ana: User, ben: User, on_duty: Callable[..., None]
) -> Conversation:
    """Ana has Kim's conversation in hand; Ben is available."""
    for user in (ana, ben):
        on_duty(user)
        set_presence(user, presence="available", actor=user, now=timezone.now())
    made = Conversation.objects.create(
        customer=kim, channel=webchat, thread_key="t", team=queue.team, last_message_text="Is this covered?"
    )
    Message.objects.create(conversation=made, author_kind="customer", text="Is this covered?", state="received")
    with transaction.atomic():  # else matching may be faster
        enqueue(made, queue=queue, priority=1, why=Phrase("Came."), now=timezone.now())
        give(made, to=ana, actor=ana, now=timezone.now())
    return made


def share(page: Page, kind: str, name: str) -> None:
    """`H`, and down with the arrow to the colleague under the heading of this kind. Opened once the page can hear keys."""
    wanted = page.locator(f"[aria-labelledby=ws-share-{kind}]").get_by_role("menuitem", name=name)
    page.locator("#scroll").focus()
    page.keyboard.press("h")
    expect(page.locator("#ws-share [role=menuitem]").first).to_be_focused()
    for _ in range(page.locator("#ws-share [role=menuitem]").count()):
        if wanted.evaluate("(item) => item === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    expect(wanted).to_be_focused()


def press(page: Page, name: str) -> None:
    """The button of this name under the head, with Enter."""
    button = page.locator(".ws-together").get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")


def test_a_colleague_advises_takes_part_and_has_it_by_keyboard(
    browse: Browse, talk: Conversation, ana: User, ben: User
) -> None:
    first, second = browse(ana, f"/workspace/c/{talk.pk}/"), browse(ben, "/workspace/")
    expect(first.locator("#thread")).to_contain_text("Is this covered?")
    share(first, "consult", "Ben")
    first.keyboard.press("Enter")
    expect(first.locator(".ws-together")).to_contain_text("is being asked")

    expect(second.locator(".offer")).to_contain_text("Ana: Asked for advice")
    second.keyboard.press("a")
    second.wait_for_url("**/workspace/c/*/")
    expect(first.locator(".ws-together")).to_contain_text("advises")

    press(first, "Let take part")
    expect(first.locator(".ws-together")).to_contain_text("takes part")
    press(first, "Hand over")
    expect(first.locator("#head .ws-who")).to_contain_text("Ben")

    until(first, lambda: WorkItem.objects.get().agent_id == ben.pk)
    assert list(Offer.objects.values_list("kind", "state")) == [("consult", "accepted")]
    assert Segment.objects.get(agent=ben, ended_at=None).kind == "lead"


def test_whoever_joined_leaves_again_and_what_opens_is_accessible(
    browse: Browse, talk: Conversation, ana: User, ben: User
) -> None:
    first, second = browse(ana, f"/workspace/c/{talk.pk}/"), browse(ben, "/workspace/", color_scheme="dark")
    expect(first.locator("#thread")).to_contain_text("Is this covered?")
    share(first, "conference", "Ben")
    assert serious_findings(first) == []
    first.keyboard.press("Enter")
    expect(second.locator(".offer")).to_contain_text("Ana: Asked to join")
    second.keyboard.press("d")
    expect(second.get_by_role("menuitem").first).to_be_focused()
    assert serious_findings(second) == []
    second.keyboard.press("Escape")
    second.keyboard.press("a")
    second.wait_for_url("**/workspace/c/*/")
    press(second, "Leave")

    expect(first.locator(".ws-together")).to_have_count(0)
    until(first, lambda: Segment.objects.filter(agent=ben, ended_by="left").exists())
    assert WorkItem.objects.get().agent_id == ana.pk


def test_the_whole_of_it_is_offered_by_keyboard(browse: Browse, talk: Conversation, ana: User, ben: User) -> None:
    first, second = browse(ana, f"/workspace/c/{talk.pk}/"), browse(ben, "/workspace/")
    expect(first.locator("#thread")).to_contain_text("Is this covered?")
    share(first, "offer", "Ben")
    first.keyboard.press("Enter")

    expect(second.locator(".offer")).to_contain_text("Is this covered?")
    second.keyboard.press("a")
    second.wait_for_url("**/workspace/c/*/")

    expect(first.locator("#head .ws-who")).to_contain_text("Ben")
    assert WorkItem.objects.get().agent_id == ben.pk
