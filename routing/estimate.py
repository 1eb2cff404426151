"""Expected wait: how long an item with `ahead` others before it will wait, its spread, and what a customer is told.

The line moves when an agent finishes (rate n·μ) or somebody ahead gives up (rate i·θ with i of them left), so the wait is
a sum of exponentials with rates n·μ + i·θ, i = 0 … ahead: hypoexponential. Its mean is the sum of 1/rate; since the rates
form an arithmetic series, exp(−θ·wait) has the Beta(n·μ/θ, ahead + 1) distribution, which gives every percentile.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

LEAST_SAMPLES = 20
SMOOTHING = 0.05  # weight of the newest handle time in the moving mean: about the last 40 count
BANDS_SECONDS = (0, 60, 120, 300, 600, 900, 1800, 2700, 3600)
MINUTE = 60


@dataclass(frozen=True, slots=True)
class HandleTime:
    """Exponentially weighted mean of handle seconds. Trusted from 20 samples on."""

    mean_seconds: float = 0.0
    samples: int = 0

    def after(self, seconds: float, *, smoothing: float = SMOOTHING) -> HandleTime:
        """With one more; the first ones count equally, so that the start value does not linger."""
        weight = max(smoothing, 1.0 / (self.samples + 1))
        return HandleTime(self.mean_seconds + weight * (seconds - self.mean_seconds), self.samples + 1)

    def or_usual(self, usual_seconds: float) -> float:
        """The mean if there are enough samples, else the usual one (same interval of the last 7 days)."""
        return self.mean_seconds if self.samples >= LEAST_SAMPLES else usual_seconds


@dataclass(frozen=True, slots=True)
class Line:
    """One queue as an item joining it finds it."""

    ahead: int  # waiting items with a larger score, in any queue sharing the agents as far as it counts
    agents: float  # logged-in eligible agents × the share of their time this queue gets
    handle_seconds: float
    abandons_per_second: float = 0.0  # θ of one waiting customer: abandons ÷ total waiting time
    free_agents: int = 0
    longest_wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    mean_seconds: float
    p50_seconds: float
    p90_seconds: float
    low_confidence: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A rounded range to announce; `high` None = open end."""

    low_seconds: int
    high_seconds: int | None

    @property
    def sentence(self) -> str:
        if self.high_seconds is None:
            return f"more than {self.low_seconds // MINUTE} minutes"
        if self.low_seconds == 0:
            return "less than a minute"
        return f"{self.low_seconds // MINUTE} to {self.high_seconds // MINUTE} minutes"


def share_of_time(*, on_queue_seconds: float, on_all_seconds: float) -> float:
    """The part of the agents' handling time this queue gets, 0–1; 1 while nothing has been handled."""
    return on_queue_seconds / on_all_seconds if on_all_seconds > 0 else 1.0


def expected_wait(line: Line) -> Estimate:
    """Mean, median and 90th percentile in seconds. Without agents: the longest present wait, low confidence."""
    if line.free_agents > line.ahead:
        return Estimate(0.0, 0.0, 0.0, low_confidence=False)
    if line.agents <= 0 or line.handle_seconds <= 0:
        longest = line.longest_wait_seconds
        return Estimate(longest, longest, longest, low_confidence=True)
    served, theta, ahead = line.agents / line.handle_seconds, line.abandons_per_second, line.ahead - line.free_agents
    mean = sum(1.0 / (served + i * theta) for i in range(ahead + 1))
    p50, p90 = (_percentile(share, served, theta, ahead) for share in (0.5, 0.9))
    return Estimate(mean, p50, p90, low_confidence=False)


def chance_within(line: Line, seconds: float) -> float:
    """P(wait ≤ seconds), 0–1, for somebody who does not give up."""
    from scipy.special import betainc, gammainc  # loaded only where it is asked for

    if line.free_agents > line.ahead:
        return 1.0
    if line.agents <= 0 or line.handle_seconds <= 0:
        return 0.0
    served, theta, steps = (
        line.agents / line.handle_seconds,
        line.abandons_per_second,
        line.ahead - line.free_agents + 1,
    )
    if theta <= 0:
        return float(gammainc(steps, served * seconds))
    return float(betainc(steps, served / theta, 1.0 - exp(-theta * seconds)))


def _percentile(share: float, served: float, theta: float, ahead: int) -> float:
    if ahead == 0:
        return -log(1.0 - share) / served
    from scipy.special import betaincinv, gammaincinv

    if theta <= 0:
        return float(gammaincinv(ahead + 1, share)) / served
    return -log(float(betaincinv(served / theta, ahead + 1, 1.0 - share))) / theta


def band(seconds: float) -> Band:
    """The announced range the wait falls into."""
    for low, high in pairwise(BANDS_SECONDS):
        if seconds < high:
            return Band(low, high)
    return Band(BANDS_SECONDS[-1], None)


def announcement(estimate: Estimate) -> Band | None:
    """What a customer is told: the band of the mean; nothing when the estimate is a guess."""
    return None if estimate.low_confidence else band(estimate.mean_seconds)


@dataclass(frozen=True, slots=True)
class EstimateError:
    """Predicted against actual waits, added up as they become known."""

    count: int = 0
    absolute_seconds: float = 0.0
    signed_seconds: float = 0.0

    def after(self, *, predicted_seconds: float, actual_seconds: float) -> EstimateError:
        miss = predicted_seconds - actual_seconds
        return EstimateError(self.count + 1, self.absolute_seconds + abs(miss), self.signed_seconds + miss)

    @property
    def mean_absolute_seconds(self) -> float | None:
        return self.absolute_seconds / self.count if self.count else None

    @property
    def bias_seconds(self) -> float | None:
        """Positive = we announce more than it takes."""
        return self.signed_seconds / self.count if self.count else None
