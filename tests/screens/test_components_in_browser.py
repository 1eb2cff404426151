"""The components as people meet them: by keyboard, by screen reader, on a phone, and while the page is live."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from cxos.core.models import User
from cxos.screens.ui.specimens import CHAPTERS
from tests.screens.conftest import forgive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LIGHT = 'section[data-theme="light"]'


def serious_findings(page: Page) -> list[str]:
    forgive(page)  # axe writes styles of its own
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {preload: false})")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found if one["impact"] in {"serious", "critical"}]


def overflow(page: Page) -> int:
    """How many pixels the page can be scrolled sideways."""
    return page.evaluate(
        "Math.max(document.documentElement.scrollWidth - innerWidth,"
        " ...[...document.querySelectorAll('.main')].map((part) => part.scrollWidth - part.clientWidth))"
    )


@pytest.mark.parametrize(
    ("chapter", "theme"), [(chapter.slug, ("light", "dark")[at % 2]) for at, chapter in enumerate(CHAPTERS)]
)
def test_a_chapter_obeys_the_strict_policy_fits_a_phone_and_is_accessible(
    open_as: Open, adi: User, chapter: str, theme: str
) -> None:
    """Each chapter shows its components in both themes; `theme` is that of the frame around them. A violation of the
    policy is an error in the console, on which the fixture fails."""
    page = open_as(adi, f"/ui/{chapter}/", theme=theme, width=360)
    page.wait_for_load_state("networkidle")

    assert overflow(page) <= 0
    assert serious_findings(page) == []


@pytest.mark.parametrize(("theme", "ink"), [("light", "rgb(0, 0, 0)"), ("dark", "rgb(255, 255, 255)")])
def test_whoever_asks_for_more_contrast_gets_it(open_as: Open, adi: User, theme: str, ink: str) -> None:
    page = open_as(adi, "/ui/status/", theme=theme, contrast="more")
    page.wait_for_load_state("networkidle")

    assert page.locator("body").evaluate("(body) => getComputedStyle(body).color") == ink
    assert serious_findings(page) == []


def test_the_log_in_page_is_accessible_and_takes_a_user_in_by_keyboard(open_as: Open, ana: User) -> None:
    page = open_as(None, "/login/")
    assert serious_findings(page) == []

    page.keyboard.type("ana@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")

    page.wait_for_url(lambda url: "/login/" not in url)


# --- Keyboard ---------------------------------------------------------------------------------------------------------


def test_a_menu_is_driven_by_arrows_and_letters_and_gives_the_focus_back(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/overlays/")
    button = page.locator('[popovertarget="menu-l"]')
    items = page.locator("#menu-l [role=menuitemradio]")
    button.focus()

    page.keyboard.press("ArrowDown")
    expect(items.nth(0)).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowUp")
    expect(items.nth(2)).to_be_focused()
    page.keyboard.type("wa")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#menu-l")).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_a_dialog_starts_at_its_first_field_and_gives_the_focus_back(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/overlays/")
    opener = page.locator('[data-opens="dialog-l"]')

    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#until-l")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#dialog-l")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_click_beside_a_dialog_closes_it(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/overlays/")
    page.click('[data-opens="drawer-l"]')
    expect(page.locator("#drawer-l")).to_be_visible()

    page.mouse.click(40, 400)

    expect(page.locator("#drawer-l")).to_be_hidden()


def test_a_combobox_filters_chooses_and_keeps_its_value_in_the_select(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/fields/")
    field = page.get_by_role("combobox", name="Language").first
    assert page.locator("#lang-l").input_value() == "pt"

    field.focus()
    field.fill("deu")
    expect(page.get_by_role("option", name="Deutsch")).to_have_attribute("data-active", "")
    page.keyboard.press("Enter")

    assert page.locator("#lang-l").input_value() == "de"
    expect(field).to_have_value("Deutsch")
    expect(field).to_have_attribute("aria-expanded", "false")


def test_leaving_a_combobox_half_typed_changes_nothing(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/fields/")
    field = page.get_by_role("combobox", name="Language").first

    field.fill("xyz")
    expect(page.get_by_text("Nothing found", exact=True)).to_be_visible()
    page.keyboard.press("Tab")

    assert page.locator("#lang-l").input_value() == "pt"
    expect(field).to_have_value("Português")


def test_a_combobox_of_several_adds_and_takes_back(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/fields/")
    field = page.get_by_role("combobox", name="Spoken").first
    chosen = "[...document.querySelector('#langs-l').selectedOptions].map((option) => option.value)"

    field.fill("kis")
    page.keyboard.press("Enter")
    assert page.evaluate(chosen) == ["en", "pt", "sw"]
    page.keyboard.press("Backspace")

    assert page.evaluate(chosen) == ["en", "pt"]


def test_tabs_are_switched_by_arrows(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/navigation/")
    page.locator("#one-l-tab").focus()

    page.keyboard.press("ArrowRight")

    expect(page.locator("#two-l-tab")).to_be_focused()
    expect(page.locator("#two-l")).to_be_visible()
    expect(page.locator("#one-l")).to_be_hidden()


def test_the_palette_finds_a_command_by_the_beginnings_of_its_words(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/")

    page.keyboard.press("Control+k")
    page.keyboard.type("th da")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Theme: Dark")
    page.keyboard.press("Enter")

    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_palette_keeps_the_keyboard_and_lets_no_click_through(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/")
    opener = page.locator(".search-field")
    opener.focus()
    page.keyboard.press("Control+k")
    field = page.locator("#palette input")
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    page.locator("#palette .palette-group").first.click()
    expect(field).to_be_focused()
    before = page.url

    page.mouse.click(20, 300)  # upon the rail

    expect(page.locator("#palette")).to_be_hidden()
    expect(opener).to_be_focused()
    assert page.url == before


def test_the_palette_leads_to_this_screens_own_places(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/")

    page.keyboard.press("Control+k")
    page.keyboard.type("records")
    page.keyboard.press("Enter")

    page.wait_for_url("**/ui/records/")


def test_the_shortcut_sheet_lists_what_is_on_the_page(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/buttons/")

    page.keyboard.press("?")

    sheet = page.locator("#shortcuts")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_text("Search and commands")).to_be_visible()
    expect(sheet.get_by_text("Reply", exact=True)).to_be_visible()


def test_single_keys_rest_while_someone_types(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/fields/")

    page.locator("#name-l").fill("")
    page.keyboard.press("?")

    expect(page.locator("#shortcuts")).to_be_hidden()
    expect(page.locator("#name-l")).to_have_value("?")


# --- Asking and telling -----------------------------------------------------------------------------------------------


def test_what_needs_confirming_is_not_sent_before_it_is_confirmed(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/overlays/")
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.route("**/ui/", lambda route: route.fulfill(status=204))
    question = page.locator("#confirm")

    page.locator(LIGHT).get_by_role("button", name="Confirm").click()
    expect(question).to_contain_text("Really do it?")
    question.get_by_role("button", name="Cancel").click()
    assert sent == []

    page.locator(LIGHT).get_by_role("button", name="Confirm").click()
    with page.expect_request(lambda request: request.method == "POST") as asked:
        question.get_by_role("button", name="Continue").click()
    assert asked.value.headers["x-csrftoken"]


def test_a_failed_request_is_told_in_the_servers_words_or_in_ours(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/overlays/")
    answers = iter([(409, '{"detail": "Ana took it already."}', "application/problem+json"), (403, "no", "text/plain")])

    def refuse(route: Route) -> None:
        status, body, kind = next(answers)
        route.fulfill(status=status, body=body, content_type=kind)

    page.route("**/elsewhere/", refuse)
    forgive(page)  # the browser logs refusals itself
    for words in ("Ana took it already.", "You may not do that."):
        page.evaluate("htmx.ajax('POST', '/elsewhere/', {target: '#announcer', swap: 'none'}).catch(() => {})")
        expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()


def test_a_toast_says_what_happened_and_offers_to_undo_it(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/")
    page.route("**/undo/", lambda route: route.fulfill(status=204))

    page.evaluate(
        "document.dispatchEvent(new CustomEvent('toast', {detail: {message: 'Resolved', tone: 'success', undo: '/undo/'}}))"
    )
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("Resolved")
    with page.expect_request("**/undo/") as undone:
        toast.get_by_role("button", name="Undo").click()

    assert undone.value.method == "POST"
    expect(toast).to_have_count(0)


def test_a_title_that_flashed_is_what_the_page_is_called_by_then(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/")
    page.wait_for_load_state("networkidle")
    settle = "document.dispatchEvent(new CustomEvent('htmx:afterSettle'))"
    page.evaluate(f"offers.innerHTML = '<article class=offer data-offer=1></article>'; {settle}")
    expect(page).to_have_title("(1) New work")

    page.evaluate("document.title = 'Kim · CXOS'")
    expect(page).to_have_title("(1) New work")
    expect(page).to_have_title("Kim · CXOS")
    page.evaluate(f"offers.replaceChildren(); {settle}")

    expect(page).to_have_title("Kim · CXOS")


def test_a_countdown_tells_once_that_time_is_over(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/time/")
    page.evaluate(
        "window.over = 0; document.addEventListener('countdown:over', () => (window.over += 1));"
        "document.querySelectorAll('cx-countdown').forEach((one, at) => at === 0 && (one.dataset.seconds = '0.2'))"
    )

    wait_until(page, lambda: page.evaluate("window.over") == 1)
    expect(page.locator("cx-countdown .countdown").first).to_have_attribute("data-tone", "late")


def test_a_chart_is_drawn(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/figures/")
    page.locator("cx-chart").first.scroll_into_view_if_needed()
    expect(page.locator("cx-chart canvas").first).to_be_visible()


# --- Live regions -----------------------------------------------------------------------------------------------------


class Server:
    """The other end of the socket, and of the region's address."""

    def __init__(self, page: Page) -> None:
        self.heard: list[dict[str, object]] = []
        self.sockets: list[WebSocketRoute] = []
        self.fetches = 0
        page.route_web_socket("**/ws/live/", self._connect)
        page.route("**/region/", self._region)

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.heard.append(json.loads(text)))

    def _region(self, route: Route) -> None:
        self.fetches += 1
        route.fulfill(body=region(version=self.fetches + 10, words=f"fetched {self.fetches}"), content_type="text/html")

    def say(self, **message: object) -> None:
        self.sockets[-1].send(json.dumps(message))


