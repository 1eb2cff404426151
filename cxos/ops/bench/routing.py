"""`bin/bench routing`: from an event to the offer it leads to, with thousands waiting and hundreds at work.

A throw-away installation on disk; the same floor at a tenth of the size first, so that the growth of the cost is seen.
"""

import argparse
import json
import sys
from typing import Any

from cxos.ops.bench.installation import throwaway_installation
from cxos.ops.errors import run_or_explain
from cxos.ops.terminal import say

BENCH = True


def main() -> int:
    options = parse(sys.argv[1:])
    small = measure(options.items // 10, options.agents // 10, events=options.events // 2, seconds=3)
    full = measure(options.items, options.agents, events=options.events, seconds=options.seconds)
    growth = quantile(full["event_to_offer_ms"], 0.5) / quantile(small["event_to_offer_ms"], 0.5)
    say(f"ten times the floor costs {growth:.1f} times as much an event")
    figures = {
        "items": full["items"],
        "agents": full["agents"],
        "event_to_offer_p50_ms": quantile(full["event_to_offer_ms"], 0.5),
        "event_to_offer_p99_ms": quantile(full["event_to_offer_ms"], 0.99),
        "offers_per_s": full["offers_per_s"],
        "works_per_s": full["works_per_s"],
        "double_offers": small["double_offers"] + full["double_offers"],
        "core_items_per_s": full["core_items_per_s"],
        "cost_growth_10x": round(growth, 2),
    }
    print(json.dumps(figures))
    return 0 if not figures["double_offers"] else 1


def measure(items: int, agents: int, *, events: int, seconds: float) -> dict[str, Any]:
    """The figures of one floor, told as they come."""
    with throwaway_installation() as installation:
        arguments = ["--items", str(items), "--agents", str(agents), "--events", str(events), "--seconds", str(seconds)]
        figures: dict[str, Any] = json.loads(installation.manage("measure_routing", *arguments).splitlines()[-1])
    p50, p99 = (quantile(figures["event_to_offer_ms"], share) for share in (0.5, 0.99))
    say(f"{items:,} waiting, {agents} agents: event to offer p50 {p50} ms, p99 {p99} ms")
    say(
        f"    {figures['offers_per_s']} offers/s through the database, {figures['works_per_s']} whole works/s (finished, offered,"
        f" accepted), core alone {figures['core_items_per_s']:,} items/s"
    )
    return figures


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench routing", description="From an event to the offer.")
    parser.add_argument("--items", type=int, default=5_000, help="waiting work items (5,000)")
    parser.add_argument("--agents", type=int, default=500, help="agents at work (500)")
    parser.add_argument("--events", type=int, default=200, help="events timed one by one (200)")
    parser.add_argument("--seconds", type=float, default=15, help="of sustained load (15)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
