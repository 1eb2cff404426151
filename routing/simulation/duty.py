"""Who was there when, read from the calls alone.

An agent between two calls is either free or away. While a caller whom they could serve waits, however briefly and
whether a colleague answers in the end or nobody does, they are away; while callers go straight to other free agents, they
may just not have been chosen, but less and less likely so. The last such sign in a gap tells how long they were gone at
least; if their next call came out of the queue, it tells it exactly. Long absences are breaks and belong to the schedule;
short ones are wrap-up and become a distribution (censored, since mostly nobody waits to make them seen).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log1p

from routing.simulation.call_log import NOBODY, Call
from routing.simulation.survival import Observation

TURNAROUND_SECONDS = 10.0  # from one call to the next if nothing else is to do
LONG_GAP_SECONDS = 600.0  # beyond it an agent is not counted among the idle
SURE = 3.0  # hints that add up to this leave a chance of exp(−3) = 5 % that the agent was there
BREAK_SECONDS = 60.0  # gone for longer than this is a break, not wrap-up
LEAST_CALLS = 2  # of a kind in a day, to count as somebody who takes that kind on that day


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two calls of one agent. `gone` = seconds they were not there at least (exactly, if `seen`)."""

    agent: str
    since: float
    until: float
    gone: float
    seen: bool
    watched: bool  # somebody was waiting for this agent when it began


@dataclass(frozen=True, slots=True)
class DutyDay:
    """One agent's day as far as the log shows it."""

    agent: str
    kinds: frozenset[str]  # taken often enough on this day
    calls: int
    first: float  # possibly a little before the first call
    last: float
    gaps: tuple[Gap, ...]

    def breaks(self, *, wrap_up: float) -> tuple[tuple[float, float], ...]:
        """(due, seconds) of the absences too long for wrap-up; `wrap_up` = mean seconds of it that come before.

        They keep their length, not their end: in a simulated day the moment falls into the middle of some other call,
        and an absence that ended by the clock would shrink or vanish behind it.
        """
        return tuple((gap.since, gap.gone - wrap_up) for gap in self.gaps if gap.gone >= BREAK_SECONDS)


def duty_days(calls: Sequence[Call]) -> list[DutyDay]:
    """Every agent of one day's calls, in order of name."""
    served = sorted((call for call in calls if call.served and call.agent != NOBODY), key=lambda call: call.started)
    own: dict[str, list[Call]] = {}
    for call in served:
        own.setdefault(call.agent, []).append(call)
    signs = _Signs(calls, own)
    return [_duty(agent, mine, signs) for agent, mine in sorted(own.items())]


def wrap_ups(days: Iterable[DutyDay]) -> list[Observation]:
    """Times away in the gaps that began with somebody waiting, so that being watched does not depend on their length."""
    return [Observation(gap.gone, ended=gap.seen) for day in days for gap in day.gaps if gap.watched]


