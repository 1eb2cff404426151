"""`bin/bench ingest`: interactions posted to the API, from the POST to the answer after the commit.

Rounds of floor, single posts and bulk posts alternate, so that all of them meet the same machine; medians count. The
latencies are those at half of the load that single posts reach. Ends with one line of JSON.
"""

import argparse
import json
import random
import statistics
from collections.abc import Iterator
from contextlib import closing

from cxos.ops.bench import ingest_floor
from cxos.ops.bench.http_load import Load, closed_load, open_load
from cxos.ops.bench.installation import API_KEY, CHANNEL, Installation, throwaway_installation
from cxos.ops.terminal import say

BENCH = True
SINGLE_CONNECTIONS = 16
BULK_CONNECTIONS = 4
BULK_ITEMS = 500
FLOOR_DATABASE = "floor"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench ingest", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default 5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each time (default 4)")
    chosen = parser.parse_args()
    with throwaway_installation() as installation, installation.web() as port:
        figures = measure(installation, port, rounds=chosen.rounds, seconds=chosen.seconds)
    print(json.dumps(figures))
    return 0


def measure(installation: Installation, port: int, *, rounds: int, seconds: float) -> dict[str, float]:
    with closing(installation.servers.postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {FLOOR_DATABASE}")
    floor_url = installation.servers.postgres.url(FLOOR_DATABASE)
    ingest_floor.prepare(floor_url)
    posts = Posts()
    closed_load(port, posts.singles(), connections=SINGLE_CONNECTIONS, seconds=1.0)  # warm
    floors: list[float] = []
    singles: list[Load] = []
    bulks: list[Load] = []
    say("round   floor tx/s   single/s   ratio    p50 ms   p99 ms   bulk items/s   ratio")
    for number in range(1, rounds + 1):
        floors.append(ingest_floor.measure(floor_url, seconds=seconds))
        singles.append(closed_load(port, posts.singles(), connections=SINGLE_CONNECTIONS, seconds=seconds))
        bulks.append(closed_load(port, posts.bulks(), connections=BULK_CONNECTIONS, seconds=seconds))
        say(row(str(number), floors[-1], singles[-1], bulks[-1].per_second * BULK_ITEMS))
    floor = statistics.median(floors)
    single = statistics.median(load.per_second for load in singles)
    bulk = statistics.median(load.per_second for load in bulks) * BULK_ITEMS
    installation.settle()
    calm = open_load(
        port, posts.singles(), per_second=single / 2, connections=SINGLE_CONNECTIONS, seconds=max(seconds, 10.0)
    )
    say(f"at half load, {single / 2:,.0f}/s: p50 {calm.quantile_ms(0.5)} ms, p99 {calm.quantile_ms(0.99)} ms")
    return {
        "single_per_s": round(single),
        "bulk_per_s": round(bulk),
        "floor_per_s": round(floor),
        "single_ratio": round(statistics.median(s.per_second / f for s, f in zip(singles, floors, strict=True)), 3),
        "bulk_ratio": round(
            statistics.median(b.per_second * BULK_ITEMS / f for b, f in zip(bulks, floors, strict=True)), 3
        ),
        "p50_ms": calm.quantile_ms(0.5),
        "p99_ms": calm.quantile_ms(0.99),
    }


def row(name: str, floor: float, single: Load, bulk_per_s: float) -> str:
    return (
        f"{name:>5}   {floor:>10,.0f}   {single.per_second:>8,.0f}   {single.per_second / floor:>5.2f}   "
        f"{single.quantile_ms(0.5):>7.1f}   {single.quantile_ms(0.99):>6.1f}   {bulk_per_s:>12,.0f}   "
        f"{bulk_per_s / floor:>5.2f}"
    )


class Posts:
    """Requests with an id of their own each, as another system would send them."""

    def __init__(self) -> None:
        self.count = 0

    def singles(self) -> Iterator[bytes]:
        while True:
            yield request("/api/v1/interactions", self.item())

    def bulks(self) -> Iterator[bytes]:
        while True:
            items = ",".join(self.item() for _ in range(BULK_ITEMS))
            yield request("/api/v1/interactions/bulk", f'{{"interactions":[{items}]}}')

    def item(self) -> str:
        self.count += 1
        customer = random.randint(1, ingest_floor.CUSTOMERS)
        return (
            f'{{"channel":"{CHANNEL}","external_id":"bench-{self.count}","identities":[{{"kind":"email",'
            f'"value":"customer{customer}@example.com"}}],"customer":{{"name":"Customer {customer}"}},'
            f'"text":"{ingest_floor.TEXT}","occurred_at":"2026-01-05T10:00:00Z",'
            f'"metadata":{{"subject":"The connection drops"}}}}'
        )


def request(path: str, body: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {API_KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


if __name__ == "__main__":
    raise SystemExit(main())
