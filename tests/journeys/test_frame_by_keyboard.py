"""Without a mouse: search, open, act from the palette, read what is new."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page, expect

from channels_app.envelope import Envelope
from channels_app.models import Channel, Conversation
from channels_app.services.ingest import accept
from cxos.core.models import Notification, User
from cxos.core.search.dictionary import learn
from cxos.core.services.notifications import notify
from tests.journeys.conftest import until


def test_search_act_and_read_by_keyboard_alone(
    browse: Callable[..., Page], site: object, webchat: Channel, ana: User
) -> None:
    now = timezone.now()
    accept(
        Envelope(
            channel_id=webchat.id, external_id="1", thread_key="kim", identities=(("email", "kim@example.com"),),
            customer={"name": "Kim"}, text="Where is my parcel?", html="", attachments=(), occurred_at=now, metadata={},
        ),
        now=now,
    )  # fmt: skip
    page = browse(ana, "/customers/")
    conversation = until(page, lambda: Conversation.objects.first())
    learn(["Where is my parcel?"])

    page.keyboard.press("Control+k")
    field = page.locator("#palette input")
    expect(field).to_be_focused()
    page.keyboard.type("pracel")
    expect(page.locator("#palette [data-results] .palette-item").first).to_contain_text("parcel")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/workspace/c/{conversation.pk}/**")

    expect(page.locator(".ws-who h2")).to_have_text("Kim")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [data-page-commands]")).to_contain_text("Assign to me")
    page.keyboard.type("priority urg")
    expect(page.locator('#palette .palette-item[aria-selected="true"]')).to_have_text("Priority: Urgent")
    page.keyboard.press("Enter")
    until(page, lambda: Conversation.objects.filter(pk=conversation.pk, priority=3).exists())

    notify(
        [ana.pk],
        kind="finished",
        about="import:1",
        details={"what": "The import", "url": "/customers/"},
        now=timezone.now(),
    )
    bell = page.locator(".no-bell")
    expect(bell).to_have_accessible_name("Notifications, 1 unread")
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.locator("#notices")).to_be_visible()
    line = page.locator("#notices .no-open")
    expect(line).to_contain_text("The import has ended")
    line.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/customers/")
    expect(page.locator(".no-bell")).to_have_accessible_name("Notifications")
    assert Notification.objects.get().read_at is not None
