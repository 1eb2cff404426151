"""The hub and what hangs on it: who hears what, who is too slow, and what happens without Redis."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
import redis
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings

from cxos.core import broker, live, sockets
from cxos.core.hub import Hub, Recent, hub
from cxos.core.models import User
from cxos.core.sockets import Flood, Socket
from tests.sockets.conftest import opened


class OpenSocket(Socket):
    """Anybody's, watching `board`, at a peer that reads when it wants to."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        super().__init__({"type": "websocket", "path": "/", "headers": []}, self.incoming.get, self._deliver)
        self.incoming.put_nowait({"type": "websocket.connect"})

    async def _deliver(self, event: dict[str, Any]) -> None:
        if event["type"] != "websocket.accept":
            await self.reads.wait()
        self.sent.append(event)

    async def on_message(self, body: dict[str, Any]) -> None:
        raise AssertionError("Nobody writes here.")

    async def authenticate(self) -> None:
        pass

    async def on_open(self) -> None:
        self.watch(["board"])

    @classmethod
    def review(cls, sockets: list[Any]) -> list[Any]:
        return []

    @property
    def hints(self) -> list[dict[str, Any]]:
        return [orjson.loads(one["text"]) for one in self.sent if one["type"] == "websocket.send"]


async def served(socket: OpenSocket) -> asyncio.Task[None]:
    task = asyncio.create_task(socket.serve())
    async with asyncio.timeout(5):
        while not socket.regions:
            await asyncio.sleep(0)
    return task


