"""`bin/chaos [--redis-seconds 60] [--per-second 20] [--only WORDS]`: a few minutes; leaves no process behind."""

import argparse
import json
import sys
from contextlib import closing

from cxos.ops.bench.installation import answers
from cxos.ops.bench.product import Product, running_product
from cxos.ops.chaos.faults import FAULTS, Fault
from cxos.ops.chaos.ledger import Ledger
from cxos.ops.chaos.verdict import Verdict, judge
from cxos.ops.daemon import wait_until
from cxos.ops.errors import run_or_explain

# A queue, and a rule that answers: an effect that would be seen if it happened twice.
SETUP = """
INSERT INTO routing_queue (key, name, strategy, skill_mode, aging, rings, offer_seconds, cooldown_seconds, wrap_up_seconds,
    service_level_seconds, short_abandon_seconds, enabled, sticky_seconds, settings, version, changed_at)
VALUES ('care', 'Care', 'longest_idle', 'best', 1, '[]', 30, 60, 0, 60, 5, true, 0, '{}', 1, now());
INSERT INTO automation_rule (name, event, conditions, actions, position, stops, enabled, version, changed_at)
VALUES ('Greet', 'MessageReceived', '{}', '[{"kind": "reply", "text": "We are looking into it."}]', 1, false, true, 1, now());
"""


def main() -> int:
    options = parse(sys.argv[1:])
    chosen = {name: run for name, run in FAULTS.items() if options.only.lower() in name.lower()}
    verdicts: dict[str, Verdict] = {}
    with running_product() as product:
        with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute(SETUP)
        for number, (name, run) in enumerate(chosen.items()):
            verdicts[name] = endure(product, run, name=f"f{number}", options=options)
            say(name, verdicts[name])
    figures = {
        "faults": len(verdicts),
        "passed": sum(verdict.holds for verdict in verdicts.values()),
        "lost": sum(verdict.lost for verdict in verdicts.values()),
        "doubled": sum(verdict.doubled for verdict in verdicts.values()),
    }
    print(json.dumps(figures))
    return 0 if figures["passed"] == figures["faults"] else 1


def endure(product: Product, run: Fault, *, name: str, options: argparse.Namespace) -> Verdict:
    """One fault under load, then calm, then the count."""
    with Ledger(product.url, name, options.per_second) as ledger:
        ledger.wait_for(20, seconds=30)
        run(product, ledger, options.redis_seconds)
        wait_until(lambda: answers(f"{product.url}/readyz"), seconds=60, every=0.2)
        ledger.wait_for(20, seconds=60)
    print(f"  {len(ledger.acknowledged)} acknowledged, answers {dict(sorted(ledger.answers.items()))}")
    return judge(product.servers.postgres, ledger.acknowledged, patience=options.patience)


def say(name: str, verdict: Verdict) -> None:
    mark = "holds" if verdict.holds else "FAILS"
    print(
        f"{mark}  {name}: {verdict.lost} lost, {verdict.doubled} doubled, {verdict.left_over} still owed, "
        f"calm after {verdict.seconds:.1f} s",
        flush=True,
    )


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/chaos", description="Break the product under load and count.")
    parser.add_argument("--redis-seconds", type=float, default=60, help="how long Redis stays away (60)")
    parser.add_argument("--per-second", type=float, default=20, help="interactions posted meanwhile (20)")
    parser.add_argument("--patience", type=float, default=120, help="seconds until everything must be handled (120)")
    parser.add_argument("--only", default="", help="faults whose name holds these words")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
