"""The rest of today: forecast, its band, and the risk it means."""

from __future__ import annotations

from random import Random

import pytest

from intelligence.intraday import (
    QUARTERS,
    Level,
    Pattern,
    Staffing,
    Volume,
    pattern_of,
    risk_of,
    shared_agents,
)

FLAT = Pattern((10.0,) * QUARTERS, level_variance=0.04, days=8)
TWELVE = Staffing(agents=12, handle_seconds=180, patience_seconds=300, target_seconds=20)


def day(value: int, *, peak: int = 0) -> list[int]:
    values = [value] * QUARTERS
    values[40] += peak
    return values


def test_the_pattern_is_the_mean_of_the_days_and_a_peak_reaches_its_neighbours() -> None:
    pattern = pattern_of([day(8, peak=4), day(12, peak=4)])

    assert pattern is not None
    assert (pattern.volumes[0], pattern.volumes[39], pattern.volumes[40], pattern.volumes[41]) == (10, 11, 12, 11)
    assert pattern.days == 2


def test_without_any_arrival_there_is_no_pattern() -> None:
    assert pattern_of([]) is None
    assert pattern_of([day(0), day(0)]) is None


def test_how_much_days_differ_is_measured_without_their_poisson_noise() -> None:
    pattern = pattern_of([day(8), day(10), day(12)])

    assert pattern is not None
    assert pattern.level_variance == pytest.approx(0.04 - 1 / 960)


def test_days_that_are_all_alike_may_still_differ_a_little_tomorrow() -> None:
    pattern = pattern_of([day(10)] * 4)

    assert pattern is not None
    assert pattern.level_variance == 0.0025


@pytest.mark.parametrize(
    ("seen", "usual", "level"), [(0, 0.0, 1.0), (200, 100.0, 1.8), (0, 25.0, 0.5), (100, 100.0, 1.0)]
)
def test_the_level_moves_as_far_as_today_proves(seen: int, usual: float, level: float) -> None:
    """Variance 0.04 weighs as much as 25 usual arrivals: 100 against 25 gives g = 0.8."""
    assert Level.after(FLAT, seen=seen, usual=usual).mean == pytest.approx(level)


def test_before_the_day_begins_the_band_holds_what_days_differ_by() -> None:
    morning = Level.after(FLAT, seen=0, usual=0.0).volume(1000.0)
    evening = Level.after(FLAT, seen=960, usual=960.0).volume(1000.0)

    assert morning.band == (751, 1267)
    assert evening.band == (943, 1058)


def test_four_times_of_five_the_truth_lies_in_the_band() -> None:
    random, inside = Random(7), 0
    for _ in range(600):
        level = random.gammavariate(25, 1 / 25)
        seen, coming = (poisson(random, 120 * level), poisson(random, 20 * level))
        low, high = Level.after(FLAT, seen=seen, usual=120.0).volume(20.0).band
        inside += low <= coming <= high

    assert 0.78 <= inside / 600 <= 0.88  # whole numbers make the band a little wider than 0.8


def poisson(random: Random, mean: float) -> int:
    count, left = -1, mean
    while left > 0:
        left -= random.expovariate(1.0)
        count += 1
    return count


def test_nothing_usual_means_nothing_comes() -> None:
    volume = Level.after(FLAT, seen=5, usual=5.0).volume(0.0)

    assert (volume.mean, volume.band, volume.chance_up_to(0)) == (0.0, (0, 0), 1.0)


def test_the_risk_follows_from_the_most_that_still_goes_well() -> None:
    """Twelve agents give 77 % at 100 calls: below the goal, so that fewer than 100 is what they can take."""
    risk = risk_of(Volume(100.0, 400.0), TWELVE)

    assert (risk.capacity, risk.needed) == (97, 13)
    assert risk.level == pytest.approx(0.7723, abs=0.0001)
    assert risk.chance == pytest.approx(1 - Volume(100.0, 400.0).chance_up_to(97))
    assert 0.5 < risk.chance < 0.7


def test_who_waits_already_adds_to_the_risk() -> None:
    assert risk_of(Volume(80.0, 400.0), TWELVE).chance < 0.1
    assert risk_of(Volume(80.0, 400.0), TWELVE, waiting=30).chance > 0.8
    assert risk_of(Volume(80.0, 400.0), TWELVE, waiting=200).chance == 1.0


def test_nobody_on_duty_is_a_certain_miss_unless_nobody_comes() -> None:
    nobody = Staffing(agents=0, handle_seconds=180, patience_seconds=None, target_seconds=20)

    assert risk_of(Volume(50.0, 400.0), nobody).chance == pytest.approx(1.0)
    assert risk_of(Volume(0.0, 400.0), nobody).chance == 0.0


def test_half_an_agent_serves_half_as_much_more() -> None:
    def level(agents: float) -> float:
        return risk_of(Volume(100.0, 400.0), Staffing(agents, 180, 300, 20)).level

    assert level(12.5) == pytest.approx((level(12) + level(13)) / 2)


def test_who_serves_two_queues_is_split_by_what_they_expect() -> None:
    places = [(3.0, [1, 2]), (1.0, [1]), (2.0, [9])]

    assert shared_agents(places, {1: 30.0, 2: 10.0}) == {1: 3.25, 2: 0.75}
    assert shared_agents(places, {1: 0.0, 2: 0.0}) == {1: 2.5, 2: 1.5}
