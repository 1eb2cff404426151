"""The demo's pulse: visitors come at random, agents answer them, some visitors leave, some offers are missed.

Everything goes through the doors customers, agents and programs use; nothing here touches the database.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
import websockets

from cxos.demo.api_client import ApiClient, LiveSocket, Refusal
from cxos.demo.scripts import FIRST, LAST, SCRIPTS, Script
from cxos.demo.simulated_agent import SimulatedAgent
from cxos.demo.visitor import Visitor

log = structlog.get_logger(__name__)
chance = random.Random()
READS_SECONDS, TYPES_PER_SECOND = (3, 9), (9, 16)  # so that a chat takes about as long as in the weeks before
SCRIPT_OF_FIRST_WORDS: dict[str, Script] = {script.turns[0]: script for script in SCRIPTS}


@dataclass(frozen=True, slots=True)
class Floor:
    """`agents`: (user id, API key) of the simulated ones; `sign`: makes a visitor's identity token."""

    base_url: str
    socket_url: str
    origin: str
    channel: str
    agents: tuple[tuple[int, str], ...]
    sign: Callable[[str, str], str]
    visitors_per_minute: float


async def keep_alive(floor: Floor) -> None:
    """Until cancelled."""
    pool = ApiClient(floor.base_url, "")
    agents = [
        SimulatedAgent(
            api=pool.with_key(key),
            socket=LiveSocket(floor.socket_url, key),
            user_id=user_id,
            work=answer,
            think=lambda: chance.uniform(1.5, 9),
        )
        for user_id, key in floor.agents
    ]
    async with asyncio.TaskGroup() as group:
        for agent in agents:
            group.create_task(agent.run())
        group.create_task(visitors(floor, group))


async def visitors(floor: Floor, group: asyncio.TaskGroup) -> None:
    """They come one by one, busier and calmer over minutes as on a real day."""
    while True:
        wave = 1 + 0.5 * math.sin(time.time() / 240)
        await asyncio.sleep(chance.expovariate(floor.visitors_per_minute * wave / 60))
        group.create_task(one_visitor(floor))


async def one_visitor(floor: Floor) -> None:
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    email = f"{name.lower().replace(' ', '.')}@example.net"
    script = chance.choice(SCRIPTS)
    visitor = Visitor(
        floor.socket_url, floor.channel, origin=floor.origin, identity=floor.sign(name, email), script=script
    )
    try:
        await visitor.chat(patience=chance.uniform(120, 420))
    except (OSError, websockets.WebSocketException) as problem:
        log.info("a demo visitor lost the connection", problem=str(problem)[:120])


async def answer(agent: SimulatedAgent, conversation: int, offer: dict[str, Any]) -> None:
    """Read, think, type, answer as the script has it; resolve when the customer has nothing more to say."""
    changed = asyncio.Event()
    await agent.watch(conversation, changed.set)
    try:
        await converse(agent, conversation, changed)
    except Refusal as refusal:  # a person took the conversation over: theirs now
        log.info("a demo agent let go", conversation=conversation, problem=str(refusal)[:120])
    finally:
        await agent.unwatch(conversation)


async def converse(agent: SimulatedAgent, conversation: int, changed: asyncio.Event) -> None:
    said: list[dict[str, Any]] = []
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 180:
        now_said = await messages(agent.api, conversation)
        if len(now_said) > len(said):
            said, quiet_since = now_said, time.monotonic()
        text = next_words(said)
        if text is None:
            break
        if text:
            await asyncio.sleep(chance.uniform(*READS_SECONDS) + len(text) / chance.uniform(*TYPES_PER_SECOND))
            await agent.api.post(f"conversations/{conversation}/reply", {"text": text})
            continue
        try:
            await asyncio.wait_for(changed.wait(), timeout=20)
        except TimeoutError:
            continue
        finally:
            changed.clear()
    await asyncio.sleep(chance.uniform(1, 4))
    await agent.api.post(f"conversations/{conversation}/resolve")


def next_words(said: list[dict[str, Any]]) -> str | None:
    """What the agent says next; "" = the customer is to speak; None = all is said."""
    customer = [message["text"] for message in said if message["author_kind"] == "customer"]
    answered = sum(message["author_kind"] == "agent" for message in said)
    script = next((SCRIPT_OF_FIRST_WORDS[text] for text in reversed(customer) if text in SCRIPT_OF_FIRST_WORDS), None)
    if script is None:  # a person is trying the widget out
        return "Thank you for trying this out! I am a simulated colleague." if answered == 0 else None
    position = [text for text in customer if text in script.turns]
    done = sum(message["text"] in script.turns for message in said if message["author_kind"] == "agent")
    answers = script.turns[1::2]
    if done >= len(answers):
        return None
    return answers[done] if len(position) > done else ""


async def messages(api: ApiClient, conversation: int) -> list[dict[str, Any]]:
    page = await api.get("messages", conversation=conversation, kind="message", limit=50, fields="id,text,author_kind")
    return sorted(page["results"], key=lambda message: message["id"])
