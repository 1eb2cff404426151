"""`bin/bench search`: finding as one types, at five million messages, beside the bare index read of one word.

Types each query letter by letter into the palette as people of several teams do, through Django in one process: server
time without the network. The floor is the newest twenty messages of a rare word by the index alone.
"""

import argparse
import json
import statistics
import sys
from typing import Any

from cxos.ops.bench.inbox import quantile
from cxos.ops.bench.population import MESSAGES_EACH, add_options, populated_installation
from cxos.ops.errors import run_or_explain
from cxos.ops.terminal import say

BENCH = True


def main() -> int:
    options = parse(sys.argv[1:])
    with populated_installation(options) as installation:
        measured = json.loads(installation.manage("measure_search", "--rounds", str(options.rounds)).splitlines()[-1])
    sizes = {"messages": options.conversations * MESSAGES_EACH, "customers": options.customers}
    print(json.dumps(sizes | summary(measured)))
    return 0


def summary(measured: dict[str, Any]) -> dict[str, float]:
    say(f"{'typed':<16}p50 ms   p95 ms   worst   queries   slowest")
    for name, keys in measured["typed"].items():
        times = [one for one, _ in keys]
        worst, what = max(keys)
        figures = f"{quantile(times, 0.5):>9}{quantile(times, 0.95):>9}{worst:>8.0f}{measured['queries'][name]:>10}"
        say(f"{name:<13}{figures}   {what}")
    everything = [one for keys in measured["typed"].values() for one, _ in keys]
    sql = statistics.median(measured["floor"])
    return {
        "search_p50_ms": quantile(everything, 0.5),
        "search_p95_ms": quantile(everything, 0.95),
        "search_p99_ms": quantile(everything, 0.99),
        "queries": max(measured["queries"].values()),
        "sql_floor_ms": round(sql, 2),
        "ratio": round(quantile(everything, 0.5) / sql, 1),
    }


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench search", description="Search at five million messages.")
    add_options(parser)
    parser.add_argument("--rounds", type=int, default=10, help="people who type each query (10)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
