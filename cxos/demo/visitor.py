"""A customer played by a program: opens the widget's socket, writes, waits for the answer, writes on."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from typing import Any

import websockets

from cxos.demo.scripts import Script

READS_SECONDS = (3, 16)


class Visitor:
    """One chat from the first words to the last. Follows the widget's own protocol."""

    def __init__(self, socket_url: str, channel: str, *, origin: str, identity: str, script: Script) -> None:
        self.url = f"{socket_url.rstrip('/')}/ws/chat/{channel}/"
        self.origin, self.identity, self.script = origin, identity, script
        self.heard: set[int] = set()

    async def chat(self, *, patience: float) -> bool:
        """True when the whole script was said; False when nobody answered in time and the visitor left."""
        async with websockets.connect(self.url, origin=self.origin) as socket:  # type: ignore[arg-type]
            await socket.send(json.dumps({"hello": {"token": None, "identity": self.identity, "after": 0}}))
            for number, text in enumerate(self.script.turns[0::2]):
                if number:
                    await asyncio.sleep(random.uniform(*READS_SECONDS))
                await self._type(socket, text)
                await socket.send(json.dumps({"say": {"client_id": uuid.uuid4().hex, "text": text}}))
                if not await self._hear(socket, number + 1, patience=patience):
                    return False
            await asyncio.sleep(random.uniform(1, 4))
            return True

    async def _type(self, socket: Any, text: str) -> None:
        await socket.send(json.dumps({"typing": True}))
        await asyncio.sleep(min(1 + len(text) / 25, 6) * random.uniform(0.6, 1.3))

    async def _hear(self, socket: Any, wanted: int, *, patience: float) -> bool:
        """Until our people have answered `wanted` times; what a bot says does not count."""
        try:
            async with asyncio.timeout(patience):
                while len(self.heard) < wanted:
                    message = json.loads(await socket.recv())
                    for one in (message.get("news") or message.get("welcome") or {}).get("messages", ()):
                        if one.get("from") == "agent" and one["id"] not in self.heard:
                            self.heard.add(one["id"])
                            await socket.send(json.dumps({"read": one["id"]}))
        except TimeoutError:
            return False
        return True
