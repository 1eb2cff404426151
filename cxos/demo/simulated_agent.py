"""An agent played by a program: available, watching its offers by socket, accepting what comes, working on it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from cxos.demo.api_client import ApiClient, LiveSocket, Refusal

LOOK_ANYWAY_SECONDS = 5.0  # a hint may be lost; a person would look at the screen as well


@dataclass
class SimulatedAgent:
    """`work(agent, conversation id, offer)` is called once for each accepted offer; `heard(offer, moment)` for each new one."""

    api: ApiClient
    socket: LiveSocket
    user_id: int
    work: Callable[[SimulatedAgent, int, dict[str, Any]], Awaitable[None]]
    heard: Callable[[dict[str, Any], float], None] = lambda offer, moment: None
    think: Callable[[], float] = lambda: 0.0
    known: set[int] = field(default_factory=set)
    watchers: dict[str, Callable[[], None]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    offers_seen: int = 0

    async def run(self) -> None:
        """Until cancelled."""
        self.socket.regions.add(f"offers.{self.user_id}")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._look_anyway())

    async def available(self) -> None:
        await self.api.post("me/presence", {"presence": "available"})

    async def leave(self) -> None:
        await self.api.post("me/presence", {"presence": "offline"})

    async def watch(self, conversation_id: int, changed: Callable[[], None]) -> None:
        region = f"conversation.{conversation_id}"
        self.watchers[region] = changed
        await self.socket.watch(region)

    async def unwatch(self, conversation_id: int) -> None:
        region = f"conversation.{conversation_id}"
        self.watchers.pop(region, None)
        await self.socket.unwatch(region)

    async def _listen(self) -> None:
        async for region, moment in self.socket.hints():
            if region == "*":
                await self.available()
                for changed in list(self.watchers.values()):
                    changed()
                self._spawn(self._take_offers(moment))
            elif region == f"offers.{self.user_id}":
                self._spawn(self._take_offers(moment))
            elif region in self.watchers:
                self.watchers[region]()

    async def _look_anyway(self) -> None:
        for round in itertools.count(1):
            await asyncio.sleep(LOOK_ANYWAY_SECONDS)
            for changed in list(self.watchers.values()):
                changed()
            await self._take_offers(None)
            if round % 3 == 0:  # back from a missed offer
                await self.available()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _take_offers(self, moment: float | None) -> None:
        for offer in (await self.api.get("offers", state="pending", agent="me"))["results"]:
            if offer["id"] in self.known:
                continue
            self.known.add(offer["id"])
            self.offers_seen += 1
            if moment is not None:
                self.heard(offer, moment)
            self._spawn(self._accept(offer))

    async def _accept(self, offer: dict[str, Any]) -> None:
        await asyncio.sleep(self.think())
        try:
            await self.api.post(f"offers/{offer['id']}/accept")
        except Refusal as refusal:
            if refusal.status != 409:  # somebody else has it, or it expired: that is what offers are for
                raise
            return
        await self.work(self, int(offer["conversation"]), offer)