def region(*, version: int, words: str) -> str:
    return (
        f'<div id="thread" data-region="conversation.5" data-url="/region/" data-version="{version}">'
        f'<p>{words}</p><details><summary>More</summary>all of it</details><input id="draft" aria-label="Draft"></div>'
    )


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it did not come to that within ten seconds")


@pytest.fixture
def live(open_as: Open, adi: User) -> tuple[Page, Server]:
    page = open_as(adi, "/ui/")
    server = Server(page)
    page.reload()
    wait_until(page, lambda: bool(server.sockets))
    page.evaluate(
        "(markup) => { document.querySelector('.page').insertAdjacentHTML('afterbegin', markup);"
        " document.dispatchEvent(new CustomEvent('htmx:afterSettle')); }",
        region(version=10, words="first"),
    )
    wait_until(page, lambda: any(said.get("subscribe") == ["conversation.5"] for said in server.heard))
    return page, server


def test_a_hint_fetches_the_region_and_leaves_what_is_typed_and_focused(live: tuple[Page, Server]) -> None:
    page, server = live
    page.locator("#thread summary").click()
    page.locator("#draft").fill("half a sentence")

    server.say(regions=["conversation.5"], version=11)

    expect(page.locator("#thread p")).to_have_text("fetched 1")
    expect(page.locator("#draft")).to_be_focused()
    expect(page.locator("#draft")).to_have_value("half a sentence")
    expect(page.get_by_text("all of it")).to_be_visible()


