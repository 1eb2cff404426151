"""Knowledge at work: written, published, found in the composer with a mistake, inserted as text and as link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from automation.models import Article
from automation.services import articles
from channels_app.models import Channel, Conversation, Message
from channels_app.services.templates import save_template
from crm.models import Customer
from cxos.core.models import User
from tests.channels_app.said import say

Browse = Callable[..., Page]


@pytest.fixture
def conversation(webchat: Channel, kim: Customer, ana: User) -> Conversation:
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="k", assignee=ana)
    Message.objects.create(conversation=found, author_kind="customer", text="My router blinks", state="received")
    return found


def test_an_article_is_written_published_and_inserted_by_keyboard(
    browse: Browse, conversation: Conversation, ana: User, sam: User, settings: Any
) -> None:
    articles.save_article(
        None, texts={"title": "Router credits", "body": "Up to 10.", "audience": "internal", "language": "en"},
        actor=sam, now=conversation.created_at,
    )  # fmt: skip
    articles.publish_article(Article.objects.get().pk, actor=sam, now=conversation.created_at)
    chief = browse(sam, "/knowledge/new/")
    chief.get_by_label("Title").fill("Restart the router")
    chief.get_by_label("Text", exact=True).fill("Pull the **plug**.")
    expect(chief.locator("#kn-preview strong")).to_have_text("plug")
    chief.get_by_label("Who may read it").select_option("public")
    chief.keyboard.press("Control+Shift+Enter")
    expect(chief.get_by_role("heading", name="Restart the router")).to_be_visible()
    expect(chief.locator("#kn-body")).to_contain_text("Published")

    desk = browse(ana, f"/workspace/c/{conversation.pk}/")
    expect(desk.locator("#ws-card-knowledge")).to_contain_text("Restart the router")
    field = desk.locator("#composer-text")
    desk.keyboard.press("r")
    desk.keyboard.type("??router")
    expect(desk.get_by_role("option")).to_have_count(2)
    desk.get_by_role("option", name="Router credits").click(force=True)  # for colleagues only: it does not go in
    expect(field).to_have_value("??router")
    article = desk.get_by_role("option", name="Restart the router")
    while article.get_attribute("data-active") is None:
        desk.keyboard.press("ArrowDown")
    expect(desk.locator(".option-preview")).to_contain_text("Pull the plug.")
    desk.keyboard.press("Enter")
    expect(field).to_have_value("Pull the plug. ")
    desk.keyboard.type("??restart")
    expect(article).to_be_visible()
    desk.keyboard.press("Control+Enter")
    address = f"/help/{Article.objects.get(title='Restart the router').pk}/"
    expect(field).to_have_value(f"Pull the plug. {settings.PUBLIC_URL}{address} ")

    stranger = browse(None, address)
    expect(stranger.get_by_role("heading", name="Restart the router")).to_be_visible()
    desk.keyboard.type("??")
    expect(desk.get_by_role("option").first).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("option")).to_have_count(0)


def test_after_the_window_a_template_is_filled_in_and_the_customers_answer_brings_free_text_back(
    browse: Browse, queue: Any, kim: Customer, ana: User, adi: User, beat: None
) -> None:
    now = timezone.now()
    channel = Channel.objects.create(
        key="m", name="Messages", kind="api", medium="messaging", config={"window_hours": 1}
    )
    old = say(channel, kim, "a1", now - timedelta(hours=2), text="Is it there?").conversation
    Conversation.objects.filter(pk=old.pk).update(assignee=ana)
    save_template(
        None, channel=channel, name="there", language="en", body="Hello {{1}}, it is.", state="approved", actor=adi, now=now
    )  # fmt: skip
    desk = browse(ana, f"/workspace/c/{old.pk}/")
    expect(desk.locator("#composer-text")).to_be_hidden()

    desk.get_by_label("Template").select_option(label="there · en")
    desk.get_by_label("{{1}}").fill("Kim")
    expect(desk.locator("#template-text")).to_have_text("Hello Kim, it is.")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#thread")).to_contain_text("Hello Kim, it is.")
    expect(desk.get_by_label("{{1}}")).to_have_count(0)

    say(channel, kim, "a2", timezone.now(), text="Thank you!")
    expect(desk.locator("#thread")).to_contain_text("Thank you!")
    expect(desk.locator("#composer-text")).to_be_visible()
