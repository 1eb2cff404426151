"""Kaplan–Meier: how long things would have lasted, when many were cut short before their end could be seen.

A caller who was answered after 40 seconds would have waited at least 40; leaving them out, or counting 40 as their
patience, makes customers look far less patient than they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from routing.simulation.chance import Curve

TAIL_EVENTS = 30  # the tail's rate is read from at least this many of the last observed ends


@dataclass(frozen=True, slots=True)
class Observation:
    """`ended` False: it was still going on after `seconds` when we lost sight of it (censored)."""

    seconds: float
    ended: bool


def survival_steps(observations: Sequence[Observation]) -> list[tuple[float, float]]:
    """(time, share lasting longer) at each observed end, product-limit estimate; ties end before they are censored."""
    ends = Counter(each.seconds for each in observations if each.ended)
    leaves = Counter(each.seconds for each in observations)
    at_risk, share, steps = len(observations), 1.0, []
    for time in sorted(leaves):
        if ends[time]:
            share *= 1.0 - ends[time] / at_risk
            steps.append((time, share))
        at_risk -= leaves[time]
    return steps


def fit(observations: Sequence[Observation]) -> Curve:
    """The estimated distribution; where nobody was watched that long, it goes on exponentially at the latest rate."""
    steps = survival_steps(observations)
    return Curve(steps, tail_mean=_tail_mean(observations))


def fit_below(observations: Sequence[Observation], limit: float) -> Curve | None:
    """The distribution of those that end before `limit`; None when none was seen to end by then.

    Longer ones take part up to the limit, as all who are still there then.
    """
    steps = [(time, share) for time, share in survival_steps(observations) if time < limit]
    if not steps:
        return None
    beyond = steps[-1][1]
    return Curve([(time, (share - beyond) / (1.0 - beyond)) for time, share in steps], tail_mean=0.0)


def _tail_mean(observations: Sequence[Observation]) -> float:
    """Time at risk ÷ ends, over the part of the curve that holds the last ends."""
    ends = sorted(each.seconds for each in observations if each.ended)
    if not ends:
        return float("inf")
    start = ends[-TAIL_EVENTS] if len(ends) > TAIL_EVENTS else 0.0
    seen = sum(each.seconds - start for each in observations if each.seconds > start)
    ended = sum(1 for end in ends if end > start)
    return seen / ended if ended else float("inf")
