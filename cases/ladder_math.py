"""Escalation ladders: when each step of a clock comes, and which one to run. Pure, like `clock_math`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cases.calendar_math import BusinessCalendar, add_business
from cases.clock_math import Clock, ClockError, instant_of


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of an escalation ladder: at a share of the budget, or a business offset from the due instant.

    Exactly one of `percent` and `offset_seconds` is given. With `repeat` an offset after the due instant comes
    again at every multiple of itself.
    """

    key: str
    percent: float | None = None
    offset_seconds: float | None = None
    repeat: int = 1

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.offset_seconds is None):
            raise ClockError("step_ambiguous", f"Step “{self.key}” needs either a percentage or an offset from due.")
        if self.repeat < 1 or (self.repeat > 1 and (self.offset_seconds is None or self.offset_seconds <= 0)):
            raise ClockError("step_repeat", f"Step “{self.key}” can repeat only after the due instant.")


class StepTime(NamedTuple):
    """When a step comes. `number` counts the repeats of one step from 1."""

    key: str
    number: int
    at: datetime


def step_times(clock: Clock, calendar: BusinessCalendar, steps: Iterable[Step]) -> tuple[StepTime, ...]:
    """All steps whose time is known, in order. Those a paused clock has not reached are missing: it may never."""
    found = []
    for position, step in enumerate(steps):
        for number in range(1, step.repeat + 1):
            at = _step_at(clock, calendar, step, number)
            if at is not None:
                found.append((at, position, StepTime(step.key, number, at)))
    return tuple(step for _, _, step in sorted(found))


def steps_to_run(
    times: Sequence[StepTime], *, at: datetime, done: frozenset[tuple[str, int]] = frozenset()
) -> tuple[StepTime | None, tuple[StepTime, ...]]:
    """The one step to run now and those it stands for.

    After downtime, or on a clock that was attached late, several are due at once: only the highest runs, the others
    are recorded as passed over. Steps below one that ran are passed over as well.
    """
    reached = [step for step in times if step.at <= at]
    ran = max((index for index, step in enumerate(reached) if (step.key, step.number) in done), default=-1)
    waiting = [step for step in reached[ran + 1 :] if (step.key, step.number) not in done]
    return (waiting[-1], tuple(waiting[:-1])) if waiting else (None, ())


def _step_at(clock: Clock, calendar: BusinessCalendar, step: Step, number: int) -> datetime | None:
    if step.percent is not None:
        return instant_of(clock, calendar, clock.budget_seconds * step.percent / 100)
    offset = (step.offset_seconds or 0) * number
    if offset >= 0:
        return instant_of(clock, calendar, clock.budget_seconds + offset)
    reached = instant_of(clock, calendar, max(0.0, clock.budget_seconds + offset))
    if clock.running_since is None or clock.due_at is None:
        return reached
    # Walking back from due lands inside opening hours (1 h before Monday 10:00 is Monday 09:00, not Friday 17:00),
    # but may cross a pause: then the consumption tells.
    walked = add_business(calendar, clock.due_at, offset)
    return walked if walked >= clock.running_since else reached
