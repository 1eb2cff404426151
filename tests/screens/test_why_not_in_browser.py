"""Why not Ben? One click from the reasons of a conversation, one from watching it, and a name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Team, User
from cxos.core.phrases import Phrase
from routing.models import AgentState, Queue, QueueMember
from routing.services.matcher import match_items
from routing.services.offers import accept_offer
from routing.services.presence import set_presence
from routing.services.queue import enqueue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def talk(ana: User, team: Team, webchat: Channel, kim: Customer) -> Conversation:
    """Ana has it; Ben, Cleo and Dora could not take it."""
    queue, now = Queue.objects.create(key="care", name="Care", team=team), timezone.now()
    others = [
        User.objects.create_user(f"{name}@example.com", "correct horse battery", name=name, role="agent")
        for name in ("Ben Adler", "Cleo Winter", "Dora Berg")
    ]
    for user in (ana, *others):
        QueueMember.objects.create(queue=queue, user=user)
        set_presence(user, presence="available", actor=user, now=now)
    AgentState.objects.filter(user=others[0]).update(budget=10)
    set_presence(others[1], presence="meeting", actor=others[1], now=now)
    AgentState.objects.filter(user=others[2]).update(idle_since=timezone.now())
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")
    item = enqueue(found, queue=queue, priority=1, why=Phrase("A test."), now=now)
    [offer] = match_items([item.pk], now=now)
    accept_offer(offer.pk, user=offer.agent, now=now)
    return found


def test_an_agent_asks_by_the_keyboard(open_as: Callable[..., Page], talk: Conversation, ana: User) -> None:
    page = open_as(ana, f"/workspace/c/{talk.pk}/")

    page.get_by_role("button", name="Why nobody else?").focus()
    page.keyboard.press("Enter")
    told = page.get_by_role("dialog").locator("#ws-why-not-told li")
    expect(told).to_have_count(4)
    expect(told.filter(has_text="Cleo Winter")).to_contain_text("Was signed in, but not available.")
    page.keyboard.type("ben")

    expect(told).to_have_count(1)
    expect(told).to_contain_text("Had no free capacity.")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_supervisor_asks_while_watching(open_as: Callable[..., Page], talk: Conversation, sam: User) -> None:
    page = open_as(sam, f"/supervisor/watch/{talk.pk}/")

    page.get_by_role("button", name="Why nobody else?").click()

    expect(page.get_by_role("dialog").locator("li").filter(has_text="Ben Adler")).to_contain_text("no free capacity")
