"""`bin/bench push`: from a customer's POST to the notice on the agent's socket, through the whole line.

Every process of the product runs as `bin/up` runs it. Agents are connected and can take work; each interaction is a new
conversation, so each becomes an offer. A notice carries the id of the event it tells of, by which it is paired with its
POST afterwards; nothing is asked of the server meanwhile.
"""

import argparse
import asyncio
import http.client
import json
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field

import websockets

from cxos.ops.bench.installation import API_KEY, CHANNEL
from cxos.ops.bench.product import Product, running_product
from cxos.ops.errors import CannotRun, run_or_explain

BENCH = True
WARM_UP_SECONDS = 5.0
AGENTS = """
WITH q AS (
    INSERT INTO routing_queue (key, name, strategy, skill_mode, aging, rings, offer_seconds, cooldown_seconds, wrap_up_seconds,
        service_level_seconds, short_abandon_seconds, enabled, sticky_seconds, version, changed_at)
    VALUES ('care', 'Care', 'longest_idle', 'best', 1, '[]', 3600, 60, 0, 60, 5, true, 0, 1, now()) RETURNING id
), u AS (
    INSERT INTO core_user (password, email, name, role, is_active, preferences, created_at)
    SELECT '!', 'agent' || n || '@example.com', 'Agent ' || n, 'agent', true, '{}', now() FROM generate_series(1, %(agents)s) n
    RETURNING id, substring(email FROM '[0-9]+') AS n
), k AS (
    INSERT INTO core_apikey (name, user_id, prefix, digest, scopes, created_at)
    SELECT 'bench', id, lpad(n, 8, '0'), encode(sha256(convert_to('cx_' || lpad(n, 8, '0') || '_bench', 'UTF8')), 'hex'),
           '{read,write}', now() FROM u
), m AS (
    INSERT INTO routing_queuemember (queue_id, user_id, level) SELECT q.id, u.id, 0 FROM q, u
)
INSERT INTO routing_agentstate (user_id, presence, presence_since, pending_presence, reason, budget, caps, idle_since,
    handled_today, lease_until)
SELECT id, 'available', now(), '', '', 30000, '{}', now(), 0, now() + interval '1 day' FROM u RETURNING user_id
"""
PAIRS = """
SELECT e.id, i.external_id FROM core_event e
JOIN channels_app_message m ON m.conversation_id = (e.payload->>'conversation_id')::bigint
JOIN channels_app_interaction i ON i.id = m.interaction_id
WHERE e.name = 'OfferMade'
"""


@dataclass
class Clock:
    """Moments by the monotonic clock: of each POST by its external id, of each notice by its event id."""

    posted: dict[str, float] = field(default_factory=dict)
    heard: dict[int, float] = field(default_factory=dict)


def main() -> int:
    options = parse(sys.argv[1:])
    with running_product() as product:
        with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute(AGENTS, {"agents": options.agents})
            agents = [row[0] for row in cursor.fetchall()]
        clock = asyncio.run(measure(product, agents, options))
        waits = paired(product, clock)
    figures = {
        "clients": options.agents,
        "posts": len(clock.posted),
        "heard": len(waits),
        "post_to_screen_p50_ms": quantile(waits, 0.5),
        "post_to_screen_p99_ms": quantile(waits, 0.99),
    }
    print(json.dumps(figures))
    return 0 if len(waits) == len(clock.posted) else 1


async def measure(product: Product, agents: list[int], options: argparse.Namespace) -> Clock:
    """Connect everybody, then post by the clock; wait a little for the last notices."""
    clock = Clock()
    listening = asyncio.Semaphore(20)
    ready: asyncio.Queue[int] = asyncio.Queue()
    listeners = [
        asyncio.create_task(listen(product.socket_url, number, agent, clock, listening, ready))
        for number, agent in enumerate(agents, start=1)
    ]
    for _ in agents:
        await ready.get()
    poster = threading.Thread(target=post, args=(product.address.port, clock, options), daemon=True)
    poster.start()
    while poster.is_alive():
        await asyncio.sleep(0.1)
    await asyncio.sleep(3)
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return clock


async def listen(
    url: str, number: int, agent: int, clock: Clock, gate: asyncio.Semaphore, ready: asyncio.Queue[int]
) -> None:
    headers = {"Authorization": f"Bearer cx_{number:08}_bench"}
    async with gate:
        socket = await websockets.connect(f"{url}/ws/live/", additional_headers=headers, open_timeout=60)
    async with socket:
        await socket.send(json.dumps({"subscribe": [f"offers.{agent}"]}))
        await socket.recv()
        ready.put_nowait(agent)
        async for text in socket:
            moment, message = time.monotonic(), json.loads(text)
            if "version" in message:
                clock.heard.setdefault(message["version"], moment)


def post(port: int, clock: Clock, options: argparse.Namespace) -> None:
    """Steady posts over one kept connection a thread; those of the warm-up are not counted."""
    threads, begin = 4, time.monotonic()
    stop = begin + WARM_UP_SECONDS + options.seconds

    def work(thread: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
        number = 0
        while (due := begin + (number * threads + thread) / options.per_second) < stop:
            time.sleep(max(0.0, due - time.monotonic()))
            number += 1
            external_id = f"push-{thread}-{number}"
            moment = time.monotonic()
            line.request("POST", "/api/v1/interactions", body_of(external_id), headers)
            answer = line.getresponse()
            answer.read()
            if answer.status >= 300:
                raise CannotRun(f"The server refused a post with {answer.status}.")
            if moment > begin + WARM_UP_SECONDS:
                clock.posted[external_id] = moment

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def body_of(external_id: str) -> bytes:
    body = {
        "channel": CHANNEL,
        "external_id": external_id,
        "identities": [{"kind": "external_id", "value": external_id}],
        "text": "Hello, my order 123456 has not arrived yet and I would like to know where it is.",
    }
    return json.dumps(body).encode()


def paired(product: Product, clock: Clock) -> list[float]:
    with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute(PAIRS)
        return sorted(
            clock.heard[event] - clock.posted[external_id]
            for event, external_id in cursor.fetchall()
            if event in clock.heard and external_id in clock.posted
        )


def quantile(values: list[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(len(values) * share))] * 1000, 1) if values else None


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench push", description="From a POST to the agent's socket.")
    parser.add_argument("--agents", type=int, default=200, help="connected agents (200)")
    parser.add_argument("--per-second", type=float, default=50, help="interactions a second (50)")
    parser.add_argument("--seconds", type=float, default=20, help="how long, after the warm-up (20)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
