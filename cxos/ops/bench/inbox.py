"""`bin/bench inbox`: the screens at a million conversations, beside the bare SQL of the inbox's list.

Asks the real views through Django in one process: server time without the network. The floor is the list's own rows by
bare psycopg2 in the same run.
"""

import argparse
import json
import statistics
import sys
from typing import Any

from cxos.ops.bench.population import add_options, populated_installation
from cxos.ops.errors import run_or_explain
from cxos.ops.terminal import say

BENCH = True


def main() -> int:
    options = parse(sys.argv[1:])
    with populated_installation(options) as installation:
        measured = json.loads(installation.manage("measure_pages", "--rounds", str(options.rounds)).splitlines()[-1])
    print(json.dumps(summary(measured, options.conversations)))
    return 0


def summary(measured: dict[str, Any], conversations: int) -> dict[str, float]:
    pages, queries = measured["pages"], measured["queries"]
    say(f"{'view':<18}p50 ms   p95 ms   queries")
    for name, times in pages.items():
        say(f"{name:<15}{quantile(times, 0.5):>9}{quantile(times, 0.95):>9}{queries[name]:>10}")
    sql = statistics.median(measured["floor"])
    return {
        "conversations": conversations,
        "page_p50_ms": quantile(pages["page"], 0.5),
        **{f"{name}_p95_ms": quantile(times, 0.95) for name, times in pages.items()},
        "queries": max(queries.values()),
        "sql_floor_ms": round(sql, 2),
        "ratio": round(quantile(pages["list"], 0.5) / sql, 1),
    }


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench inbox", description="The screens at a million conversations.")
    add_options(parser)
    parser.add_argument("--rounds", type=int, default=60, help="people who open every view (60)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
