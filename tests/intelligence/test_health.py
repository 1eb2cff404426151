"""How a customer stands: each part takes what it says, and what is not known is not guessed."""

from __future__ import annotations

import pytest

from intelligence.health import Known, health_of


def test_without_contact_there_is_no_score() -> None:
    assert (health_of(Known()).score, health_of(Known()).band) == (None, "unknown")


def test_nothing_against_it_is_a_hundred_of_little() -> None:
    health = health_of(Known(spoke=True, contacts=2))
    assert (health.score, health.band, health.confidence, health.reasons) == (100, "good", 0.6, ())


@pytest.mark.parametrize(
    ("known", "points"),
    [
        ({"open_cases": 2}, {"cases": 16}), ({"open_cases": 9}, {"cases": 24}), ({"breached": 1}, {"breaches": 10}),
        ({"breached": 5}, {"breaches": 30}), ({"contacts": 4}, {"contacts": 12}), ({"contacts": 20}, {"contacts": 18}),
        ({"heard": 2, "unhappy": 2}, {}), ({"heard": 4, "unhappy": 2}, {"mood": 12}), ({"score": 1}, {"score": 30}),
        ({"score": 5}, {"score": 0}),
    ],
)  # fmt: skip
def test_each_part_takes_what_it_says(known: dict[str, int], points: dict[str, int]) -> None:
    health = health_of(Known(spoke=True, **known))
    assert {one.key: one.points for one in health.reasons} == points
    assert health.score == 100 - sum(points.values())


def test_the_worst_comes_first_and_all_of_it_is_poor() -> None:
    health = health_of(Known(open_cases=9, breached=9, contacts=9, heard=3, unhappy=3, score=1, spoke=True))
    assert [one.key for one in health.reasons] == ["breaches", "score", "cases", "mood", "contacts"]
    assert (health.score, health.band, health.confidence) == (0, "poor", 1.0)
