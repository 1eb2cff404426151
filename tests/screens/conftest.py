"""A real Chromium for the browser tests. They are skipped where none is installed (bin/test says so)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from cxos.core.models import User
from tests.conftest import PATIENCE_MS

EXPECTED_NOISE = ("WebSocket connection to",)  # the test server has no sockets
FORGIVING = "from here on this page's errors are expected"


def forgive(page: Page) -> None:
    """What this page logs from now on is the test's own doing: a refused request, axe's inline styles."""
    page.evaluate("(words) => console.info(words)", FORGIVING)


@pytest.fixture
def open_as(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """open_as(user, "/ui/", theme="dark", width=360): a page of a browser of their own. At the end no page may have
    logged an error, whatever else the test looked at."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    forgiven: set[Page] = set()

    def hear(page: Page, kind: str, text: str) -> None:
        if text == FORGIVING:
            forgiven.add(page)
        elif kind == "error" and page not in forgiven and not text.startswith(EXPECTED_NOISE):
            problems.append(f"{page.url}: {text}")

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: hear(page, message.type, message.text))

    def open_as(
        user: User | None,
        path: str,
        *,
        theme: str = "light",
        width: int = 1280,
        language: str = "en-GB",
        **options: Any,
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            color_scheme=theme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 800},
            locale=language,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        watch(page)
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert problems == []
