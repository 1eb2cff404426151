"""The workspace on a bad line, through a restart, at twice the size, and while everything moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from channels_app.models import Conversation, Message
from cxos.core.models import User
from tests.browser.conftest import Site
from tests.journeys.conftest import forgive, until
from tests.journeys.test_daily_work import held, says  # noqa: F401
from tests.screens.test_components_in_browser import overflow

Browse = Callable[..., Page]
Hold = Callable[..., list[Conversation]]
GOOD_SHIFT = 0.1  # web.dev: a good cumulative layout shift is 0.1 or less
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
  }).observe({ type: "layout-shift", buffered: false });
}"""


def test_a_lost_line_is_told_loses_no_word_and_shows_the_truth_when_it_is_back(
    browse: Browse,
    site: Site,
    held: Hold,  # noqa: F811
    says: Callable[..., None],  # noqa: F811
    ana: User,
) -> None:
    page = browse(ana, "/workspace/")
    (found,) = held(page, ("Kim", "Where is my parcel?"))
    page.goto(f"/workspace/c/{found.pk}/")
    expect(page.locator("html[data-offline]")).to_have_count(0)
    page.keyboard.press("r")
    page.keyboard.type("It is on its way")
    forgive(page)  # the line is cut on purpose

    page.context.set_offline(True)
    site.drop_sockets()
    expect(page.locator("#connection")).to_be_visible()
    says("Hello? Are you there?", name="Kim")
    until(page, lambda: Message.objects.filter(text="Hello? Are you there?").exists())
    expect(page.locator("#composer-text")).to_have_value("It is on its way")

    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#thread")).to_contain_text("Hello? Are you there?")
    expect(page.locator("#composer-text")).to_have_value("It is on its way")
    page.locator("#composer-text").press("Control+Enter")
    until(page, lambda: Message.objects.filter(text="It is on its way", author_kind="agent").count() == 1)


def test_nothing_jumps_when_news_come_in(
    browse: Browse,
    held: Hold,  # noqa: F811
    says: Callable[..., None],  # noqa: F811
    ana: User,
) -> None:
    page = browse(ana, "/workspace/?tab=all")
    (found,) = held(page, ("Kim", "Where is my parcel?"))
    page.goto(f"/workspace/c/{found.pk}/?tab=all")
    page.locator("#context .card").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate(SHIFTS)

    says("And the invoice?", name="Kim")
    expect(page.locator("#thread")).to_contain_text("And the invoice?")
    says("My line is down", name="Max")
    expect(page.locator(".ws-row")).to_have_count(2)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("window.shifted") <= GOOD_SHIFT


@pytest.mark.parametrize(
    "path", ["/workspace/c/{pk}/", "/customers/{customer}/", "/supervisor/", "/settings/rules/new/"]
)
def test_at_twice_the_size_nothing_is_cut_off(browse: Browse, held: Hold, ana: User, adi: User, path: str) -> None:  # noqa: F811
    page = browse(adi, width=640, device_scale_factor=2)  # a window of 1280 pixels at 200 %
    page.set_viewport_size({"width": 640, "height": 400})
    (found,) = held(page, ("Kim", "Where is my parcel?"))
    page.goto(path.format(pk=found.pk, customer=found.customer_id))
    page.wait_for_load_state("networkidle")

    assert overflow(page) <= 0
    last = page.locator(".main :is(button, a, input, textarea):visible").last
    last.scroll_into_view_if_needed()
    last.focus()
    expect(last).to_be_in_viewport()
