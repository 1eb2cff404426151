"""A program's view of CXOS: the public API and the staff socket, with the patience a program should have.

Requests carry ids of their own, so that sending one again after a lost answer does nothing twice.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import websockets

PATIENCE_SECONDS = 180.0  # how long an unreachable server is waited for


class Refusal(Exception):
    """The API said no; `status` and `problem` are what it said."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status, self.problem = status, problem


class ApiClient:
    """One API key's requests over a shared pool of connections."""

    def __init__(self, base_url: str, key: str, *, pool: httpx.AsyncClient | None = None) -> None:
        self.base_url, self.key = base_url.rstrip("/"), key
        self.pool = pool or httpx.AsyncClient(
            timeout=15.0, limits=httpx.Limits(max_connections=24, max_keepalive_connections=24)
        )

    def with_key(self, key: str) -> ApiClient:
        return ApiClient(self.base_url, key, pool=self.pool)

    async def get(self, path: str, **params: Any) -> Any:
        return await self.send("GET", path, params=params)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return await self.send("POST", path, body=body or {})

    async def send(self, method: str, path: str, *, body: Any = None, params: dict[str, Any] | None = None) -> Any:
        """The decoded answer. A server that is away, busy or asks to wait is asked again; a refusal raises."""
        stop = time.monotonic() + PATIENCE_SECONDS
        pause = 0.1
        while True:
            try:
                answer = await self.pool.request(
                    method,
                    f"{self.base_url}/api/v1/{path}",
                    json=body,
                    params=params,
                    headers={"Authorization": f"Bearer {self.key}"},
                )
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                if answer.status_code not in {429, 502, 503, 504}:
                    raise Refusal(answer.status_code, answer.json())
                pause = max(pause, float(answer.headers.get("Retry-After", 0)))
            except httpx.TransportError:
                if time.monotonic() > stop:
                    raise
            await asyncio.sleep(pause * (0.5 + random.random() / 2))
            pause = min(pause * 2, 3.0)

    async def close(self) -> None:
        await self.pool.aclose()


class LiveSocket:
    """The staff socket of one API key: subscribes, keeps the lease alive, comes back by itself."""

    def __init__(self, socket_url: str, key: str, *, origin: str = "") -> None:
        self.url, self.key, self.origin = f"{socket_url.rstrip('/')}/ws/live/", key, origin
        self.regions: set[str] = set()
        self._socket: Any = None

    async def watch(self, region: str) -> None:
        self.regions.add(region)
        await self._say({"subscribe": [region]})

    async def unwatch(self, region: str) -> None:
        self.regions.discard(region)
        await self._say({"unsubscribe": [region]})

    async def _say(self, message: dict[str, Any]) -> None:
        if self._socket is not None:
            try:
                await self._socket.send(json.dumps(message))
            except websockets.ConnectionClosed:
                return  # the next connection subscribes to everything anyway

    async def hints(self) -> AsyncIterator[tuple[str, float]]:
        """(region, moment heard by the monotonic clock), for ever; ("*", …) when everything should be looked at again."""
        pause = 0.1
        while True:
            try:
                async with websockets.connect(
                    self.url, additional_headers={"Authorization": f"Bearer {self.key}"}, max_size=65_536
                ) as socket:
                    self._socket, pause = socket, 0.1
                    await socket.send(json.dumps({"subscribe": sorted(self.regions), "heartbeat": True}))
                    beat = asyncio.create_task(self._beat(socket))
                    try:
                        yield "*", time.monotonic()
                        async for text in socket:
                            for region in self._heard(json.loads(text)):
                                yield region, time.monotonic()
                    finally:
                        beat.cancel()
            except (OSError, websockets.WebSocketException):
                pass
            self._socket = None
            await asyncio.sleep(pause * (0.5 + random.random() / 2))
            pause = min(pause * 2, 5.0)

    @staticmethod
    def _heard(message: dict[str, Any]) -> list[str]:
        if message.get("resync"):
            return ["*"]
        return [] if "signal" in message else list(message.get("regions", ()))

    @staticmethod
    async def _beat(socket: Any) -> None:
        while True:
            await asyncio.sleep(8)
            try:
                await socket.send(json.dumps({"heartbeat": True}))
            except websockets.ConnectionClosed:
                return
