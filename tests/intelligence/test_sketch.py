"""Percentiles within 1 %, and the same sketch whatever the order."""

from __future__ import annotations

import json
import math

from hypothesis import given, settings, strategies as st

from intelligence.sketch import Sketch, bounds_of, bucket_of

durations = st.integers(min_value=0, max_value=40 * 86_400_000)


def test_small_values_keep_their_own_bucket() -> None:
    assert [bounds_of(bucket_of(value)) for value in (0, 1, 127)] == [(0, 0), (1, 1), (127, 127)]
    assert bounds_of(bucket_of(128)) == (128, 129)
    assert bounds_of(bucket_of(20_000)) == (19_968, 20_223)


@settings(deadline=None)
@given(durations)
def test_a_value_lies_in_its_bucket_and_within_one_percent_of_its_middle(value: int) -> None:
    low, high = bounds_of(bucket_of(value))

    assert low <= value <= high
    assert abs((low + high) // 2 - value) <= 0.01 * value
    assert bucket_of(high + 1) == bucket_of(value) + 1


@settings(deadline=None)
@given(st.lists(durations, min_size=1, max_size=200), st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_percentile_is_within_one_percent_of_the_nearest_rank(values: list[int], share: float) -> None:
    exact = sorted(values)[max(1, math.ceil(share * len(values))) - 1]

    told = Sketch.of(values).percentile(share)

    assert told is not None
    assert abs(told - exact) <= 0.01 * exact


@settings(deadline=None)
@given(st.lists(durations), st.lists(durations))
def test_merging_equals_recording_everything(left: list[int], right: list[int]) -> None:
    merged = Sketch.of(left)
    merged.add(Sketch.of(right))

    assert merged == Sketch.of(right + left)
    assert Sketch.from_json(json.loads(json.dumps(merged.to_json()))) == merged


def test_golden_percentiles_of_one_to_a_hundred_seconds() -> None:
    sketch = Sketch.of(second * 1000 for second in range(1, 101))

    assert (sketch.count, sketch.total, sketch.largest, sketch.mean) == (100, 5_050_000, 100_000, 50_500.0)
    assert sketch.percentile(0.5) == 49_919
    assert sketch.percentile(0.9) == 89_599
    assert sketch.percentile(1.0) == 100_000
    assert sketch.count_up_to(20_000) == 20


def test_an_empty_sketch_has_no_percentile() -> None:
    assert Sketch().percentile(0.5) is None
    assert Sketch().mean is None


def test_a_negative_duration_counts_as_zero() -> None:
    assert Sketch.of([-5]) == Sketch.of([0])


def test_a_day_of_waits_stays_small_as_json() -> None:
    sketch = Sketch.of(range(0, 3_600_000, 251))

    assert len(json.dumps(sketch.to_json())) < 20_000
