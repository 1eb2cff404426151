"""The metrics, each by its exact formula, out of tallies. A ratio keeps its numerator and denominator.

Letters as the field uses them: O offered (queue entries), A answered, A_T answered within the target T, B abandoned,
B_T abandoned within T, B_s short abandons, F flowed out of the queue otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from intelligence.intervals import Tally


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share or a mean that can still be added up. Undefined (None) over a denominator of 0."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def percent(self) -> float | None:
        return None if self.value is None else round(self.value * 100, 1)

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.numerator + other.numerator, self.denominator + other.denominator)


# Service level, by its variants. Their published name belongs on every screen that shows one.


def service_level_offered(tally: Tally) -> Ratio:
    """SL_offered, our default: A_T / O."""
    return Ratio(tally.sums["answered_within"], tally.sums["offered"])


def service_level_answered(tally: Tally) -> Ratio:
    """SL_answered: A_T / A."""
    return Ratio(tally.sums["answered_within"], tally.sums["answered"])


def service_level_without_short(tally: Tally) -> Ratio:
    """SL_ex_short: A_T / (O - B_s)."""
    return Ratio(tally.sums["answered_within"], tally.sums["offered"] - tally.sums["abandoned_short"])


def service_level_abandons_good(tally: Tally) -> Ratio:
    """SL_ab_good: (A_T + B_T) / O."""
    return Ratio(tally.sums["answered_within"] + tally.sums["abandoned_within"], tally.sums["offered"])


def service_level_without_early(tally: Tally) -> Ratio:
    """SL_ab_excl_T: A_T / (O - B_T)."""
    return Ratio(tally.sums["answered_within"], tally.sums["offered"] - tally.sums["abandoned_within"])


def service_level_genesys(
    tally: Tally, *, flowed_out: bool = False, without_short: bool = False, without_abandons: bool = False
) -> Ratio:
    """SL_Genesys: (A - misses) / (A + B [+ F] [- B_s] [- B]), by the organisation's switches."""
    sums = tally.sums
    judged = sums["answered"] + sums["abandoned"]
    judged += sums["flowed_out"] if flowed_out else 0
    if without_abandons:
        judged -= sums["abandoned"]
    elif without_short:
        judged -= sums["abandoned_short"]
    return Ratio(sums["answered_within"], judged)


def service_level_connect(tally: Tally) -> Ratio:
    """SL_Connect: left the queue within T, answered or not, / queued. Flatters."""
    left = tally.sums["answered_within"] + tally.sums["abandoned_within"] + tally.sums["flowed_out_within"]
    return Ratio(left, tally.sums["offered"])


SERVICE_LEVELS = {
    "SL_offered": service_level_offered,
    "SL_answered": service_level_answered,
    "SL_ex_short": service_level_without_short,
    "SL_ab_good": service_level_abandons_good,
    "SL_ab_excl_T": service_level_without_early,
    "SL_Genesys": service_level_genesys,
    "SL_Connect": service_level_connect,
}


def average_speed_of_answer(tally: Tally) -> Ratio:
    """ASA, milliseconds: waits of the answered / A; ringing counted."""
    return Ratio(tally.sums["answered_wait_ms"], tally.sums["answered"])


def abandon_rate(tally: Tally) -> Ratio:
    """(B - B_s) / (O - B_s)."""
    short = tally.sums["abandoned_short"]
    return Ratio(tally.sums["abandoned"] - short, tally.sums["offered"] - short)


def raw_abandon_rate(tally: Tally) -> Ratio:
    """B / O."""
    return Ratio(tally.sums["abandoned"], tally.sums["offered"])


def average_abandon_time(tally: Tally) -> Ratio:
    """Milliseconds: waits of the abandoned / B."""
    return Ratio(tally.sums["abandoned_wait_ms"], tally.sums["abandoned"])


def average_handle_time(tally: Tally, *, form: str = "completed") -> Ratio:
    """AHT, milliseconds per segment: (handling with holds + wrap-up) / handled. `form`: `completed` or `split`."""
    return Ratio(tally.sums[f"handling_{form}_ms"] + tally.sums[f"wrap_up_{form}_ms"], tally.sums["handled"])


