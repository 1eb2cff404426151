"""A supervisor listens in: watches what an agent holds, and whispers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_app.models import Channel, Conversation, Message, Whisper
from crm.models import Customer
from cxos.core.models import User
from cxos.core.phrases import Phrase
from routing.models import Queue, QueueMember
from routing.services.hand_over import give
from routing.services.presence import set_presence
from routing.services.queue import enqueue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_supervisor_watches_what_an_agent_holds_and_whispers(
    open_as: Callable[..., Page], sam: User, ana: User, webchat: Channel, kim: Customer
) -> None:
    queue, now = Queue.objects.create(key="care", name="Care"), timezone.now()
    QueueMember.objects.create(queue=queue, user=ana)
    set_presence(ana, presence="available", actor=ana, now=now)
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")
    Message.objects.create(conversation=found, author_kind="customer", text="Where is my parcel?", state="received")
    enqueue(found, queue=queue, priority=1, why=Phrase("A test."), now=now)
    give(found, to=ana, actor=sam, now=now)
    page = open_as(sam, "/supervisor/")

    page.locator(f"#sv-agent-{ana.pk}").get_by_role("link", name="Kim").click()
    expect(page.locator("#sv-watched")).to_contain_text("Where is my parcel?")
    page.get_by_label("Whisper to Ana").fill("Offer her the refund")
    page.keyboard.press("Enter")
    expect(page.locator("#sv-whispers")).to_contain_text("not read yet")

    assert Whisper.objects.get().recipient == ana
