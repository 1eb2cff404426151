"""How a customer stands with us: 0–100, made only of what the record knows, each part with its reason.

It starts at 100, and each part takes away up to its most: one formula, no fitted weights, no guess where nothing is known. A
part without data takes nothing away and lowers the confidence instead.
"""

from __future__ import annotations

from dataclasses import dataclass

GOOD, FAIR = 75, 50
PER_CASE, MOST_FOR_CASES = 8, 24
PER_BREACH, MOST_FOR_BREACHES = 10, 30
MOST_FOR_SENTIMENT = 24
PER_SCORE = 10  # for each point of a survey below 4
PER_RETURN, MOST_FOR_RETURNS = 6, 18
USUAL_CONTACTS = 2  # so many in a week worry nobody
ENOUGH_MESSAGES = 3  # fewer say nothing about a mood


@dataclass(frozen=True, slots=True)
class Known:
    """What the record has. `breached`: promises broken in 30 days; `contacts`: conversations begun in 7 days; `heard` and
    `unhappy`: messages of 30 days whose mood is known, and the negative of them; `score`: the last survey of 90 days (1–5)."""

    open_cases: int = 0
    breached: int = 0
    contacts: int = 0
    heard: int = 0
    unhappy: int = 0
    score: int | None = None
    spoke: bool = False  # there was any contact in 90 days


@dataclass(frozen=True, slots=True)
class Reason:
    """One part: its key, what it took away, and the numbers it is told with."""

    key: str
    points: int
    count: int
    of: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """`band`: good, fair, poor, or unknown, then without a score. `confidence` 0–1: the share of its parts that had data."""

    score: int | None
    band: str
    confidence: float
    reasons: tuple[Reason, ...]


def health_of(known: Known) -> Health:
    """The worst reasons first."""
    if not known.spoke and not known.open_cases:
        return Health(None, "unknown", 0.0, ())
    reasons = [one for one in parts(known) if one.points or one.key == "score"]
    score = max(0, 100 - sum(one.points for one in reasons))
    band = "good" if score >= GOOD else "fair" if score >= FAIR else "poor"
    had = 3 + (known.heard >= ENOUGH_MESSAGES) + (known.score is not None)
    return Health(score, band, had / 5, tuple(sorted(reasons, key=lambda one: -one.points)))


def parts(known: Known) -> list[Reason]:
    extra = max(0, known.contacts - USUAL_CONTACTS)
    found = [
        Reason("cases", min(MOST_FOR_CASES, PER_CASE * known.open_cases), known.open_cases),
        Reason("breaches", min(MOST_FOR_BREACHES, PER_BREACH * known.breached), known.breached),
        Reason("contacts", min(MOST_FOR_RETURNS, PER_RETURN * extra), known.contacts),
    ]
    if known.heard >= ENOUGH_MESSAGES:
        points = round(MOST_FOR_SENTIMENT * known.unhappy / known.heard)
        found.append(Reason("mood", points, known.unhappy, known.heard))
    if known.score is not None:
        found.append(Reason("score", max(0, 4 - known.score) * PER_SCORE, known.score, 5))
    return found
