"""`bin/bench soak`: ten minutes at a steady load through the whole line: flat memory, flat latency, nothing owed at the end."""

import argparse
import json
import statistics
import sys
import time
from contextlib import closing

import psutil

from cxos.ops.bench.product import Product, running_product
from cxos.ops.chaos.__main__ import SETUP
from cxos.ops.chaos.ledger import Ledger
from cxos.ops.chaos.verdict import judge, owed
from cxos.ops.daemon import living_members
from cxos.ops.errors import run_or_explain
from cxos.ops.terminal import say

BENCH = True
LAG = """
SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM handled_at - received_at)), 0)
FROM channels_app_interaction WHERE handled_at > now() - interval '30 seconds'
"""


def main() -> int:
    options = parse(sys.argv[1:])
    memory: list[float] = []
    lags: list[float] = []
    with running_product() as product:
        with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute(SETUP)
        with Ledger(product.url, "soak", options.per_second) as ledger:
            stop = time.monotonic() + options.minutes * 60
            while time.monotonic() < stop:
                time.sleep(min(30.0, max(1.0, stop - time.monotonic())))
                memory.append(resident_mb(product))
                lags.append(lag_ms(product))
                say(
                    f"{len(ledger.acknowledged):>8} posted   {memory[-1]:>7.0f} MB   {lags[-1]:>7.0f} ms   {owed(product.servers.postgres)} owed"
                )
        verdict = judge(product.servers.postgres, ledger.acknowledged, patience=60)
    half = max(1, len(memory) // 2)
    print(
        json.dumps(
            {
                "posted": len(ledger.acknowledged),
                "per_second": options.per_second,
                "memory_growth": round(statistics.mean(memory[half:]) / statistics.mean(memory[:half]), 3),
                "lag_first_half_ms": round(statistics.median(lags[:half])),
                "lag_second_half_ms": round(statistics.median(lags[half:])),
                "lost": verdict.lost,
                "doubled": verdict.doubled,
                "owed_at_the_end": verdict.left_over,
            }
        )
    )
    return 0 if verdict.holds else 1


def resident_mb(product: Product) -> float:
    """Of all our processes, servers left out."""
    pids = {pid for program in product.programs for pid in living_members(program.pid or 0)}
    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def lag_ms(product: Product) -> float:
    """Median time from the POST to the end of the journey, lately."""
    with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute(LAG)
        [seconds] = cursor.fetchone() or [0]
        return float(seconds) * 1000


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench soak", description="A steady load for a while.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--per-second", type=float, default=15, help="interactions a second (15)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
