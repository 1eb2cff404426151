"""The inbox by keyboard alone: rows selected and changed at once, taken back; a filter built and kept as a view; and rows
that stay where they are under the hand."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from channels_app.models import Channel, Conversation
from channels_app.services.conversations import set_priority
from crm.models import Customer
from cxos.core.models import SavedView, User
from routing.models import BulkChange
from tests.journeys.conftest import until


def talks(channel: Channel, customer: Customer, number: int) -> list[Conversation]:
    return [
        Conversation.objects.create(
            customer=customer, channel=channel, thread_key=f"t{one}", last_message_text=f"Question {one}",
            last_message_at=timezone.now(),
        )
        for one in range(number)
    ]  # fmt: skip


def test_rows_are_selected_changed_taken_back_and_kept_as_a_view(
    browse: Callable[..., Page], webchat: Channel, kim: Customer, ana: User
) -> None:
    found = talks(webchat, kim, 4)
    page = browse(ana, "/workspace/?tab=all")
    rows = page.locator("#ws-rows .ws-row")
    expect(rows).to_have_count(4)

    rows.first.focus()
    page.keyboard.press("x")
    rows.nth(2).focus()
    page.keyboard.press("Shift+X")
    expect(page.locator(".ws-bulk-count")).to_have_text("3 selected")
    page.locator("#ws-bulk-tag").focus()
    page.keyboard.type("refund")
    page.keyboard.press("Enter")
    expect(page.locator("#ws-rows .tag")).to_have_count(3)
    expect(page.locator("#ws-bulk")).to_be_hidden()
    page.locator(".toast-action").press("Enter")
    until(page, lambda: all(not one.tags for one in Conversation.objects.all()))

    set_priority(found[0].pk, priority=3, actor=ana, now=timezone.now())
    rows.first.focus()
    page.keyboard.press("f")
    page.locator("#wf-fact-0-0").select_option("priority")
    value = page.get_by_role("combobox", name="Value")
    expect(page.locator("#wf-value-0-0 option", has_text="Urgent")).to_be_attached()  # the line is drawn anew
    value.focus()
    page.keyboard.type("Urg")
    page.keyboard.press("Enter")
    page.locator("#wf-name").focus()
    page.keyboard.type("On fire")
    page.locator("#wf-save").press("Enter")

    expect(page.locator(".tab[aria-current]")).to_have_text("On fire")
    expect(rows).to_have_count(1)
    view = SavedView.objects.get()
    assert (view.name, view.owner) == ("On fire", ana)
    page.reload()
    expect(rows).to_have_count(1)


def test_all_that_match_are_changed_in_a_list_longer_than_what_is_shown(
    browse: Callable[..., Page], webchat: Channel, kim: Customer, ana: User
) -> None:
    talks(webchat, kim, 95)
    page = browse(ana, "/workspace/?tab=all&order=deadline")
    rows, everything = page.locator("#ws-rows .ws-row"), page.get_by_role("button", name="All that match")
    expect(rows).to_have_count(30)
    rows.first.focus()
    page.keyboard.press("x")
    expect(page.locator("#ws-check-all")).to_have_js_property("indeterminate", True)
    expect(everything).to_be_visible()

    page.keyboard.press("Shift+A")
    expect(page.locator(".ws-bulk-count")).to_have_text("30 selected")
    expect(page.locator("#ws-check-all")).to_be_checked()
    page.keyboard.press("Shift+A")
    expect(page.locator("#ws-bulk")).to_be_hidden()
    page.get_by_role("checkbox", name="Select all that are shown").check()
    everything.press("Enter")
    expect(page.locator(".ws-bulk-count")).to_have_text("All 95 selected")
    page.locator("#ws-bulk-tag").fill("refund")
    page.keyboard.press("Enter")

    until(page, lambda: BulkChange.objects.filter(action="tag").exists())
    assert len(BulkChange.objects.get().ids) == 95
    expect(page.locator("#ws-bulk")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("Select all that are shown")


def test_a_row_that_would_move_waits_until_the_hand_is_away(
    browse: Callable[..., Page], webchat: Channel, kim: Customer, ana: User
) -> None:
    *_others, last = talks(webchat, kim, 3)
    page = browse(ana, "/workspace/?tab=all")
    rows = page.locator("#ws-rows > li")
    expect(rows.first).to_have_id(f"conversation-row-{last.pk}")
    rows.nth(1).hover()

    newest = talks_more(webchat, kim)
    set_priority(last.pk, priority=3, actor=ana, now=timezone.now())  # which tells open pages

    expect(page.locator("#ws-held")).to_have_text("1 new")
    expect(rows.first).to_contain_text("Urgent")
    expect(rows.first).to_have_id(f"conversation-row-{last.pk}")
    page.mouse.move(900, 400)
    expect(rows.first).to_have_id(f"conversation-row-{newest.pk}")
    expect(page.locator("#ws-held")).to_be_hidden()


def talks_more(channel: Channel, customer: Customer) -> Conversation:
    return Conversation.objects.create(
        customer=customer, channel=channel, thread_key="newest", last_message_text="New", last_message_at=timezone.now()
    )


def test_what_was_asked_for_the_old_tab_does_not_bring_it_back(
    browse: Callable[..., Page], webchat: Channel, kim: Customer, ana: User
) -> None:
    """The list's own fetch is on its way when somebody changes the tab; its answer comes last."""
    found = talks(webchat, kim, 3)
    page = browse(ana, "/workspace/?tab=all")
    late: list[Route] = []
    page.route("**/workspace/list/?tab=all*", lambda route: late.append(route))
    set_priority(found[0].pk, priority=3, actor=ana, now=timezone.now())  # which tells open pages
    until(page, lambda: late)
    page.locator("a.tab", has_text="Mine").click()
    expect(page.locator(".tab[aria-current]")).to_contain_text("Mine")

    with page.expect_response("**/workspace/list/?tab=mine*"):  # the list asks again, for what it shows now
        for route in late:
            route.continue_()

    expect(page.locator(".tab[aria-current]")).to_contain_text("Mine")
