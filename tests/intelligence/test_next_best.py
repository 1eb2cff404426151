"""What to do next: the best of each kind, three at most, and nothing where nothing is known."""

from __future__ import annotations

from typing import Any

import pytest

from intelligence.next_best import Habit, Promise, next_steps

GOLDEN: list[tuple[dict[str, Any], list[tuple[str, int, int, int]]]] = [
    ({}, []),
    ({"habits": [Habit(1, 14, 18)]}, [("macro", 1, 14, 18)]),
    ({"habits": [Habit(1, 4, 4)]}, []),  # too few to be a habit
    ({"habits": [Habit(1, 2, 9)]}, []),  # and too rare
    ({"habits": [Habit(1, 5, 18), Habit(2, 14, 18)]}, [("macro", 2, 14, 18)]),
    ({"articles": [(7, 0.49)]}, []),
    ({"articles": [(7, 0.6), (8, 0.75)]}, [("article", 8, 75, 0)]),
    ({"promises": [Promise(300, 1000)]}, []),
    ({"promises": [Promise(240, 1000)]}, [("answer", 0, 4, 0)]),
    ({"promises": [Promise(200, 1000), Promise(-30, 1000)]}, [("answer", 0, -1, 0)]),
    ({"likes_calls": True}, [("call", 0, 0, 0)]),
    (
        {"habits": [Habit(1, 14, 18)], "articles": [(7, 0.6)], "promises": [Promise(60, 1000)], "likes_calls": True},
        [("answer", 0, 1, 0), ("macro", 1, 14, 18), ("article", 7, 60, 0)],
    ),
]


@pytest.mark.parametrize(("known", "steps"), GOLDEN)
def test_the_best_of_each_kind_comes_first(known: dict[str, Any], steps: list[tuple[str, int, int, int]]) -> None:
    assert [(one.kind, one.pk, one.count, one.of) for one in next_steps(**known)] == steps
