"""What to do next in a conversation: up to three steps, made only of what the record knows, each with its numbers.

Where nothing is known, nothing is suggested. What was done a few times proves little: shares are smoothed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 3
LEAST_SOLVED = 5  # fewer conversations about the same show no habit
LEAST_SHARE = 0.3
SMOOTHED_BY = 2  # as if so many more had been solved without it
LEAST_FIT = 0.5
NEAR = 0.25  # of a promise's time is left
OVERDUE_WEIGHT, NEAR_WEIGHT, CALL_WEIGHT = 1.0, 0.9, 0.5


@dataclass(frozen=True, slots=True)
class Habit:
    """A macro that was run in `runs` of the `solved` conversations about the same."""

    macro_id: int
    runs: int
    solved: int


@dataclass(frozen=True, slots=True)
class Promise:
    """One that runs: what is left of its time, in seconds; negative when it is broken."""

    left: float
    budget: float


@dataclass(frozen=True, slots=True)
class Step:
    """`kind`: macro, article, answer or call. `pk` says which; `count` and `of` are the numbers it is told with."""

    kind: str
    weight: float
    pk: int = 0
    count: int = 0
    of: int = 0


def next_steps(
    *, habits: Sequence[Habit] = (), articles: Sequence[tuple[int, float]] = (), promises: Sequence[Promise] = (),
    likes_calls: bool = False,
) -> list[Step]:  # fmt: skip
    """The best first. Of each kind only its best, so that three steps are three different things to do."""
    found = [_macro(one) for one in habits if one.solved >= LEAST_SOLVED and one.runs / one.solved >= LEAST_SHARE]
    found += [Step("article", fit, pk, round(fit * 100)) for pk, fit in articles if fit >= LEAST_FIT]
    found += [_answer(one) for one in promises if one.left < one.budget * NEAR]
    if likes_calls:
        found.append(Step("call", CALL_WEIGHT))
    best: dict[str, Step] = {}
    for step in sorted(found, key=lambda one: (-one.weight, one.count if one.kind == "answer" else 0, one.pk)):
        best.setdefault(step.kind, step)
    return list(best.values())[:MOST]


def _macro(habit: Habit) -> Step:
    weight = habit.runs / (habit.solved + SMOOTHED_BY)
    return Step("macro", weight, habit.macro_id, habit.runs, habit.solved)


def _answer(promise: Promise) -> Step:
    """`count` = whole minutes left, negative when it is broken."""
    weight = OVERDUE_WEIGHT if promise.left < 0 else NEAR_WEIGHT
    return Step("answer", weight, count=int(promise.left // 60))
