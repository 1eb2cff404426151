"""The main job, end to end: a customer writes, the right agent answers, the supervisor sees it; reload and a lost
socket change nothing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from channels_app.models import Channel, Conversation, Message
from cxos.core.models import User
from routing.models import Offer, WorkItem
from tests.journeys.conftest import chat_of, forgive, go_available, open_chat, sign_in, until, write

Browse = Callable[..., Page]


def board_number(floor: Page, label: str) -> str:
    return floor.locator("#sv-board .stat", has_text=label).locator(".stat-value").inner_text().strip()


def test_a_customer_writes_and_the_agent_answers_and_resolves(
    browse: Browse, webchat: Channel, beat: None, ana: User, sam: User, on_duty: Callable[..., None]
) -> None:
    on_duty(ana)
    desk, floor, home = browse(), browse(sam, "/supervisor/"), browse()
    sign_in(desk, ana)
    go_available(desk)
    until(floor, lambda: board_number(floor, "Available") == "1")

    # The customer writes; the offer appears by itself.
    chat = open_chat(home)
    write(chat, "Where is my parcel?")
    card = desk.locator(".offer")
    expect(card).to_contain_text("Where is my parcel?")
    expect(card).to_contain_text("Care")

    # Accepted, answered and sent by keyboard.
    desk.keyboard.press("a")
    desk.wait_for_url("**/workspace/c/*/")
    expect(desk.locator("#thread")).to_contain_text("Where is my parcel?")
    expect(card).to_have_count(0)
    until(floor, lambda: board_number(floor, "In progress") == "1")
    desk.keyboard.press("r")
    desk.keyboard.type("It is with the driver.")
    desk.keyboard.press("Control+Enter")
    expect(chat.locator(".message:not(.own) .bubble")).to_have_text("It is with the driver.")
    expect(desk.locator("#thread .ws-line")).to_have_text(["Where is my parcel?", "It is with the driver."])
    expect(desk.locator("#composer-text")).to_have_value("")

    # The customer's next line comes in live; the agent resolves.
    write(chat, "Thank you!")
    expect(desk.locator("#thread .ws-line").last).to_contain_text("Thank you!")
    desk.keyboard.press("Escape")
    desk.keyboard.press("e")
    expect(desk.locator("#head")).to_contain_text("Resolved")
    desk.get_by_role("button", name="Solved", exact=True).click()
    expect(desk.locator(".ws-wrap")).to_have_count(0)
    expect(desk.locator("#thread .ws-line")).to_have_count(4)  # what was said, and its summary as a note
    until(floor, lambda: board_number(floor, "In progress") == "0")

    # A reload of either shows the same.
    desk.reload()
    expect(desk.locator("#thread .ws-line")).to_have_count(4)
    expect(desk.locator("#head")).to_contain_text("Resolved")
    home.reload()
    expect(chat_of(home).locator(".message .bubble")).to_have_text(
        ["Where is my parcel?", "It is with the driver.", "Thank you!"]
    )
    assert Conversation.objects.get().status == "resolved"
    assert list(Offer.objects.values_list("state", flat=True)) == ["accepted"]
    assert WorkItem.objects.get().state == "completed"
    assert Message.objects.filter(author_kind="agent", kind="message").count() == 1


def test_a_lost_socket_shows_a_banner_and_the_page_catches_up(
    browse: Browse, webchat: Channel, beat: None, ana: User, on_duty: Callable[..., None]
) -> None:
    on_duty(ana)
    desk, home = browse(ana, "/workspace/"), browse()
    go_available(desk)
    chat = open_chat(home)
    write(chat, "First")
    desk.locator(".offer").wait_for()
    desk.keyboard.press("a")
    expect(desk.locator("#thread .ws-line")).to_have_text(["First"])
    desk.locator("#composer-text").fill("Half an answer")

    # The network is gone, though no socket ends; what happens meanwhile is in nobody's hint.
    forgive(desk)
    desk.context.set_offline(True)
    expect(desk.locator("#connection")).to_be_visible()
    write(chat, "Said while the agent was away")
    until(home, lambda: Message.objects.filter(text="Said while the agent was away").exists())
    desk.context.set_offline(False)

    expect(desk.locator("#thread .ws-line")).to_have_text(["First", "Said while the agent was away"])
    expect(desk.locator("#connection")).to_be_hidden()
    expect(desk.locator("#composer-text")).to_have_value("Half an answer")
