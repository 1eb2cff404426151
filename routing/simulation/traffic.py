"""What is learned from the days of a call log: handle times, patience, wrap-up and agents' pace, each with its censoring.

A handle time is kind × hour × agent, as factors fitted in turn (an agent seen rarely is pulled towards the average).
Patience is Kaplan–Meier by kind and priority. Callers answered at once were never asked who they are, so their priority
is drawn from the queued callers of their kind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from routing.simulation.call_log import NOBODY, Call
from routing.simulation.chance import Constant, Curve, Duration, Observed, Stretched
from routing.simulation.duty import BREAK_SECONDS, SURE, DutyDay, wrap_ups
from routing.simulation.survival import Observation, fit, fit_below

LEAST_ENDS = 60  # hang-ups seen, for a patience curve of its own
ROUNDS = 8
K = TypeVar("K")
HABIT = 0.5  # of the average share of a kind: halfway between never and like everybody
PRIOR_CALLS = 20  # an agent's or hour's factor counts this many average calls beside its own


@dataclass(frozen=True, slots=True)
class Traffic:
    """Everything that was fitted. `skill_of` numbers the kinds of calls."""

    handle: Mapping[str, Observed]  # by kind, for an average agent in an average hour
    hours: Mapping[int, float]
    paces: Mapping[str, float]
    patience: Mapping[tuple[str, int], Curve]  # priority −1 = the kind as a whole, ("", −1) = everybody
    wrap_up: Duration
    priorities: Mapping[str, Sequence[int]]  # of queued callers, by kind
    habits: Mapping[str, frozenset[str]] = field(default_factory=dict)  # agent → kinds they take as often as others
    shares: Mapping[str, float] = field(default_factory=dict)  # of each kind in all answered calls

    def handle_of(self, kind: str, hour: int) -> Duration:
        base = self.handle.get(kind) or self.handle[""]
        return Stretched(base, self.hours.get(hour, 1.0))

    def patience_of(self, kind: str, priority: int) -> Curve:
        return self.patience.get((kind, priority)) or self.patience.get((kind, -1)) or self.patience["", -1]

    def takes(self, duty: DutyDay) -> frozenset[str]:
        """The kinds an agent takes on a day: those they took, and by habit those too rare for that day to tell."""
        rare = {kind for kind in self.habits.get(duty.agent, ()) if duty.calls * self.shares[kind] < SURE}
        return duty.kinds | rare

    def priority_of(self, call: Call, random: Random) -> int:
        known = self.priorities.get(call.kind)
        return random.choice(known) if call.waited == 0 and call.priority == 0 and known else call.priority


def learn(days: Iterable[Sequence[Call]], duties: Iterable[Sequence[DutyDay]]) -> Traffic:
    """Fit everything on these days. Raises ValueError when nobody was served on them."""
    calls = [call for day in days for call in day]
    served = [call for call in calls if call.served]
    if not served:
        raise ValueError("There are no answered calls on these days to learn from.")
    hours, paces = _factors(served)
    plain: dict[str, list[float]] = defaultdict(list)
    for call in served:
        relative = call.handle_seconds / (hours[call.hour] * paces[call.agent])
        plain[call.kind].append(relative)
        plain[""].append(relative)
    queued: dict[str, list[int]] = defaultdict(list)
    for call in calls:
        if call.waited > 0:
            queued[call.kind].append(call.priority)
    return Traffic(
        handle={kind: Observed(values) for kind, values in plain.items()},
        hours=hours,
        paces=paces,
        patience=_patience(calls),
        wrap_up=_wrap_up([duty for day in duties for duty in day]),
        priorities=queued,
        habits=_habits(served),
        shares=_shares(served),
    )


def _shares(served: Sequence[Call]) -> dict[str, float]:
    return {kind: count / len(served) for kind, count in Counter(call.kind for call in served).items()}


def _habits(served: Sequence[Call]) -> dict[str, frozenset[str]]:
    """agent → kinds of which they took at least HABIT of what falls to an average agent."""
    shares, own = _shares(served), defaultdict[str, list[Call]](list)
    for call in served:
        own[call.agent].append(call)
    own.pop(NOBODY, None)
    return {
        agent: frozenset(kind for kind, share in _shares(mine).items() if share >= HABIT * shares[kind])
        for agent, mine in own.items()
    }


def _wrap_up(duties: Sequence[DutyDay]) -> Duration:
    """Nothing where the log never shows anybody coming back to a waiting caller; longer absences are breaks."""
    return fit_below(wrap_ups(duties), BREAK_SECONDS) or Constant(0.0)


def _factors(served: Sequence[Call]) -> tuple[dict[int, float], dict[str, float]]:
    """(factor by hour, factor by agent) which with a mean by kind fit the handle times; each in turn given the others."""
    mean = sum(call.handle_seconds for call in served) / len(served)
    kinds: dict[str, float] = defaultdict(lambda: mean)
    hours: dict[int, float] = defaultdict(lambda: 1.0)
    paces: dict[str, float] = defaultdict(lambda: 1.0)
    prior = PRIOR_CALLS * mean
    for _ in range(ROUNDS):
        paces = _ratio(
            [(call.agent, call.handle_seconds, kinds[call.kind] * hours[call.hour]) for call in served], prior
        )
        hours = _ratio(
            [(call.hour, call.handle_seconds, kinds[call.kind] * paces[call.agent]) for call in served], prior
        )
        kinds = _ratio([(call.kind, call.handle_seconds, hours[call.hour] * paces[call.agent]) for call in served], 0.0)
    return hours, paces


def _ratio(calls: Iterable[tuple[K, float, float]], prior: float) -> dict[K, float]:
    """key → Σ seen ÷ Σ expected, both starting at the prior; calls as (key, seen, expected)."""
    totals: dict[K, tuple[float, float]] = defaultdict(lambda: (prior, prior))
    for key, seen, expected in calls:
        before = totals[key]
        totals[key] = before[0] + seen, before[1] + expected
    return {key: seen / expected for key, (seen, expected) in totals.items()}


def _patience(calls: Sequence[Call]) -> dict[tuple[str, int], Curve]:
    groups: dict[tuple[str, int], list[Observation]] = defaultdict(list)
    for call in calls:
        seen = Observation(call.waited, ended=not call.served)
        for group in ((call.kind, call.priority), (call.kind, -1), ("", -1)):
            groups[group].append(seen)
    enough = {
        group: observations
        for group, observations in groups.items()
        if group == ("", -1) or sum(each.ended for each in observations) >= LEAST_ENDS
    }
    return {group: fit(observations) for group, observations in enough.items()}
