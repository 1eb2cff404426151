"""Configuration that every message asks for and that changes rarely: remembered for two seconds a process.

So a change in the settings is in force everywhere within that time. Never for permissions of a person, never for state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
SECONDS = 2.0
MOST = 256
_memories: list[dict[Any, Any]] = []


def remembered(read: Callable[P, T]) -> Callable[P, T]:
    """Keep each answer of `read` for SECONDS, by its (hashable) arguments."""
    return _remember(read, lambda: SECONDS)


def _remember(read: Callable[P, T], seconds: Callable[[], float]) -> Callable[P, T]:
    memory: dict[Any, tuple[float, T]] = {}
    _memories.append(memory)

    @wraps(read)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (args, tuple(sorted(kwargs.items())))
        kept = memory.get(key)
        if kept is not None and time.monotonic() - kept[0] < seconds():
            return kept[1]
        if len(memory) >= MOST:
            memory.clear()
        found = read(*args, **kwargs)
        memory[key] = (time.monotonic(), found)
        return found

    return answer


def remembered_long(seconds: float) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """As `remembered`, for what is worked out from days that are over, and so may be this old."""

    def keep(read: Callable[P, T]) -> Callable[P, T]:
        return _remember(read, lambda: seconds if SECONDS else 0.0)

    return keep


def forget_all() -> None:
    """After a change made in this process, and before every test: look again at once."""
    for memory in _memories:
        memory.clear()