def test_an_old_hint_or_a_foreign_one_fetches_nothing(live: tuple[Page, Server]) -> None:
    page, server = live

    server.say(regions=["conversation.5"], version=10)
    server.say(regions=["conversation.6"], version=99)
    server.say(regions=["conversation.5"], version=11)
    expect(page.locator("#thread p")).to_have_text("fetched 1")

    assert server.fetches == 1


def test_a_lost_connection_is_told_and_everything_is_fetched_again_after_it(live: tuple[Page, Server]) -> None:
    page, server = live

    server.sockets[-1].close(code=1012)
    wait_until(page, lambda: len(server.sockets) == 2)

    expect(page.locator("#thread p")).to_have_text("fetched 1")
    assert "conversation.5" in str(server.heard[-2]["subscribe"])
    expect(page.locator("#connection")).to_be_hidden()


def test_a_line_that_answers_no_heartbeat_is_given_up_and_opened_anew(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/ui/")
    page.route(
        "**/js/pulse*.js",
        lambda route: route.fulfill(body="setInterval(postMessage, 100, 0)", content_type="text/javascript"),
    )
    page.clock.install()
    server = Server(page)
    page.reload()
    wait_until(page, lambda: len(server.heard) > 3)
    assert len(server.sockets) == 1

    page.clock.fast_forward(26_000)

    wait_until(page, lambda: len(server.sockets) == 2)
    assert [said for said in server.heard if "heartbeat" in said]


def test_hints_lost_on_the_way_fetch_everything_again(live: tuple[Page, Server]) -> None:
    page, server = live

    server.say(paused=True)
    expect(page.locator("#connection")).to_be_visible()
    server.say(resync=True)

    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#thread p")).to_have_text("fetched 1")


def test_who_types_is_told_to_the_page(live: tuple[Page, Server]) -> None:
    page, server = live
    page.evaluate("document.addEventListener('live:signal', (event) => (window.heard = event.detail))")

    server.say(regions=["conversation.5"], signal={"kind": "typing", "on": True, "name": "Sam"})

    wait_until(page, lambda: page.evaluate("!!window.heard"))
    assert page.evaluate("window.heard") == {"region": "conversation.5", "kind": "typing", "on": True, "name": "Sam"}


def test_a_region_that_left_the_page_is_no_longer_asked_for(live: tuple[Page, Server]) -> None:
    page, server = live

    page.evaluate(
        "document.getElementById('thread').remove(); document.dispatchEvent(new CustomEvent('htmx:afterSettle'))"
    )

    wait_until(page, lambda: {"unsubscribe": ["conversation.5"]} in server.heard)


def test_what_has_just_come_obeys_the_very_next_key(live: tuple[Page, Server]) -> None:
    page, server = live
    pressed: list[str] = []
    page.route("**/pressed/", lambda route: (pressed.append(route.request.method), route.fulfill(status=204)))
    page.route(
        "**/region/",
        lambda route: route.fulfill(
            body=region(version=11, words="new").replace("<input", '<button hx-post="/pressed/">Take</button><input'),
            content_type="text/html",
        ),
    )
    page.evaluate(
        "() => new MutationObserver((_, watch) => {"
        " const button = document.querySelector('#thread button');"
        " if (button) { watch.disconnect(); button.click(); }"
        " }).observe(document.body, { childList: true, subtree: true })"
    )

    server.say(regions=["conversation.5"], version=11)

    expect(page.get_by_role("button", name="Take")).to_be_visible()
    wait_until(page, lambda: pressed == ["POST"])
