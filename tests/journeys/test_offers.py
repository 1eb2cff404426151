"""Offers nobody takes: declined with a reason, or left to expire. The next agent is asked; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from channels_app.models import Channel
from cxos.core.models import User
from routing.models import Offer, Queue, WorkItem
from tests.journeys.conftest import go_available, open_chat, until, write

Browse = Callable[..., Page]


def test_a_declined_offer_goes_to_the_next_agent(
    browse: Browse, webchat: Channel, beat: None, ana: User, ben: User, on_duty: Callable[..., None]
) -> None:
    on_duty(ana, level=5)
    on_duty(ben, level=1)
    first, second, home = browse(ana, "/workspace/"), browse(ben, "/workspace/"), browse()
    go_available(first)
    go_available(second)
    write(open_chat(home), "Where is my parcel?")
    expect(first.locator(".offer")).to_contain_text("Where is my parcel?")

    first.keyboard.press("d")
    first.get_by_role("menuitem", name="Not my skill").click()

    expect(first.locator(".offer")).to_have_count(0)
    expect(second.locator(".offer")).to_contain_text("Where is my parcel?")
    second.keyboard.press("a")
    second.wait_for_url("**/workspace/c/*/")
    assert list(Offer.objects.order_by("id").values_list("agent__name", "state", "reason")) == [
        ("Ana", "declined", "Not my skill"),
        ("Ben", "accepted", ""),
    ]


def test_an_offer_left_to_ring_makes_the_agent_missed_until_they_are_back(
    browse: Browse, webchat: Channel, beat: None, queue: Queue, ana: User, ben: User, on_duty: Callable[..., None]
) -> None:
    Queue.objects.update(offer_seconds=4)
    on_duty(ana, level=5)
    first, home = browse(ana, "/workspace/"), browse()
    go_available(first)
    write(open_chat(home), "Hello?")
    expect(first.locator(".offer")).to_contain_text("Hello?")

    expect(first.locator(".presence-button")).to_contain_text("Missed an offer")

    expect(first.locator(".offer")).to_have_count(0)
    assert list(Offer.objects.values_list("state", flat=True)) == ["expired"]
    assert WorkItem.objects.get().state == "waiting"
    Queue.objects.update(offer_seconds=60)
    on_duty(ben, level=1)
    second = browse(ben, "/workspace/")
    go_available(second)
    expect(second.locator(".offer")).to_contain_text("Hello?")
    go_available(first)
    until(first, lambda: Offer.objects.filter(agent=ana).count() == 1)