def average_handle_time_of_items(tally: Tally) -> Ratio:
    """AHT, milliseconds per item: what all its segments took / items completed."""
    return Ratio(
        tally.sums["handling_completed_ms"] + tally.sums["wrap_up_completed_ms"], tally.sums["items_completed"]
    )


def average_wrap_up(tally: Tally, *, of_all: bool = False) -> Ratio:
    """ACW, milliseconds: per segment that had a wrap-up, or per every segment handled."""
    return Ratio(tally.sums["wrap_up_completed_ms"], tally.sums["handled" if of_all else "wrapped_up"])


def occupancy(tally: Tally) -> Ratio:
    """Seconds with work in hand (ringing to wrap-up) / those or routable, by wall clock: never above 100 %."""
    return Ratio(tally.sums["in_hand_seconds"], tally.sums["worked_or_routable_seconds"])


def missed_offer_rate(tally: Tally) -> Ratio:
    """RONA: offers timed out / offers made."""
    return Ratio(tally.sums["offers_expired"], tally.sums["offers_made"])


def transfer_rate(tally: Tally, *, how: str = "") -> Ratio:
    """Segments ended by transfer / segments. `how`: only those passed on `blind`, `warm` or `by_hand` (by somebody else)."""
    return Ratio(tally.sums[f"segments_transferred_{how}" if how else "segments_transferred"], tally.sums["handled"])


def item_transfer_rate(tally: Tally) -> Ratio:
    """Items passed on at least once / items, at the moment of their completion."""
    return Ratio(tally.sums["items_transferred"], tally.sums["items_completed"])


def flow_out_rate(tally: Tally) -> Ratio:
    """F / O: overflowed, sent to another queue while waiting, or left for a callback."""
    return Ratio(tally.sums["flowed_out"], tally.sums["offered"])


def clock_attainment(tally: Tally, metric: str) -> Ratio:
    """Promises of this metric kept / kept or broken. A broken one counts from its breach, whether met later or not."""
    kept = tally.sums[f"clock_{metric}_met"]
    return Ratio(kept, kept + tally.sums[f"clock_{metric}_breached"])


# Metrics over answers, plans and forecasts rather than over tallies.


def customer_satisfaction(answers: Sequence[int]) -> Ratio:
    """CSAT: answers of 4 or 5 out of 5 / answers."""
    return Ratio(sum(answer >= 4 for answer in answers), len(answers))


def net_promoter_score(answers: Sequence[int]) -> tuple[float, float] | None:
    """(score -100..100, 95 % margin) of answers 0–10: % of 9–10 less % of 0–6; None without answers."""
    if not answers:
        return None
    promoters = sum(answer >= 9 for answer in answers) / len(answers)
    detractors = sum(answer <= 6 for answer in answers) / len(answers)
    score = promoters - detractors
    return 100 * score, 100 * 1.96 * math.sqrt((promoters + detractors - score**2) / len(answers))


def customer_effort(answers: Sequence[int]) -> tuple[Ratio, Ratio]:
    """CES of answers 1–7 ("made it easy"): (mean, share of 5 and more)."""
    return Ratio(sum(answers), len(answers)), Ratio(sum(answer >= 5 for answer in answers), len(answers))


def adherence(exception_seconds: int, scheduled_seconds: int) -> float | None:
    """max(0, 1 - exceptions / scheduled); None where nothing was scheduled."""
    return max(0.0, 1 - exception_seconds / scheduled_seconds) if scheduled_seconds else None


def conformance(on_queue_seconds: int, scheduled_seconds: int) -> float | None:
    """Actual on-queue / scheduled on-queue, may exceed 1; None (n/a) where nothing was scheduled."""
    return on_queue_seconds / scheduled_seconds if scheduled_seconds else None


def shrinkage(tally: Tally) -> Ratio:
    """1 - productive time / paid time, of the time signed in; what somebody does not sign in for no event tells."""
    paid = tally.sums["paid_split_ms"]
    return Ratio(paid - tally.sums["productive_split_ms"], paid)