def notice(version: int, *regions: str) -> bytes:
    return orjson.dumps({"regions": regions or ["board"], "version": version})


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _without_redis(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notices are handed to the hub directly, except where a test is about Redis itself."""
    if "redis" not in request.function.__name__:

        async def never(self: Hub) -> None:
            self.connected.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(Hub, "_listen", never)


def test_a_slow_reader_gets_only_the_newest_of_each_region() -> None:
    async def story() -> list[dict[str, Any]]:
        socket = OpenSocket()
        task = await served(socket)
        socket.watch(["inbox.1"])
        socket.reads.clear()
        hub().hand_on(notice(1))
        for version in range(2, 1002):
            hub().hand_on(notice(version))
            hub().hand_on(notice(version + 5000, "inbox.1"))
        assert len(socket._hints) == 2
        socket.reads.set()
        await settle()
        task.cancel()
        return socket.hints

    assert async_to_sync(story)() == [
        {"regions": ["board"], "version": 1},
        {"regions": ["board"], "version": 1001},
        {"regions": ["inbox.1"], "version": 6001},
    ]


def test_an_older_version_never_follows_a_newer_one() -> None:
    async def story() -> list[dict[str, Any]]:
        socket = OpenSocket()
        task = await served(socket)
        socket.reads.clear()
        for version in (5, 9, 7):
            hub().hand_on(notice(version))
        socket.reads.set()
        await settle()
        task.cancel()
        return socket.hints

    assert async_to_sync(story)() == [{"regions": ["board"], "version": 5}, {"regions": ["board"], "version": 9}]


def test_signals_at_a_slow_reader_are_bounded() -> None:
    async def story() -> int:
        socket = OpenSocket()
        task = await served(socket)
        socket.reads.clear()
        for n in range(1000):
            hub().hand_on(orjson.dumps({"regions": ["board"], "signal": {"n": n}}))
        waiting = len(socket._texts)
        task.cancel()
        return waiting

    assert async_to_sync(story)() == sockets.MAX_TEXTS_WAITING


def test_who_does_not_read_at_all_is_cut_off_and_nobody_else_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SEND_SECONDS", 0.05)

    async def story() -> tuple[bool, list[int], int]:
        stuck, fine = OpenSocket(), OpenSocket()
        stuck_task, fine_task = await served(stuck), await served(fine)
        stuck.reads.clear()
        for version in range(1, 4):
            hub().hand_on(notice(version))
            await settle()
        before = [one["version"] for one in fine.hints]
        await asyncio.wait_for(stuck_task, 5)
        size = hub().size
        fine_task.cancel()
        return stuck.open, before, size

    assert async_to_sync(story)() == (False, [1, 2, 3], 1)


def test_who_reads_again_in_time_is_told_why_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SEND_SECONDS", 0.05)

    async def story() -> dict[str, Any]:
        socket = OpenSocket()
        task = await served(socket)
        socket.reads.clear()

        async def read_the_last(event: dict[str, Any]) -> None:
            if event["type"] == "websocket.close":
                socket.reads.set()
            await socket._deliver(event)

        socket._send = read_the_last
        hub().hand_on(notice(1))
        await asyncio.wait_for(task, 5)
        return socket.sent[-1]

    assert async_to_sync(story)() == {"type": "websocket.close", "code": 1013}


@pytest.mark.parametrize(
    "broken", [b"", b"x", b"[]", b"{}", b'{"regions": 5}', b'{"regions": [5, null]}', b'{"version": 1}', b"\xff"]
)
def test_an_unreadable_notice_is_passed_over(broken: bytes) -> None:
    async def story() -> list[dict[str, Any]]:
        socket = OpenSocket()
        task = await served(socket)
        hub().hand_on(broken)
        hub().hand_on(notice(2))
        await settle()
        task.cancel()
        return socket.hints

    assert async_to_sync(story)() == [{"regions": ["board"], "version": 2}]


def test_a_failing_send_ends_its_own_socket_only() -> None:
    async def story() -> list[dict[str, Any]]:
        gone, fine = OpenSocket(), OpenSocket()

        async def fail(event: dict[str, Any]) -> None:
            if event["type"] == "websocket.send":
                raise OSError("gone")

        gone._send = fail
        tasks = [await served(gone), await served(fine)]
        hub().hand_on(notice(1))
        hub().hand_on(notice(2))
        await settle()
        for task in tasks:
            task.cancel()
        return fine.hints

    assert [one["version"] for one in async_to_sync(story)()] == [1, 2]


def test_the_hub_forgets_regions_nobody_watches() -> None:
    async def story() -> dict[str, Any]:
        socket = OpenSocket()
        task = await served(socket)
        socket.watch([f"conversation.{n}" for n in range(100)])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return dict(hub()._watchers)

    assert async_to_sync(story)() == {}


def test_a_flood_is_counted_by_the_second() -> None:
    flood = Flood(3)

    assert [flood.over(at) for at in (0.0, 0.1, 0.2, 0.9, 1.05, 5.0, 5.0, 5.0, 5.0)] == [
        False, False, False, True, True, False, False, False, True,
    ]  # fmt: skip


@pytest.mark.django_db
def test_when_redis_comes_back_every_socket_is_told_to_look_again(ana: User) -> None:
    region = f"inbox.{ana.pk}"

    async def story() -> list[Any]:
        async with opened("/ws/live/", ana) as page:
            await page.say(subscribe=[region])
            await page.hears()
            await sync_to_async(_cut_subscriptions)()
            told = [await page.hears(), await page.hears()]
            await sync_to_async(live.notify, thread_sensitive=False)([region], version=4)
            return [*told, await page.hears()]

    assert async_to_sync(story)() == [{"paused": True}, {"resync": True}, {"regions": [region], "version": 4}]


def _cut_subscriptions() -> None:
    """As if Redis had been restarted: its subscribers lose their connection."""
    redis.Redis.from_url(settings.REDIS_URL).client_kill_filter(_type="pubsub")


@pytest.mark.django_db
def test_sockets_open_without_redis_and_say_so(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(sockets, "HUB_SECONDS", 0.05)
    monkeypatch.setattr(broker, "publish", lambda *args: None)

    async def story() -> list[Any]:
        async with opened("/ws/live/", ana) as page:
            await page.say(subscribe=[f"inbox.{ana.pk}"])
            return [await page.hears(), await page.hears()]

    assert async_to_sync(story)() == [{"paused": True}, {"subscribed": [f"inbox.{ana.pk}"], "refused": []}]


def test_a_page_hears_at_once_what_changed_while_it_was_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    times = [1000.0]
    monkeypatch.setattr("cxos.core.hub.monotonic", lambda: times[0])
    ours = Hub()
    ours._change_state(connected=True)

    times[0] = 1010.0
    ours.hand_on(notice(7, "board"))
    ours.hand_on(notice(8, "board", "inbox"))
    times[0] = 1012.0

    assert ours.missed(["board", "inbox", "offers.7"], seconds=2.0) == [("board", 8), ("inbox", 8)]
    assert ours.missed(["board"], seconds=1.9) == []
    assert ours.missed(["board"], seconds=12.1) is None  # nobody listened then
    assert ours.missed(["board"], seconds=61.0) is None


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    recent = Recent()

    for number in range(5):
        recent.note(f"conversation.{number}", number, now=1000.0 + number * 30)
    recent.note("conversation.2", 9, now=1121.0)

    assert list(recent._heard) == ["conversation.3", "conversation.4", "conversation.2"]
    assert recent.since(0.0, ["conversation.2", "conversation.0"]) == [("conversation.2", 9)]


def test_who_subscribes_late_is_told_what_was_missed_or_to_ask_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[list[tuple[str, int]] | None] = [[("board", 9)], None]
    monkeypatch.setattr(Hub, "missed", lambda self, regions, seconds: answers.pop(0))

    async def story() -> list[dict[str, Any]]:
        socket = OpenSocket()
        task = await served(socket)
        socket.catch_up(["board"], seconds=1.0)
        await settle()
        socket.catch_up(["board"], seconds=99.0)
        await settle()
        task.cancel()
        return socket.hints

    assert async_to_sync(story)() == [{"regions": ["board"], "version": 9}, {"resync": True}]
