"""Estimating durations that were often cut short."""

from __future__ import annotations

from random import Random

import pytest

from routing.simulation.survival import Observation, fit, fit_below, survival_steps


def test_the_textbook_curve() -> None:
    """Freireich's 6-MP patients: remission weeks, + = censored. Kaplan & Meier's estimate as printed in textbooks."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    observations = [Observation(week, True) for week in ended] + [Observation(week, False) for week in censored]

    steps = {time: round(share, 3) for time, share in survival_steps(observations)}

    assert steps == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.69, 16: 0.627, 22: 0.538, 23: 0.448}


def test_patience_is_found_though_most_callers_are_answered_first() -> None:
    random = Random(1)
    observations = []
    for _ in range(20_000):
        patience, wait = random.expovariate(1 / 300), random.expovariate(1 / 60)
        observations.append(Observation(min(patience, wait), ended=patience < wait))

    curve = fit(observations)

    assert curve.mean == pytest.approx(300, rel=0.1)
    drawn = sorted(curve.draw(random) for _ in range(20_000))
    assert drawn[10_000] == pytest.approx(300 * 0.693, rel=0.1)
    naive = [each.seconds for each in observations if each.ended]
    assert sum(naive) / len(naive) < 60


def test_with_nobody_seen_to_end_it_never_ends() -> None:
    assert fit([Observation(10, False)] * 5).draw(Random(1)) == float("inf")


def test_what_lasts_longer_than_the_limit_counts_as_still_there_until_then() -> None:
    """Of four, one ends after 10 s, one is lost sight of after 15, one ends after 20, one after 500: 3/8 last longer."""
    seen = [Observation(10, ended=True), Observation(15, ended=False), Observation(20, ended=True)]

    curve = fit_below([*seen, Observation(500, ended=True)], 60)

    assert curve is not None
    assert curve.mean == pytest.approx(10 * 0.4 + 20 * 0.6)
    assert max(curve.draw(Random(seed)) for seed in range(50)) == 20
    assert fit_below(seen[1:2], 60) is None
