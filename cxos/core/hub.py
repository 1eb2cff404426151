"""The hub: one Redis subscription per process, whose notices it hands to this process's sockets by region.

A socket per Channels group would cost a Redis round trip and a queue each; here a notice is read once and handed on in
memory (20 ms for 2,000 sockets). What is handed on is only a hint: while Redis is away sockets are told that they hear
nothing (`paused`), and when it is back that they may have missed something (`resync`).
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable
from time import monotonic
from typing import Any, Protocol

import orjson
import structlog
from django.conf import settings
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from cxos.core.broker import PREFIX
from cxos.core.live import CHANNEL

log = structlog.get_logger(__name__)
SILENCE_SECONDS = 5.0  # after this long without a message Redis is asked whether it is there
REMEMBERED_SECONDS = 60.0  # a page that takes longer from its answer to its socket asks for everything again
BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)


class Member(Protocol):
    """What the hub needs of a socket. None of these may block or raise."""

    def hear(self, region: str, version: int) -> None: ...
    def hear_signal(self, region: str, body: dict[str, Any]) -> None: ...
    def hear_state(self, *, connected: bool) -> None: ...


class Recent:
    """The newest version of each region that was heard of lately, oldest first."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[float, int]] = {}

    def note(self, region: str, version: int, now: float) -> None:
        self._heard.pop(region, None)
        self._heard[region] = (now, version)
        while now - self._heard[oldest := next(iter(self._heard))][0] > REMEMBERED_SECONDS:
            del self._heard[oldest]

    def since(self, moment: float, regions: Iterable[str]) -> list[tuple[str, int]]:
        """(region, version) of those that changed at or after `moment`."""
        found = ((region, self._heard.get(region)) for region in regions)
        return [(region, heard[1]) for region, heard in found if heard is not None and heard[0] >= moment]


class Hub:
    """Regions and who watches them, for one event loop. Everything here runs in that loop."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self._members: set[Member] = set()
        self._watchers: dict[str, set[Member]] = defaultdict(set)
        self._listening: asyncio.Task[None] | None = None
        self._recent = Recent()
        self._listens_since: float | None = None

    def start(self) -> None:
        if self._listening is None or self._listening.done():
            self._listening = asyncio.get_running_loop().create_task(self._listen_for_ever())

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            self._listening = None

    async def wait_connected(self, seconds: float) -> bool:
        """Whether Redis is listened to. A member that joined before it was is told to resync once it is."""
        try:
            await asyncio.wait_for(self.connected.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def join(self, member: Member) -> None:
        self._members.add(member)
        self.start()

    def leave(self, member: Member, regions: set[str]) -> None:
        self._members.discard(member)
        for region in regions:
            self.unwatch(member, region)

    def watch(self, member: Member, region: str) -> None:
        self._watchers[region].add(member)

    def unwatch(self, member: Member, region: str) -> None:
        watchers = self._watchers.get(region)
        if watchers is not None:
            watchers.discard(member)
            if not watchers:
                del self._watchers[region]

    def missed(self, regions: Iterable[str], *, seconds: float) -> list[tuple[str, int]] | None:
        """(region, version) of those of them that changed in the last `seconds`; None when we cannot know."""
        moment = monotonic() - seconds
        if seconds > REMEMBERED_SECONDS or self._listens_since is None or self._listens_since > moment:
            return None
        return self._recent.since(moment, regions)

    @property
    def size(self) -> int:
        return len(self._members)

    def hand_on(self, notice: bytes) -> None:
        """One notice of `cxos.core.live` to everybody who watches one of its regions."""
        try:
            body = orjson.loads(notice)
            regions = [region for region in body["regions"] if isinstance(region, str)]
            signal, version = body.get("signal"), int(body.get("version", 0))
        except (ValueError, TypeError, KeyError):
            log.warning("unreadable notice", notice=notice[:200])
            return
        now = monotonic()
        for region in regions:
            if signal is None:
                self._recent.note(region, version, now)
            for member in tuple(self._watchers.get(region, ())):
                if signal is None:
                    member.hear(region, version)
                else:
                    member.hear_signal(region, signal)

    async def _listen_for_ever(self) -> None:
        """Listen, and after a failure again: soon at first, then every two seconds, never all processes at once."""
        failures = 0
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as problem:
                failures = 0 if self.connected.is_set() else failures + 1
                log.warning("the hub lost Redis", problem=str(problem)[:200], failures=failures)
            except Exception:
                failures += 1
                log.exception("the hub failed")
            if self.connected.is_set():
                self._change_state(connected=False)
            pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))

    async def _listen(self) -> None:
        """Hand on until the connection fails. redis-py's own retries are off: they resubscribe without telling, and
        what was published in between would be missed unnoticed."""
        client = aioredis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2.0, socket_timeout=SILENCE_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        subscription = client.pubsub()
        try:
            await subscription.subscribe(PREFIX + CHANNEL)
            asked = False
            while True:
                message = await subscription.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    if asked:
                        raise TimeoutError("Redis does not answer a ping.")
                    asked = True
                    await subscription.ping()
                    continue
                asked = False
                if message["type"] == "message":
                    self.hand_on(message["data"])
                elif message["type"] == "subscribe":
                    self._change_state(connected=True)
        finally:
            await subscription.aclose()  # type: ignore[no-untyped-call]
            await client.aclose()

    def _change_state(self, *, connected: bool) -> None:
        self._listens_since = monotonic() if connected else None
        if connected:
            self.connected.set()
        else:
            self.connected.clear()
        for member in tuple(self._members):
            member.hear_state(connected=connected)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop; a serving process has one loop and so one hub."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        for ended in [other for other in _hubs if other.is_closed()]:
            del _hubs[ended]
        found = _hubs[loop] = Hub()
    return found
