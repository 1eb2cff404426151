"""Expected wait: means, percentiles, bands and the measured error."""

from __future__ import annotations

from random import Random

import pytest

from routing.estimate import (
    Band,
    EstimateError,
    HandleTime,
    Line,
    announcement,
    band,
    chance_within,
    expected_wait,
    share_of_time,
)


def test_the_first_in_line_waits_for_one_of_n_agents_to_finish() -> None:
    estimate = expected_wait(Line(ahead=0, agents=6, handle_seconds=180))

    assert estimate.mean_seconds == pytest.approx(30.0)
    assert estimate.p50_seconds == pytest.approx(20.794, abs=1e-3)
    assert estimate.p90_seconds == pytest.approx(69.078, abs=1e-3)
    assert not estimate.low_confidence


def test_the_mean_adds_one_step_per_item_ahead() -> None:
    """1/0.05 + 1/0.055 + 1/0.06."""
    estimate = expected_wait(Line(ahead=2, agents=10, handle_seconds=200, abandons_per_second=0.005))

    assert estimate.mean_seconds == pytest.approx(20 + 18.1818 + 16.6667, abs=1e-3)


@pytest.mark.parametrize("theta", [0.0, 0.002, 0.02])
def test_percentiles_are_those_of_the_sum_of_exponentials(theta: float) -> None:
    line, random = Line(ahead=5, agents=8, handle_seconds=240, abandons_per_second=theta), Random(7)
    rates = [8 / 240 + i * theta for i in range(6)]
    waits = sorted(sum(random.expovariate(rate) for rate in rates) for _ in range(40_000))

    estimate = expected_wait(line)

    assert estimate.p50_seconds == pytest.approx(waits[20_000], rel=0.02)
    assert estimate.p90_seconds == pytest.approx(waits[36_000], rel=0.02)
    assert chance_within(line, estimate.p90_seconds) == pytest.approx(0.9)
    assert estimate.mean_seconds == pytest.approx(sum(waits) / len(waits), rel=0.02)


def test_with_a_free_agent_nobody_waits() -> None:
    assert expected_wait(Line(ahead=0, agents=5, handle_seconds=180, free_agents=1)).mean_seconds == 0.0
    assert chance_within(Line(ahead=0, agents=5, handle_seconds=180, free_agents=1), 0) == 1.0


def test_without_agents_the_longest_wait_is_a_guess_and_not_announced() -> None:
    estimate = expected_wait(Line(ahead=3, agents=0, handle_seconds=180, longest_wait_seconds=400))

    assert (estimate.mean_seconds, estimate.low_confidence) == (400, True)
    assert announcement(estimate) is None


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 to 2 minutes"),
        (250, "2 to 5 minutes"),
        (899, "10 to 15 minutes"),
        (3599, "45 to 60 minutes"),
        (3600, "more than 60 minutes"),
    ],
)
def test_customers_hear_rounded_bands(seconds: float, sentence: str) -> None:
    assert band(seconds).sentence == sentence


def test_the_announcement_is_the_band_of_the_mean() -> None:
    assert announcement(expected_wait(Line(ahead=4, agents=5, handle_seconds=180))) == Band(120, 300)


def test_handle_time_is_trusted_from_twenty_samples_on() -> None:
    seen = HandleTime()
    for _ in range(19):
        seen = seen.after(100)
    assert seen.or_usual(240) == 240

    seen = seen.after(100)
    assert seen.or_usual(240) == 100
    assert seen.after(300).mean_seconds == pytest.approx(110.0)


def test_the_share_of_time_splits_agents_between_queues() -> None:
    assert share_of_time(on_queue_seconds=900, on_all_seconds=3600) == 0.25
    assert share_of_time(on_queue_seconds=0, on_all_seconds=0) == 1.0


def test_the_error_is_measured() -> None:
    error = (
        EstimateError().after(predicted_seconds=60, actual_seconds=90).after(predicted_seconds=50, actual_seconds=40)
    )

    assert (error.mean_absolute_seconds, error.bias_seconds) == (20.0, -10.0)
    assert EstimateError().mean_absolute_seconds is None
