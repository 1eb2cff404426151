"""Offers nobody takes: declined with a reason, or left to expire. The next agent is asked; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from channels_app.models import Channel
from cxos.core.catalogue import STREAMS
from cxos.core.models import User
from cxos.core.streams import advance
from routing.models import Offer, Queue, WorkItem
from routing.services.presence import set_presence
from tests.journeys.conftest import HEARS, go_available, open_chat, sign_in, until, write

Browse = Callable[..., Page]
COUNTS_TONES = """
    const start = OscillatorNode.prototype.start;
    window.tones = 0;
    OscillatorNode.prototype.start = function (...when) {
      if (this.context.state === "running") window.tones += 1;
      return start.apply(this, when);
    };
"""


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


def told_of_offers(toast: Locator) -> bool:
    """Their reader is another process in production; it reads nothing while an older transaction runs."""
    advance(STREAMS["offers people are told of"])
    return toast.is_visible()


def test_the_next_offer_is_heard_though_only_the_keyboard_was_used(
    browse: Browse, webchat: Channel, beat: None, ana: User, on_duty: Callable[..., None]
) -> None:
    on_duty(ana)
    desk, first, second = browse(), browse(), browse()
    desk.add_init_script(COUNTS_TONES)
    sign_in(desk, ana)
    set_presence(ana, presence="available", actor=ana, now=timezone.now())
    desk.locator(HEARS).wait_for(state="attached")

    write(open_chat(first), "Where is my parcel?")
    expect(desk.locator(".offer")).to_contain_text("Where is my parcel?")
    until(desk, lambda: desk.evaluate("tones") == 2)
    desk.keyboard.press("a")
    desk.wait_for_url("**/workspace/c/*/")
    desk.locator(HEARS).wait_for(state="attached")
    write(open_chat(second), "And mine?")

    expect(desk.locator(".offer")).to_contain_text("And mine?")
    until(desk, lambda: desk.evaluate("tones") == 2)


def test_work_that_comes_without_being_asked_is_told_with_the_way_to_it(
    browse: Browse, webchat: Channel, beat: None, ana: User, on_duty: Callable[..., None]
) -> None:
    Queue.objects.update(auto_accept=["chat"])
    on_duty(ana)
    desk, home = browse(), browse()
    desk.add_init_script(COUNTS_TONES)
    sign_in(desk, ana)
    desk.locator(HEARS).wait_for(state="attached")
    go_available(desk)
    write(open_chat(home), "Where is my parcel?")

    toast = desk.locator(".toast", has_text="was assigned to you")
    until(desk, lambda: told_of_offers(toast))
    until(desk, lambda: desk.evaluate("tones") == 2)
    toast.get_by_role("link", name="Open").click()

    desk.wait_for_url("**/workspace/c/*/")
    expect(desk.locator("#thread")).to_contain_text("Where is my parcel?")
    expect(desk.locator("#notifications .no-bell")).to_have_attribute("aria-label", "Notifications")  # none is unread
    expect(desk.locator(".toast")).to_have_count(0)
