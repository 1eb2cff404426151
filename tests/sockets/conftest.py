from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from cxos.asgi import application
from cxos.core import database_threads
from cxos.core.models import User

HOME = "http://localhost:8000"


@pytest.fixture(autouse=True)
def queries_in_the_test_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_threads, "THREADS", None)
    monkeypatch.setattr(settings, "PUBLIC_URL", HOME)


def signed_in(user: User) -> str:
    """The key of a session in which this user is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def browser(user: User | None = None, *, origin: str | None = HOME, session: str = "") -> list[tuple[bytes, bytes]]:
    """The headers a browser sends when a page of `origin` opens a socket."""
    session = session or (signed_in(user) if user else "")
    headers = [(b"origin", origin.encode())] if origin is not None else []
    return [*headers, *([(b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode())] if session else [])]


class Page:
    """A page's end of a socket."""

    def __init__(self, communicator: ApplicationCommunicator) -> None:
        self._communicator = communicator

    async def say(self, **body: Any) -> None:
        await self.say_raw(orjson.dumps(body).decode())

    async def say_raw(self, text: str) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def hears(self) -> dict[str, Any]:
        event = await self._communicator.receive_output(timeout=5)
        assert event["type"] == "websocket.send", event
        body: dict[str, Any] = orjson.loads(event["text"])
        return body

    async def hears_nothing(self) -> bool:
        return bool(await self._communicator.receive_nothing(timeout=0.1))

    async def is_closed_with(self) -> int:
        """The code this socket is closed with; whatever is said before is passed over."""
        while True:
            event = await self._communicator.receive_output(timeout=5)
            if event["type"] == "websocket.close":
                return int(event["code"])


async def knock(path: str, headers: list[tuple[bytes, bytes]]) -> tuple[ApplicationCommunicator, int | None]:
    """A connection asked for, and the code it was refused with (None: it is open)."""
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "websocket.connect"})
    event = await communicator.receive_output(timeout=5)
    return communicator, None if event["type"] == "websocket.accept" else int(event["code"])


async def hang_up(communicator: ApplicationCommunicator) -> None:
    await communicator.send_input({"type": "websocket.disconnect", "code": 1001})
    await communicator.wait(timeout=5)


@asynccontextmanager
async def opened(path: str, who: User | list[tuple[bytes, bytes]]) -> AsyncIterator[Page]:
    """A socket opened by a user in a browser, or by whoever sends these headers."""
    headers = await sync_to_async(browser)(who) if isinstance(who, User) else who
    communicator, code = await knock(path, headers)
    assert code is None, f"refused with {code}"
    try:
        yield Page(communicator)
    finally:
        await hang_up(communicator)


async def refusal(path: str, headers: list[tuple[bytes, bytes]]) -> int | None:
    """The code a handshake is refused with; None when it is accepted."""
    communicator, code = await knock(path, headers)
    await hang_up(communicator)
    return code


@pytest.fixture
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """The clock by which floods are counted stands still until told otherwise."""
    times = [1000.0]
    monkeypatch.setattr("cxos.core.sockets.monotonic", lambda: times[0])

    def advance(seconds: float) -> None:
        times[0] += seconds

    yield advance