def shrinkage_by_cause(tally: Tally) -> dict[str, Ratio]:
    """Presence → its part of the paid time, apart for what was planned (break, meal, meeting, training) and what was not
    (missed, unreachable). Parts of states that count as productive are what they are: time in them."""
    paid = tally.sums["paid_split_ms"]
    return {name: Ratio(tally.sums[f"presence_{name}_split_ms"], paid) for name in SHRINKING}


PLANNED = ("break", "meal", "meeting", "training")
UNPLANNED = ("missed", "unreachable")
SHRINKING = (*PLANNED, *UNPLANNED)


def backlog_hours(waiting: Iterable[tuple[int, float]]) -> float:
    """Σ(open items × expected handle seconds) / 3600."""
    return sum(items * seconds for items, seconds in waiting) / 3600


def gross_up(agents_needed: float, shrinkage_share: float) -> int:
    """Agents to schedule so that `agents_needed` are there: N / (1 - s), rounded up; never N × (1 + s)."""
    if not 0 <= shrinkage_share < 1:
        raise ValueError("Shrinkage is a share from 0 up to, but not including, 1.")
    return math.ceil(round(agents_needed / (1 - shrinkage_share), 9))


@dataclass(frozen=True, slots=True)
class ForecastError:
    """WAPE = Σ|actual - forecast| / Σ actual; bias = Σ(forecast - actual) / Σ actual."""

    wape: float
    bias: float


def forecast_error(pairs: Iterable[tuple[float, float]]) -> ForecastError | None:
    """Of (actual, forecast) pairs; None where nothing happened."""
    pairs = list(pairs)
    actual = sum(a for a, _ in pairs)
    if not actual:
        return None
    return ForecastError(wape=sum(abs(a - f) for a, f in pairs) / actual, bias=sum(f - a for a, f in pairs) / actual)


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer's contact or a resolved item, for first contact resolution."""

    customer_id: int
    topic: str
    at_ms: int


def first_contact_resolution(
    resolved: Iterable[Contact], contacts: Iterable[Contact], *, now_ms: int, window_ms: int = 7 * 86_400_000
) -> tuple[Ratio, int]:
    """(resolved without another contact of the same customer on the same topic within the window / resolved, and how
    many of the resolved are provisional because their window is still open)."""
    later: dict[tuple[int, str], list[int]] = {}
    for contact in contacts:
        later.setdefault((contact.customer_id, contact.topic), []).append(contact.at_ms)
    good = judged = provisional = 0
    for item in resolved:
        again = any(item.at_ms < at <= item.at_ms + window_ms for at in later.get((item.customer_id, item.topic), ()))
        judged += 1
        good += not again
        provisional += not again and item.at_ms + window_ms > now_ms
    return Ratio(good, judged), provisional


def utilisation(tally: Tally) -> Ratio:
    """Time with work in hand / paid time, both by wall clock; occupancy looks at routable time only."""
    return Ratio(tally.sums["in_hand_seconds"], tally.sums["paid_split_ms"] // 1000)


def weighted_load(held: Iterable[tuple[int, int]], *, budget: int, available_seconds: int) -> Ratio:
    """Σ(cost of an item × seconds held) / (budget × seconds available): comparable across media."""
    return Ratio(sum(cost * seconds for cost, seconds in held), budget * available_seconds)


def reopen_rate(solved_ids: Iterable[int], reopened_ids: Iterable[int]) -> Ratio:
    """Items solved in the period that were re-opened at least once since / items solved in the period."""
    solved = set(solved_ids)
    return Ratio(len(solved & set(reopened_ids)), len(solved))


def backlog_by_age(opened_ms: Iterable[int], *, now_ms: int, bands_ms: Sequence[int]) -> list[int]:
    """How many open items are younger than each band's limit (and not than the one before); last: older than all."""
    held = [0] * (len(bands_ms) + 1)
    for opened in opened_ms:
        held[sum(now_ms - opened >= limit for limit in bands_ms)] += 1
    return held
