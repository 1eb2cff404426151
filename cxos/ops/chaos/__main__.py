"""`bin/chaos [--redis-seconds 60] [--per-second 20] [--only WORDS]`: a few minutes; leaves no process behind."""

import argparse
import json
import sys
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cxos.ops.bench.product import Product, running_product
from cxos.ops.chaos.endurance import endure
from cxos.ops.chaos.faults import FAULTS, Fault
from cxos.ops.chaos.ledger import Ledger
from cxos.ops.chaos.page import Page, open_page
from cxos.ops.chaos.receiver import Receiver, receiving, send_replies_to
from cxos.ops.chaos.verdict import Verdict, judge
from cxos.ops.errors import CannotRun, run_or_explain

# A queue, and a rule that answers: an effect that would be seen if it happened twice.
SETUP = """
INSERT INTO routing_queue (key, name, strategy, skill_mode, aging, rings, offer_seconds, cooldown_seconds, wrap_up_seconds,
    service_level_seconds, short_abandon_seconds, enabled, sticky_seconds, version, changed_at)
VALUES ('care', 'Care', 'longest_idle', 'best', 1, '[]', 30, 60, 0, 60, 5, true, 0, 1, now());
INSERT INTO automation_rule (name, event, conditions, actions, position, stops, enabled, version, changed_at)
VALUES ('Greet', 'MessageReceived', '{}', '[{"kind": "reply", "text": "We are looking into it."}]', 1, false, true, 1, now());
"""

CALM_SECONDS = 30.0  # until an open page must show what a new one does


def main() -> int:
    options = parse(sys.argv[1:])
    chosen = {name: fault for name, fault in FAULTS.items() if options.only.lower() in name.lower()}
    verdicts: dict[str, Verdict] = {}
    with receiving() as receiver, running_product({"CXOS_ALLOWED_PRIVATE_HOSTS": "127.0.0.1"}) as product:
        with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute(SETUP)
        send_replies_to(receiver, product)
        with closing(open_page(product)) as page:
            for number, (name, fault) in enumerate(chosen.items()):
                witnesses = Witnesses(page, receiver)
                verdicts[name] = survive(product, fault, witnesses, name=f"f{number}", options=options)
                say(name, verdicts[name])
    figures = {
        "faults": len(verdicts),
        "passed": sum(verdict.holds for verdict in verdicts.values()),
        "lost": sum(verdict.lost for verdict in verdicts.values()),
        "doubled": sum(verdict.doubled for verdict in verdicts.values()),
    }
    print(json.dumps(figures))
    return 0 if figures["passed"] == figures["faults"] else 1


@dataclass(frozen=True)
class Witnesses:
    """Who looks at the product from outside, through all the faults."""

    page: Page
    receiver: Receiver

    def problems(self, acknowledged: Collection[str]) -> list[str]:
        return [*self.receiver.problems(acknowledged), *self.page.problems(seconds=CALM_SECONDS)]


def survive(product: Product, fault: Fault, witnesses: Witnesses, *, name: str, options: argparse.Namespace) -> Verdict:
    """One fault under load, then calm, then the count."""
    with Ledger(product.url, name, options.per_second) as ledger:
        problems = endure(product, fault, ledger, seconds=options.redis_seconds)
    print(f"  {len(ledger.acknowledged)} acknowledged, answers {dict(sorted(ledger.answers.items()))}")
    verdict = judge(product.servers.postgres, ledger.acknowledged, patience=options.patience)
    problems += [*witnesses.problems(ledger.acknowledged), *figures_that_differ(product)]
    return replace(verdict, problems=tuple(problems))


def figures_that_differ(product: Product) -> list[str]:
    """What reports show is what the facts add up to: an event that was counted twice would stand out."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)  # it may have been midnight meanwhile
    try:
        product.installation.manage("recount", str(yesterday), "--days", "2", "--check")
    except CannotRun as problem:
        return [str(problem)]
    return []


def say(name: str, verdict: Verdict) -> None:
    mark = "holds" if verdict.holds else "FAILS"
    print(
        f"{mark}  {name}: {verdict.lost} lost, {verdict.doubled} doubled, {verdict.left_over} still owed, "
        f"calm after {verdict.seconds:.1f} s",
        *verdict.problems,
        sep="\n       ",
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
