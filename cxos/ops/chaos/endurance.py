"""Through one fault, blow by blow: how the product answers while it lasts, how soon it is well again, and stays so."""

from collections import Counter
from collections.abc import Collection
from contextlib import closing

from cxos.ops.bench.installation import answers
from cxos.ops.bench.product import Product
from cxos.ops.chaos.faults import Fault, NothingToBreak
from cxos.ops.chaos.ledger import Ledger, TooLate
from cxos.ops.daemon import wait_until

START_SECONDS = 30.0
STRAGGLERS = 2 * Ledger.THREADS  # of the first posts taken some were sent before the product was well
CALM_POSTS = 20


def endure(product: Product, fault: Fault, ledger: Ledger, *, seconds: float) -> list[str]:
    """What was wrong, a sentence each; nothing when the product stood it. `seconds`: for faults that last."""
    problems: list[str] = []
    try:
        ledger.wait_for(CALM_POSTS, seconds=START_SECONDS)
        problems += wrong(ledger.told(), (), "before the fault")
        with closing(fault.blows(product, seconds)) as blows:  # type: ignore[type-var]
            before = ledger.told()
            for blow in blows:
                be_well(product.url, ledger, seconds=fault.well_seconds, after=blow)
                well = ledger.told()
                problems += wrong(well - before, fault.allowed, f"after {blow}")
                ledger.wait_for(CALM_POSTS, seconds=fault.well_seconds)
                before = ledger.told()
                problems += wrong(before - well, (), f"when all was well again after {blow}")
    except (NothingToBreak, TooLate) as problem:
        problems.append(str(problem))
    return problems


def be_well(url: str, ledger: Ledger, *, seconds: float, after: str) -> None:
    """Ready, and taking posts. Raises TooLate."""
    if not wait_until(lambda: answers(f"{url}/readyz"), seconds=seconds, every=0.2):
        raise TooLate(f"{seconds:g} s after {after} the product was not ready yet.")
    ledger.wait_for(STRAGGLERS, seconds=seconds)


def wrong(told: Counter[str], allowed: Collection[str], when: str) -> list[str]:
    """A sentence for each answer that is neither 2xx nor allowed."""
    return [
        f"{count} × {status} {when}."
        for status, count in sorted(told.items())
        if not status.startswith("2") and status not in allowed
    ]