class _Signs:
    """What the rest of the floor tells about an agent's gaps."""

    def __init__(self, calls: Sequence[Call], own: dict[str, list[Call]]) -> None:
        self.kinds = {agent: _kinds_of(mine) for agent, mine in own.items()}
        self._idle = _idle_counts(own)
        self._at_once = _by_kind(call for mine in own.values() for call in mine if call.waited == 0)
        self._queued = _by_kind(call for call in calls if call.waited > 0)
        self._longest = max((call.waited for call in calls), default=0.0)

    def gone(self, agent: str, since: float, until: float) -> float:
        """Seconds after `since` for which the agent was certainly, or all but certainly, not there.

        A caller in the queue is proof, for as long as they wait. A caller taken at once by one of m idle colleagues is a
        hint: had the agent been there, it would have been them with chance 1/(m + 1). The hints add up like a hazard, of
        which an agent who is there collects 1 on average before a call comes to them.
        """
        proven = self._last_wait(agent, since + 1, until - 1)
        passed_by = self._passed_by(agent, since + TURNAROUND_SECONDS, until - 1)
        if proven is None and sum(map(self._hint, passed_by)) < SURE:
            return 0.0
        left, known_until = 0.0, since if proven is None else proven
        for call in reversed(passed_by):
            left += self._hint(call)
            if left >= 1.0:
                return max(call.started, known_until) - since
        return known_until - since

    def there_before(self, agent: str, first: float) -> float:
        """Seconds before their first call for which the agent may well have been there: hints worth less than 1."""
        away_until = self._last_wait(agent, 0.0, first - 1) or 0.0
        collected, reached = 0.0, first
        for call in reversed(self._passed_by(agent, away_until, first - 1)):
            collected += self._hint(call)
            if collected >= 1.0:
                break
            reached = call.started
        return first - reached

    def is_awaited(self, agent: str, instant: float) -> bool:
        return any(call.left_queue > instant + 1 for call in self._in_queue(agent, instant, instant))

    def _hint(self, call: Call) -> float:
        """What a call taken at once by a colleague says against the agent's being there."""
        idle = self._idle[bisect_right(self._idle, (call.started, 1 << 30)) - 1][1]
        return -log1p(-1.0 / (max(1, idle) + 1))

    def _last_wait(self, agent: str, since: float, until: float) -> float | None:
        """The last moment of this span at which somebody waited whom the agent could have taken."""
        ends = (min(until, call.left_queue) for call in self._in_queue(agent, since, until))
        return max((end for end in ends if end > since), default=None)

    def _in_queue(self, agent: str, since: float, until: float) -> Iterator[Call]:
        """Callers of the agent's kinds who were in the queue in this span, and some who had left just before."""
        for kind in self.kinds[agent]:
            yield from self._queued.get(kind, _NONE).between(since - self._longest, until)

    def _passed_by(self, agent: str, since: float, until: float) -> list[Call]:
        found = [
            call
            for kind in self.kinds[agent]
            for call in self._at_once.get(kind, _NONE).between(since, until)
            if call.agent != agent
        ]
        return sorted(found, key=lambda call: call.started)


class _Calls:
    """Calls in order of entry, to be cut out by time."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._calls = sorted(calls, key=lambda call: call.entered)
        self._times = [call.entered for call in self._calls]

    def between(self, since: float, until: float) -> Sequence[Call]:
        """Entered after `since`, at the latest at `until`."""
        return self._calls[bisect_right(self._times, since) : bisect_right(self._times, until)]


_NONE = _Calls(())


def _by_kind(calls: Iterable[Call]) -> dict[str, _Calls]:
    kinds: dict[str, list[Call]] = {}
    for call in calls:
        kinds.setdefault(call.kind, []).append(call)
    return {kind: _Calls(each) for kind, each in kinds.items()}


def _idle_counts(own: dict[str, list[Call]]) -> list[tuple[float, int]]:
    """(instant, agents between two calls not far apart from then on), ascending."""
    changes = [(float("-inf"), 0)]
    for mine in own.values():
        for before, call in pairwise(mine):
            if 0 < call.started - before.ended < LONG_GAP_SECONDS:
                changes += [(before.ended, 1), (call.started, -1)]
    changes.sort()
    idle, counts = 0, []
    for instant, change in changes:
        idle += change
        counts.append((instant, idle))
    return counts


def _duty(agent: str, mine: Sequence[Call], signs: _Signs) -> DutyDay:
    gaps, free_since = [], mine[0].ended
    for call in mine[1:]:
        if call.started >= free_since:
            seen = call.waited > 0
            gone = call.started - free_since if seen else signs.gone(agent, free_since, call.started)
            watched = signs.is_awaited(agent, free_since)
            gaps.append(Gap(agent, free_since, call.started, gone, seen, watched))
        free_since = max(free_since, call.ended)
    first = mine[0].started - (signs.there_before(agent, mine[0].started) if mine[0].waited == 0 else 0.0)
    return DutyDay(agent, signs.kinds[agent], len(mine), first, free_since, tuple(gaps))


def _kinds_of(mine: Sequence[Call]) -> frozenset[str]:
    counts = Counter(call.kind for call in mine)
    return frozenset(kind for kind, number in counts.items() if number >= LEAST_CALLS) or frozenset(counts)
