"""A slow line, a server that restarts, and how much the first page weighs."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Page, Response, expect

from channels_app.models import Conversation, Message
from cxos.core.models import User
from tests.browser.conftest import Server
from tests.journeys.conftest import forgive, until
from tests.journeys.test_daily_work import held, says  # noqa: F401

Browse = Callable[..., Page]
Hold = Callable[..., list[Conversation]]
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
FIRST_LOAD_BYTES = 200_000
PACKED = ("font/", "image/png", "image/webp")  # compressed as they are


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """servers() starts one; servers(port) starts it where another one was."""
    started: list[Server] = []

    def start(port: int = 0) -> Server:
        server = Server()
        server.server.config.port = port
        server.start()
        server.port = server.wait_started()  # type: ignore[attr-defined]
        started.append(server)
        return server

    yield start
    for server in started:
        stop(server)


def stop(server: Server) -> None:
    server.server.should_exit = True
    server.join(10)


def test_on_a_slow_line_one_sees_it_go_and_writes_on(browse: Browse, held: Hold, ana: User) -> None:  # noqa: F811
    page = browse(ana, "/workspace/")
    (found,) = held(page, ("Kim", "Where is my parcel?"))
    page.goto(f"/workspace/c/{found.pk}/")
    page.locator("#context .card").first.wait_for()
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW_3G)

    page.locator("#composer-text").fill("It is on its way")
    page.locator("#composer-text").press("Control+Enter")
    expect(page.locator("#request-bar[data-busy]")).to_be_attached()
    page.keyboard.type(" and one more thing")

    expect(page.locator("#thread .ws-block[data-author=agent] .ws-line")).to_contain_text("It is on its way")
    expect(page.locator("#request-bar[data-busy]")).to_have_count(0)
    expect(page.locator("#composer-text")).to_have_value("and one more thing")
    assert Message.objects.filter(author_kind="agent").values_list("text", flat=True).get() == "It is on its way"


def test_a_server_that_restarts_is_told_and_loses_no_word(
    browse: Browse,
    servers: Callable[..., Server],
    held: Hold,  # noqa: F811
    says: Callable[..., None],  # noqa: F811
    ana: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = browse(ana, "/workspace/")
    (found,) = held(page, ("Kim", "Where is my parcel?"))
    first = servers()
    url = f"http://localhost:{first.port}"  # type: ignore[attr-defined]
    monkeypatch.setattr(settings, "PUBLIC_URL", url)
    monkeypatch.setattr(settings, "CSRF_TRUSTED_ORIGINS", [url])
    page.goto(f"{url}/workspace/c/{found.pk}/")
    expect(page.locator("html[data-offline]")).to_have_count(0)
    page.locator("#composer-text").fill("It is on")
    forgive(page)

    stop(first)
    expect(page.locator("#connection")).to_be_visible()
    page.locator("#composer-text").press_sequentially(" its way")
    says("Hello? Are you there?", name="Kim")
    until(page, lambda: Message.objects.filter(text="Hello? Are you there?").exists())
    servers(first.port)  # type: ignore[attr-defined]

    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#thread")).to_contain_text("Hello? Are you there?")
    expect(page.locator("#composer-text")).to_have_value("It is on its way")
    page.locator("#composer-text").press("Control+Enter")
    until(page, lambda: Message.objects.filter(text="It is on its way", author_kind="agent").count() == 1)
    page.goto("about:blank")  # before its server goes


def test_the_first_page_is_light(browse: Browse, held: Hold, ana: User) -> None:  # noqa: F811
    seen: list[Response] = []
    page = browse(ana)
    page.on("response", lambda one: seen.append(one))
    page.goto("/workspace/")
    page.wait_for_load_state("networkidle")

    weights = {one.url: weight(one) for one in seen if one.status == 200}
    assert sum(weights.values()) <= FIRST_LOAD_BYTES, sorted(weights.items(), key=lambda pair: -pair[1])
    assert not any("uplot" in url.lower() for url in weights)


def weight(answer: Response) -> int:
    """Bytes on the line: what a server's gzip makes of it."""
    body = answer.body()
    packed = any(kind in answer.headers.get("content-type", "") for kind in PACKED)
    return len(body) if packed else len(gzip.compress(body))
