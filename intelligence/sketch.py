"""A mergeable histogram of durations, for percentiles that survive adding up.

Buckets as in HdrHistogram: up to 127 exact, then 64 buckets for each doubling, so that the middle of a bucket is within
0.8 % of every value in it. Whole numbers only: merging in any order gives the same sketch to the last digit.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_SUB_BUCKET_BITS = 6
_SUB_BUCKETS = 1 << _SUB_BUCKET_BITS


def bucket_of(value: int) -> int:
    """The bucket a value (≥ 0) falls into."""
    if value < 2 * _SUB_BUCKETS:
        return value
    doublings = value.bit_length() - _SUB_BUCKET_BITS - 1
    return doublings * _SUB_BUCKETS + (value >> doublings)


def bounds_of(bucket: int) -> tuple[int, int]:
    """Smallest and largest value of a bucket."""
    if bucket < 2 * _SUB_BUCKETS:
        return bucket, bucket
    doublings = bucket // _SUB_BUCKETS - 1
    low = (bucket - doublings * _SUB_BUCKETS) << doublings
    return low, low + (1 << doublings) - 1


@dataclass(slots=True)
class Sketch:
    """How many values fell into which bucket, their sum, and the largest. Milliseconds, by convention."""

    buckets: Counter[int] = field(default_factory=Counter)
    total: int = 0
    largest: int = 0

    @classmethod
    def of(cls, values: Iterable[int]) -> Sketch:
        sketch = cls()
        for value in values:
            sketch.record(value)
        return sketch

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.buckets else None

    def record(self, value: int) -> None:
        """Add one value; a negative one (clocks that disagree) counts as 0."""
        value = max(value, 0)
        self.buckets[bucket_of(value)] += 1
        self.total += value
        self.largest = max(self.largest, value)

    def add(self, other: Sketch) -> None:
        """Take in all values of another sketch."""
        self.buckets.update(other.buckets)
        self.total += other.total
        self.largest = max(self.largest, other.largest)

    def percentile(self, share: float) -> int | None:
        """The value that `share` (0–1) of all values do not exceed, by nearest rank, within 1 %; None when empty."""
        count = self.count
        if not count:
            return None
        rank = max(1, math.ceil(share * count))
        if rank >= count:
            return self.largest
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                low, high = bounds_of(bucket)
                return min((low + high) // 2, self.largest)
        return self.largest

    def count_up_to(self, limit: int) -> int:
        """Values not above the limit; those of the limit's own bucket count whole, so within 1.6 % of the limit."""
        last = bucket_of(max(limit, 0))
        return sum(held for bucket, held in self.buckets.items() if bucket <= last)

    def to_json(self) -> dict[str, Any]:
        """Buckets as [bucket, count, bucket, count, …] in order."""
        flat = [number for bucket in sorted(self.buckets) for number in (bucket, self.buckets[bucket])]
        return {"buckets": flat, "total": self.total, "largest": self.largest}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Sketch:
        flat = stored["buckets"]
        return cls(Counter(dict(zip(flat[::2], flat[1::2], strict=True))), stored["total"], stored["largest"])
