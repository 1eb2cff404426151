"""Two configurations on the same customers: what the change does, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.simulation.report import HEADLINES, Interval, Replications, interval, replicate
from routing.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure: before, after, and after − before day by day (paired, so far tighter than the two intervals)."""

    before: Interval
    after: Interval
    change: Interval

    @property
    def is_clear(self) -> bool:
        """Zero lies outside the change's interval."""
        return not self.change.contains(0.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Replications
    after: Replications
    figures: Mapping[str, Difference]


def compare(
    before: Scenario, after: Scenario, *, seeds: Sequence[int], targets: Mapping[int, float] | None = None
) -> Comparison:
    """Both meet the same arrivals, handle times and patience of each seed (common random numbers)."""
    first, second = (replicate(scenario, seeds=seeds, targets=targets) for scenario in (before, after))
    differences = {}
    for name, read in HEADLINES.items():
        pairs = zip(first.days, second.days, strict=True)
        change = interval([read(new) - read(old) for old, new in pairs])
        differences[name] = Difference(first.of(read), second.of(read), change)
    return Comparison(first, second, differences)
