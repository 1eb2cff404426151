"""Pages that stay open while others work: they follow, and nothing half-written is lost. (That they are told of every
event is proved without a browser, in tests/proof/open_pages.)"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_app.models import Channel, Conversation, Message
from channels_app.services.conversations import set_subject
from channels_app.services.replies import send_reply
from crm.models import Customer
from crm.services.customers import tag_customer
from cxos.core.models import User
from cxos.core.services.notifications import notify
from tests.browser.conftest import Site

Browse = Callable[..., Page]


@pytest.fixture
def talk(site: Site, webchat: Channel, kim: Customer, ana: User) -> Conversation:
    """Kim's conversation, in Ana's hands."""
    made = Conversation.objects.create(
        customer=kim, channel=webchat, thread_key="t", assignee=ana, last_message_text="Is this covered?"
    )
    Message.objects.create(conversation=made, author_kind="customer", text="Is this covered?", state="received")
    return made


def answer(talk: Conversation, ana: User, text: str) -> None:
    send_reply(talk.pk, text=text, author=ana, actor=ana, now=timezone.now())


def test_a_list_follows_what_a_colleague_does_with_patience(
    browse: Browse, talk: Conversation, ana: User, sam: User
) -> None:
    page = browse(sam, "/workspace/?tab=all")
    row = page.locator(f"#conversation-row-{talk.pk}")
    expect(row).to_contain_text("Is this covered?")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/workspace/list/" in request.url else None)

    with transaction.atomic():  # so that they are told at once
        for text in ("It is", "Wholly", "Without a doubt"):
            answer(talk, ana, text)

    expect(row).to_contain_text("Without a doubt")
    assert len(asked) == 1


def test_a_customers_page_follows_and_keeps_what_is_half_written(
    browse: Browse, talk: Conversation, kim: Customer, ana: User, sam: User
) -> None:
    page = browse(sam, f"/customers/{kim.pk}/")
    field = page.get_by_placeholder("Add a tag")
    field.fill("half wri")

    answer(talk, ana, "It is")
    expect(page.locator("#cu-happened")).to_contain_text("It is")
    set_subject(talk.pk, subject="Cover", actor=ana, now=timezone.now())
    expect(page.locator("#cu-happened")).to_contain_text("Cover")
    tag_customer(kim.pk, add="loyal", actor=ana)
    expect(page.locator("#cu-record")).to_contain_text("loyal")

    expect(field).to_be_focused()
    expect(field).to_have_value("half wri")


def test_the_notifications_follow(browse: Browse, talk: Conversation, sam: User) -> None:
    page = browse(sam, "/notifications/")
    expect(page.locator("#no-newest")).to_contain_text("Nothing yet")

    details = {"customer": "Kim", "by": "Ana", "text": "Look"}
    notify([sam.pk], kind="mentioned", about=f"conversation:{talk.pk}", details=details, now=timezone.now())

    expect(page.locator("#no-newest")).to_contain_text("Ana mentioned you at Kim")
