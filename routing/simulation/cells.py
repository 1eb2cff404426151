"""Waits added up by day, hour and run, so that any part of them can be compared and resampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

RESAMPLES = 1_000
TAIL = 0.025


@dataclass(slots=True)
class Sum:
    calls: int = 0
    waited: float = 0.0
    left: int = 0

    @property
    def wait(self) -> float:
        """Mean seconds, 0 without calls."""
        return self.waited / self.calls if self.calls else 0.0

    @property
    def left_share(self) -> float:
        return self.left / self.calls if self.calls else 0.0

    def take(self, other: Sum) -> None:
        self.calls += other.calls
        self.waited += other.waited
        self.left += other.left


class Cells:
    """(day, hour, run) → what was seen there."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int, int], Sum] = {}

    def add(self, day: str, hour: int, run: int, waited: float, *, left: bool) -> None:
        self._held.setdefault((day, hour, run), Sum()).take(Sum(1, waited, int(left)))

    def total(self, *, day: str | None = None, hour: int | None = None, run: int | None = None) -> Sum:
        whole = Sum()
        for (its_day, its_hour, its_run), held in self._held.items():
            if day in (None, its_day) and hour in (None, its_hour) and run in (None, its_run):
                whole.take(held)
        return whole

    def hours(self) -> list[int]:
        return sorted({hour for _, hour, _ in self._held})

    def days(self) -> list[str]:
        return sorted({day for day, _, _ in self._held})


def bootstrap_error(days: Sequence[tuple[Sum, Sum]], *, resamples: int = RESAMPLES) -> tuple[float, float]:
    """The 95 % interval of (simulated − real) ÷ real over days drawn with replacement; days as (real, simulated)."""
    random, errors = Random(1), []
    for _ in range(resamples):
        real, simulated = Sum(), Sum()
        for each_real, each_simulated in random.choices(days, k=len(days)):
            real.take(each_real)
            simulated.take(each_simulated)
        if real.waited and simulated.calls:
            errors.append(simulated.wait / real.wait - 1.0)
    errors.sort()
    if not errors:
        return 0.0, 0.0
    return errors[int(TAIL * len(errors))], errors[min(len(errors) - 1, int((1 - TAIL) * len(errors)))]
