"""Recorded dialogues through the running product: customers post, simulated agents accept and answer, then all is counted.

Both sides only do what the conversation, as the API shows it, calls for next, and every message carries an id of its own:
whatever is killed or restarted meanwhile, the dialogue goes on where it stood.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cxos.demo.api_client import ApiClient, LiveSocket
from cxos.demo.recorded import AGENT, CUSTOMER, Dialogue
from cxos.demo.simulated_agent import SimulatedAgent

MOST_PAUSE_SECONDS = 5.0
SETTLE_SECONDS = 0.05  # one change brings several hints; one look answers them all


@dataclass(frozen=True, slots=True)
class Setup:
    """Where to, with which keys: `agents` = (user id, API key) of each simulated agent."""

    base_url: str
    socket_url: str
    channel: str
    customers_key: str
    agents: tuple[tuple[int, str], ...]
    speed: float
    at_once: int
    run_id: str


@dataclass
class Played:
    """One dialogue on its way."""

    dialogue: Dialogue
    name: str
    posted_at: float = 0.0
    offered_after: float | None = None
    conversation: int | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def id_of(self, number: int) -> str:
        return f"{self.name}-{number}"


class Replay:
    def __init__(self, setup: Setup, dialogues: Iterable[Dialogue]) -> None:
        self.setup = setup
        self.played = {
            f"{setup.run_id}-{dialogue.id}": Played(dialogue, f"{setup.run_id}-{dialogue.id}") for dialogue in dialogues
        }
        self.customers = ApiClient(setup.base_url, setup.customers_key)
        self.agents = [
            SimulatedAgent(
                api=self.customers.with_key(key),
                socket=LiveSocket(setup.socket_url, key),
                user_id=user_id,
                work=self.answer,
                heard=self.note_offer,
            )
            for user_id, key in setup.agents
        ]
        self.offered: dict[int, float] = {}  # conversation → moment its offer was heard

    async def run(self, *, give_up_after: float) -> dict[str, Any]:
        """Play everything, then count. `give_up_after` seconds the rest is counted as it stands."""
        running = [asyncio.create_task(agent.run()) for agent in self.agents]
        gate = asyncio.Semaphore(self.setup.at_once)
        try:
            async with asyncio.timeout(give_up_after):
                await asyncio.gather(*(self.open(one, gate) for one in self.played.values()))
        except TimeoutError:
            pass
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        figures = await self.count()
        await self.customers.close()
        return figures

    # --- The customer's side ----------------------------------------------------------------------------------------

    async def open(self, one: Played, gate: asyncio.Semaphore) -> None:
        """Write the first words and wait until the dialogue is over."""
        async with gate:
            await self.post_turn(one, 0)
            await one.done.wait()

    async def post_turn(self, one: Played, number: int) -> None:
        if number == 0:
            one.posted_at = time.monotonic()
        await self.customers.post(
            "interactions",
            {
                "channel": self.setup.channel,
                "external_id": one.id_of(number),
                "conversation_external_id": one.name,
                "identities": [{"kind": "external_id", "value": one.name}],
                "customer": {"name": one.name},
                "text": one.dialogue.turns[number].text,
                "occurred_at": datetime.now(UTC).isoformat(),
            },
        )

    # --- The agent's side -------------------------------------------------------------------------------------------

    def note_offer(self, offer: dict[str, Any], moment: float) -> None:
        self.offered.setdefault(offer["conversation"], moment)

    async def answer(self, agent: SimulatedAgent, conversation: int, offer: dict[str, Any]) -> None:
        """Hold the conversation until its last recorded turn has been said; then resolve it."""
        customer = (await agent.api.get(f"conversations/{conversation}", fields="customer"))["customer"]["name"]
        one = self.played.get(customer)
        if one is None:
            return
        one.conversation = conversation
        if conversation in self.offered and one.offered_after is None:
            one.offered_after = self.offered[conversation] - one.posted_at
        await agent.watch(conversation, one.changed.set)
        try:
            await self._converse(agent, one, conversation)
        finally:
            await agent.unwatch(conversation)

    async def _converse(self, agent: SimulatedAgent, one: Played, conversation: int) -> None:
        turns, said = one.dialogue.turns, 0
        one.changed.set()
        while said < len(turns):
            await one.changed.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            one.changed.clear()
            said = len(await self.messages(agent.api, conversation))
            while said < len(turns) and turns[said].speaker == AGENT:
                await self._pause(one, said)
                await agent.api.post(
                    f"conversations/{conversation}/reply", {"text": turns[said].text, "client_id": one.id_of(said)}
                )
                said += 1
            following = said
            while following < len(turns) and turns[following].speaker == CUSTOMER:
                await self._pause(one, following)
                await self.post_turn(one, following)
                following += 1
        await agent.api.post(f"conversations/{conversation}/resolve")
        one.done.set()

    async def _pause(self, one: Played, number: int) -> None:
        """As long as the recorded speaker took, divided by the speed; speed 0 = no pause."""
        if self.setup.speed <= 0 or number == 0:
            return
        took = one.dialogue.turns[number].at - one.dialogue.turns[number - 1].at
        await asyncio.sleep(min(max(took, 0.0) / self.setup.speed, MOST_PAUSE_SECONDS))

    @staticmethod
    async def messages(api: ApiClient, conversation: int) -> list[dict[str, Any]]:
        """What customer and agent said, oldest first."""
        said: list[dict[str, Any]] = []
        params: dict[str, Any] = {
            "conversation": conversation, "kind": "message", "limit": 200,
            "fields": "id,text,author_kind,external_id,client_id",
        }  # fmt: skip
        while True:
            page = await api.get("messages", **params)
            said += page["results"]
            if not page["next_cursor"]:
                return sorted(said, key=lambda message: message["id"])
            params["cursor"] = page["next_cursor"]

    # --- The counting -----------------------------------------------------------------------------------------------

    async def count(self) -> dict[str, Any]:
        """Compare what the API shows with what was recorded, dialogue by dialogue."""
        totals: Counter[str] = Counter()
        for one in self.played.values():
            totals.update(await self._compare(one))
        waits = sorted(one.offered_after for one in self.played.values() if one.offered_after is not None)
        return {
            "dialogues": len(self.played),
            "completed": sum(one.done.is_set() for one in self.played.values()),
            "messages": totals["messages"],
            "lost": totals["lost"],
            "duplicated": totals["duplicated"],
            "out_of_order": totals["out_of_order"],
            "offers": sum(agent.offers_seen for agent in self.agents),
            "offers_unheard": sum(one.offered_after is None for one in self.played.values()),  # found by looking anyway
            "post_to_offer_p50_ms": percentile(waits, 0.50),
            "post_to_offer_p99_ms": percentile(waits, 0.99),
        }

    @staticmethod
    def went_wrong(figures: dict[str, Any]) -> bool:
        """Whether a dialogue was not completed, or anything lost, doubled or out of order."""
        broken = any(figures[name] for name in ("lost", "duplicated", "out_of_order"))
        return broken or figures["completed"] < figures["dialogues"]

    async def _compare(self, one: Played) -> dict[str, int]:
        expected = [one.id_of(number) for number in range(len(one.dialogue.turns))]
        if one.conversation is None:
            return {"messages": 0, "lost": len(expected)}
        said = await self.messages(self.customers, one.conversation)
        ids = [message["external_id"] or message["client_id"] for message in said]
        counts = Counter(ids)
        wrong_text = sum(
            message["text"] != one.dialogue.turns[expected.index(id)].text
            for message, id in zip(said, ids, strict=True)
            if id in counts and id in set(expected)
        )
        order = [expected.index(id) for id in dict.fromkeys(ids) if id in set(expected)]
        return {
            "messages": len(said),
            "lost": sum(id not in counts for id in expected) + wrong_text,
            "duplicated": sum(count - 1 for count in counts.values()) + sum(id not in set(expected) for id in counts),
            "out_of_order": sum(later < earlier for earlier, later in pairwise(order)),
        }


def percentile(values: list[float], share: float) -> float | None:
    """Milliseconds, of sorted seconds; None without values."""
    return round(values[min(len(values) - 1, int(len(values) * share))] * 1000, 1) if values else None
