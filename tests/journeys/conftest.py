"""A running contact centre in this process: pages, sockets, the relay and the sweeps; people sit at real browsers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, expect

from cases.services.breaches import sweep_clocks
from channels_app.models import Channel
from channels_app.services.held import cancel_overtaken, release_due
from cxos.core.models import Role, Team, User
from routing.models import AgentState, Disposition, Queue, QueueMember
from routing.services.matcher import wake_waiting
from routing.services.offers import expire_due
from routing.services.work import end_wrap_ups
from tests.browser.conftest import Site, server_port, site  # noqa: F401  (fixtures of a running site)
from tests.conftest import PASSWORD, PATIENCE_MS

HEARS = "html[data-live], html:not(:has(meta[name=live-url]:not([content=''])))"
EXPECTED = "from here on this page's errors are expected"


@pytest.fixture(autouse=True)
def _replies_leave_at_once(settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 0


@pytest.fixture
def beat(site: Site) -> Iterator[None]:  # noqa: F811
    """What the sweeps of the schedule do, twice a second."""
    ended = threading.Event()

    def run() -> None:
        try:
            while not ended.wait(0.5):
                now = timezone.now()
                for sweep in (cancel_overtaken, release_due, expire_due, wake_waiting, end_wrap_ups, sweep_clocks):
                    sweep(now=now)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join(10)


@pytest.fixture
def queue(team: Team) -> Queue:
    """A contact is wrapped up for ten minutes, so that a slow machine does not end it first."""
    Disposition.objects.create(key="solved", name="Solved")
    return Queue.objects.create(
        key="care", name="Care", team=team, offer_seconds=60, cooldown_seconds=60, wrap_up_seconds=600
    )


@pytest.fixture
def webchat(site: Site, queue: Queue) -> Channel:  # noqa: F811
    return Channel.objects.create(
        key="site", name="Site", kind=Channel.Kind.WEBCHAT, medium=Channel.Medium.CHAT,
        config={"queue": "care"}, secrets={"identity_secret": "a secret of the site, long enough for HS256"},
    )  # fmt: skip


@pytest.fixture
def ben(ana: User, team: Team) -> User:
    """A second agent, with Ana's password."""
    user = User(email="ben@example.com", name="Ben", role=Role.AGENT, password=ana.password)
    user.save()
    user.teams.add(team)
    return user


@pytest.fixture
def on_duty(queue: Queue) -> Callable[..., None]:
    """They serve the queue; of two, the one of the larger level is asked first."""

    def serve(user: User, *, level: int = 1) -> None:
        QueueMember.objects.create(queue=queue, user=user, level=level)
        AgentState.objects.get_or_create(user=user)

    return serve


@pytest.fixture
def browse(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:  # noqa: F811
    """browse(user, path): a page of a browser of their own. At the end no page may have logged an error or broken the
    content security policy."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    forgiven: set[Page] = set()

    def hear(page: Page, line: ConsoleMessage) -> None:
        if line.text == EXPECTED:
            forgiven.add(page)
        elif line.type == "error" and page not in forgiven:
            problems.append(f"{page.url}: {line.text} {line.location.get('url', '')}")

    def open_page(user: User | None = None, path: str = "", *, width: int = 1280, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=site.url,
            viewport={"width": width, "height": 800},
            locale="en-GB",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if user is not None:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": site.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on("console", lambda line: hear(page, line))
        if path:
            page.goto(path)
            page.locator(HEARS).wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def forgive(page: Page) -> None:
    """What this page logs from now on is the test's own doing: a cut line, axe's inline styles."""
    page.evaluate("(words) => console.info(words)", EXPECTED)


def sign_in(page: Page, user: User) -> None:
    page.goto("/login/")
    expect(page.locator("#id_username")).to_be_focused()  # the browser gives the first field its focus after loading
    page.keyboard.type(user.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/workspace/**")


def go_available(page: Page) -> None:
    page.locator(".presence-button").click()
    page.get_by_role("menuitemradio", name="Available").click()
    page.locator(".presence-button[data-presence=available]").wait_for()


def open_chat(page: Page) -> Frame:
    """The widget's frame: it stands in a closed shadow root, so it is found by its address."""
    page.goto("/demo/")
    page.evaluate("window.cxos('open')")
    return chat_of(page)


def chat_of(page: Page) -> Frame:
    frame: Frame = until(page, lambda: next((frame for frame in page.frames if "/widget/" in frame.url), None))
    frame.wait_for_selector(".panel")
    return frame


def write(chat: Frame, text: str) -> None:
    if chat.locator(".card").is_visible():
        chat.locator(".card").click()
    chat.locator(".composer textarea").fill(text)
    chat.locator(".composer textarea").press("Enter")


def until(page: Page, found: Callable[[], Any]) -> Any:
    """What `found` returns as soon as it is something; the page goes on working meanwhile."""
    for _ in range(PATIENCE_MS // 50):
        if result := found():
            return result
        page.wait_for_timeout(50)
    raise AssertionError(f"It did not happen within {PATIENCE_MS // 1000} seconds.")
