"""A running site in this process, and a real browser to look at it with."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.db import connection, connections
from playwright.sync_api import Browser, BrowserContext, Page

from cxos.asgi import lifespan, sockets
from cxos.core import database_threads
from cxos.core.hub import _hubs
from cxos.core.relay import drain_outbox
from cxos.wsgi import application as pages
from tests.conftest import PATIENCE_MS

START_SECONDS = 30
PAGE_THREADS = 4


class Server(threading.Thread):
    """Pages and sockets from one port: pages by a few threads with lasting database connections, as in production."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.http = WSGIMiddleware(pages, workers=PAGE_THREADS)  # type: ignore[arg-type]
        application = ProtocolTypeRouter({"http": self.http, "websocket": sockets, "lifespan": lifespan})
        config = uvicorn.Config(
            application, host="127.0.0.1", port=0, log_level="error", access_log=False,
            ws_per_message_deflate=False, ws_max_size=65_536, lifespan="on",
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]

    def run(self) -> None:
        try:
            asyncio.run(self.server.serve())
        finally:
            self.http.executor.shutdown()

    def wait_started(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while not self.server.started:
            assert self.is_alive() and time.monotonic() < deadline, "The server does not start."
            time.sleep(0.02)
        return int(self.server.servers[0].sockets[0].getsockname()[1])


@dataclass
class Site:
    """`url` without a slash at its end."""

    url: str

    def drop_sockets(self) -> None:
        """Every open socket ends, as when the server restarts."""
        for loop, hub in list(_hubs.items()):
            for socket in list(hub._members):
                asyncio.run_coroutine_threadsafe(socket.close(1012), loop)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def server_port(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    connections.settings["default"]["CONN_MAX_AGE"] = None
    server = Server()
    server.start()
    yield server.wait_started()
    server.server.should_exit = True
    server.join(10)
    with django_db_blocker.unblock():
        end_other_connections()


def end_other_connections() -> None:
    """Those of the server's threads would keep the test database from being dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()


@pytest.fixture
def site(server_port: int, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    url = f"http://localhost:{server_port}"
    monkeypatch.setattr(settings, "PUBLIC_URL", url)
    monkeypatch.setattr(settings, "SOCKET_URL", "")
    monkeypatch.setattr(settings, "CSRF_TRUSTED_ORIGINS", [url])
    ended = threading.Event()

    def relay() -> None:
        try:
            while not ended.wait(0.03):
                drain_outbox(limit=50)
        finally:
            connections.close_all()

    thread = threading.Thread(target=relay, daemon=True)
    thread.start()
    yield Site(url)
    ended.set()
    thread.join(10)
    let_sockets_end()
    let_requests_end()


def let_requests_end() -> None:
    """A page that was closed may have asked for something just before; the flush of the tables would meet it."""
    quiet, deadline = 0, time.monotonic() + 10
    while quiet < 3 and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            quiet = quiet + 1 if cursor.fetchone()[0] == 0 else 0
        time.sleep(0.05)


def let_sockets_end() -> None:
    """Wait for what closed pages leave behind: a query on its way would hold up the emptying of the tables."""
    deadline = time.monotonic() + 10
    while any(hub._members for hub in list(_hubs.values())) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert database_threads.THREADS is not None
    list(database_threads.THREADS.map(lambda _: connections.close_all(), range(16)))


@pytest.fixture
def browse(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """A page in a browser of its own (other cookies, other storage). Script errors and refused resources fail the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def new_page(**options: Any) -> Page:
        context = chromium.new_context(base_url=site.url, **{"viewport": {"width": 1200, "height": 800}, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert problems == []
