"""What every socket of ours has: limits on what comes in, a bounded queue for what goes out, and an end.

A subclass says who may open it (`authenticate`), what its messages mean (`on_message`) and who may stay (`review`). It is
a bare ASGI application: what a Channels consumer adds (a task for every message it awaits, and a layer's queue) is more
than an idle connection costs here, which is about 7 kB on top of the server's own 14.

Closing codes: 4401 not (or no longer) allowed in, 4403 foreign page, 1007 not a JSON object, 1008 too many messages,
1009 too long a message, 1011 our fault, 1012 the server restarts (sent by the server itself), 1013 it reads too slowly.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from types import coroutine
from typing import Any, ClassVar, Self

import orjson
import structlog

from cxos.core.hub import hub
from cxos.core.origins import single_header
from cxos.core.reviewer import Verdict, reviewer

log = structlog.get_logger(__name__)

MAX_MESSAGE_BYTES = 65_536
MAX_MESSAGES_PER_SECOND = 20
MAX_REGIONS = 200
MAX_TEXTS_WAITING = 32
SEND_SECONDS = 5.0  # a send that takes longer means that nobody reads at the other end
HUB_SECONDS = 1.0


class Flood:
    """At most `limit` messages in any one second."""

    def __init__(self, limit: int) -> None:
        self._times: deque[float] = deque(maxlen=limit)

    def over(self, now: float) -> bool:
        """Count one message at `now` (seconds of a monotonic clock); True when it is one too many."""
        times = self._times
        too_many = len(times) == times.maxlen and now - times[0] < 1.0
        times.append(now)
        return too_many


class Refused(Exception):
    """Close this socket with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket(ABC):
    """One connection. Hints wait in a dict by region, so that however slowly it is read, only the newest is kept."""

    messages_per_second: ClassVar[int] = MAX_MESSAGES_PER_SECOND

    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.regions: set[str] = set()
        self.open = False
        self._hints: dict[str, int] = {}
        self._texts: deque[str] = deque(maxlen=MAX_TEXTS_WAITING)
        self._state_text = ""
        self._flushing: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[Any] | None = None
        self._flood = Flood(self.messages_per_second)

    @classmethod
    def as_asgi(cls) -> Callable[..., Any]:
        async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
            await cls(scope, receive, send).serve()

        return application

    # --- For subclasses ------------------------------------------------------------------------------------------

    @abstractmethod
    async def authenticate(self) -> None:
        """Before the handshake. Raise Refused unless this connection may be opened."""

    async def on_open(self) -> None:  # noqa: B027  (a hook: most have nothing to do then)
        """After the handshake."""

    @abstractmethod
    async def on_message(self, body: dict[str, Any]) -> None:
        """A message came in. Raise Refused to end the connection."""

    async def on_close(self) -> None:  # noqa: B027
        """After the end, whatever ended it."""

    @classmethod
    @abstractmethod
    def review(cls, sockets: list[Self]) -> list[tuple[Self, Verdict]]:
        """Which of these sockets lost a right. Runs in a database thread every few seconds."""

    # --- Life ----------------------------------------------------------------------------------------------------

    async def serve(self) -> None:
        event = await self._receive()
        if event["type"] != "websocket.connect":
            return
        try:
            await self.authenticate()
        except Refused as refusal:
            await self._send({"type": "websocket.close", "code": refusal.code})
            return
        except Exception:
            log.exception("a socket could not be opened", path=self.scope["path"])
            await self._send({"type": "websocket.close", "code": 1011})
            return
        self._serving = asyncio.current_task()
        hub().join(self)
        reviewer().add(self)
        try:
            await self._accept()
            await self.on_open()
            while True:
                event = await self._receive()
                if event["type"] == "websocket.disconnect":
                    return
                await self.on_message(self._parse(event))
        except Refused as refusal:
            await self.close(refusal.code)
        except asyncio.CancelledError:
            if self._serving is not None:  # the server ends us; when `close` did, it is None
                raise
        except OSError:
            pass  # the other end has gone while we wrote: servers raise it from send
        except Exception:
            log.exception("a socket failed", path=self.scope["path"])
            await self.close(1011)
        finally:
            self.open = False
            hub().leave(self, self.regions)
            reviewer().remove(self)
            if self._flushing is not None:
                self._flushing.cancel()
            await self.on_close()

    async def _accept(self) -> None:
        """Open it once the hub listens, so that nothing is missed from here on; without Redis, say so."""
        listening = await hub().wait_connected(HUB_SECONDS)
        await self._send({"type": "websocket.accept"})
        self.open = True
        self._state_text = "" if listening else PAUSED
        self._wake()

    def _parse(self, event: dict[str, Any]) -> dict[str, Any]:
        if self._flood.over(monotonic()):
            raise Refused(1008)
        text = event.get("text")
        if text is None:
            raise Refused(1007)
        if len(text) > MAX_MESSAGE_BYTES or len(text.encode(errors="replace")) > MAX_MESSAGE_BYTES:
            raise Refused(1009)
        try:
            body = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Refused(1007) from None
        if not isinstance(body, dict):
            raise Refused(1007)
        return body

    async def close(self, code: int) -> None:
        """End it from our side. A peer that does not even read the close frame is left to the server to drop."""
        if not self.open:
            return
        self.open = False
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send({"type": "websocket.close", "code": code})
        except (TimeoutError, OSError, RuntimeError):
            pass
        serving, self._serving = self._serving, None
        if serving is not None and serving is not asyncio.current_task():
            serving.cancel()

    def check_origin(self, allowed: Iterable[str]) -> None:
        """A page that is not ours could open a socket with our user's cookies; browsers always say which page it is."""
        if not self.comes_from(allowed):
            raise Refused(4403)

    def comes_from(self, origins: Iterable[str]) -> bool:
        return single_header(self.scope["headers"], b"origin") in origins

    # --- Regions -------------------------------------------------------------------------------------------------

    def watch(self, regions: Iterable[str]) -> None:
        for region in regions:
            self.regions.add(region)
            hub().watch(self, region)

    def catch_up(self, regions: Iterable[str], *, seconds: float) -> None:
        """Hear now what was told of these regions in the last `seconds`: between a page's answer and its first watching
        there is time for something to change."""
        missed = hub().missed(regions, seconds=seconds)
        if missed is None:
            self.hear_state(connected=hub().connected.is_set())
        for region, version in missed or ():
            self.hear(region, version)

    def unwatch(self, regions: Iterable[str]) -> None:
        for region in regions:
            self.regions.discard(region)
            self._hints.pop(region, None)
            hub().unwatch(self, region)

    # --- What the hub calls --------------------------------------------------------------------------------------

    def hear(self, region: str, version: int) -> None:
        if self._hints.get(region, -1) < version:
            self._hints[region] = version
        self._wake()

    def hear_signal(self, region: str, body: dict[str, Any]) -> None:
        self.say({"regions": [region], "signal": body})

    def hear_state(self, *, connected: bool) -> None:
        self._state_text = RESYNC if connected else PAUSED
        self._wake()

    # --- Going out -----------------------------------------------------------------------------------------------

    def say(self, body: dict[str, Any]) -> None:
        """Queue a message that may be lost: of those waiting at a slow reader only the newest few are kept."""
        self._texts.append(orjson.dumps(body).decode())
        self._wake()

    async def answer(self, body: dict[str, Any]) -> None:
        """Send now, from `on_message` only: who does not read his answers is not read any more either."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send({"type": "websocket.send", "text": orjson.dumps(body).decode()})
        except TimeoutError:
            raise Refused(1013) from None

    def _wake(self) -> None:
        if self._flushing is None and self.open:
            self._flushing = self._begin()

    def _begin(self) -> asyncio.Task[None] | None:
        """Send what can be sent without waiting, which is nearly always all of it; a task only for the rest.

        A task each would make a notice to 2,000 sockets twice as slow.
        """
        while self._has_news():
            sending = self._send({"type": "websocket.send", "text": self._next_text()})
            try:
                waiting_for = sending.send(None)
            except StopIteration:
                continue
            except (OSError, RuntimeError):
                return None  # it has gone, as `serve` hears in a moment
            return asyncio.get_running_loop().create_task(self._flush(resumed(sending, waiting_for)))
        return None

    async def _flush(self, begun: Awaitable[None] | None = None) -> None:
        """Finish the send that was `begun`, then send what waits, and end: an idle socket has no task for sending."""
        try:
            async with asyncio.timeout(SEND_SECONDS) as limit:
                if begun is not None:
                    await begun
                while self.open and self._has_news():
                    limit.reschedule(asyncio.get_running_loop().time() + SEND_SECONDS)
                    await self._send({"type": "websocket.send", "text": self._next_text()})
        except TimeoutError:
            log.info("a socket reads too slowly", path=self.scope["path"])
            self._flushing = None  # `close` must not cancel the task it runs in
            await self.close(1013)
        except (OSError, RuntimeError):
            pass  # it has gone, as `serve` hears in a moment
        finally:
            self._flushing = None

    def _has_news(self) -> bool:
        return bool(self._state_text or self._texts or self._hints)

    def _next_text(self) -> str:
        """What to send next. There is something."""
        if self._state_text:
            text, self._state_text = self._state_text, ""
            return text
        if self._texts:
            return self._texts.popleft()
        version = next(iter(self._hints.values()))
        regions = tuple(name for name, other in self._hints.items() if other == version)
        for name in regions:
            del self._hints[name]
        return hint_text(regions, version)


@coroutine
def resumed(begun: Any, waiting_for: Any) -> Any:
    """Await the rest of a coroutine that was sent its first None and now waits for something."""
    while True:
        try:
            answer = yield waiting_for
        except BaseException as problem:  # noqa: BLE001  (it is the coroutine's, cancelling among it)
            step, given = begun.throw, problem
        else:
            step, given = begun.send, answer
        try:
            waiting_for = step(given)
        except StopIteration as end:
            return end.value


RESYNC = '{"resync":true}'
PAUSED = '{"paused":true}'
_last_hint: tuple[tuple[str, ...], int, str] = ((), 0, "")


def hint_text(regions: tuple[str, ...], version: int) -> str:
    """The hint as sent. Two thousand sockets get the same one in a row, so the last one is kept."""
    global _last_hint
    if _last_hint[:2] != (regions, version):
        _last_hint = (regions, version, orjson.dumps({"regions": regions, "version": version}).decode())
    return _last_hint[2]
