"""Who serves a kind of work: what foretelling its wait rests on, for the running floor and the simulated one alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.engine.capacity import default_cost
from routing.engine.pools import Need, Roster, asked_of
from routing.engine.rings import Relaxation, rings_of
from routing.engine.snapshot import Preference, QueueRules, Requirement
from routing.estimate import Estimate, Line, expected_wait

STEPS = 500  # of the sum of waits; who is further back is told the same


class Demand(NamedTuple):
    """What tells those who wait in a queue apart for whoever serves it."""

    medium: str
    required: tuple[Requirement, ...] = ()
    preferred: tuple[Preference, ...] = ()


class Servers(NamedTuple):
    """`bits`: the agents; `slots`: how many such items they can hold at once; `free`: how many more they could now."""

    bits: int
    slots: int
    free: int


def servers_of(roster: Roster, rules: QueueRules, demand: Demand) -> Servers:
    """Whoever is there and can take such work now or when its rings have relaxed: members of any level, and teams that
    help without a condition (one may never hold); hard requirements, and soft ones that no ring drops."""
    rings = rings_of(rules)
    relaxed = Relaxation(
        dropped=frozenset().union(*(ring.drops for ring in rings)),
        drops_all_soft=any(ring.drops_all_soft for ring in rings),
        min_queue_level=0,
        groups=tuple(group for ring in rings for group in ring.groups if not group.has_conditions),
    )
    cost = default_cost(demand.medium)
    need = Need(rules.id, demand.medium, cost, False, demand.required, demand.preferred, len(rings) - 1, None, None)
    bits = roster.members(rules.id)
    for group in relaxed.groups:
        bits |= roster.helpers(group.group)
    bits &= roster.present & roster.reached_by(demand.medium) & roster.skilled(asked_of(need, rules, relaxed))
    seats = list(roster.each(bits))
    return Servers(
        bits,
        slots=sum(seat.most(demand.medium, cost) for seat in seats),
        free=sum(seat.room(demand.medium, cost) for seat in seats),
    )


def in_the_way(mine: Servers, others: Iterable[tuple[Servers, int]]) -> int:
    """How many of those ahead my servers will probably take: of each kind (its servers, how many wait), the share of those
    servers who are mine. Whom nobody can serve stands in nobody's way."""
    return round(
        sum(
            count * (mine.bits & their.bits).bit_count() / their.bits.bit_count()
            for their, count in others
            if their.bits
        )
    )


class Kinds:
    """The servers of each kind of work, worked out once."""

    def __init__(self, roster: Roster, rules: Mapping[int, QueueRules]) -> None:
        self._roster, self._rules = roster, rules
        self._known: dict[tuple[int, Demand], Servers] = {}

    def __call__(self, queue: int, demand: Demand) -> Servers:
        found = self._known.get((queue, demand))
        if found is None:
            found = self._known[queue, demand] = servers_of(self._roster, self._rules[queue], demand)
        return found


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a queue is served, from the work just done."""

    handle_seconds: float = 0.0  # 0 = unknown
    abandons_per_second: float = 0.0  # of one waiting customer
    share: float = 1.0  # of its agents' time
    medium: str = "messaging"  # what mostly comes here


class Waiting(NamedTuple):
    """One kind of waiting work in a queue: how many, and how long the first of them has waited there."""

    demand: Demand
    number: int
    longest: float


@dataclass(frozen=True, slots=True)
class Service:
    """How some queues are served now: their paces, and the servers of each kind of work."""

    paces: Mapping[int, Pace]
    kinds: Kinds

    def estimate(
        self, queue: int, demand: Demand, *, ahead: Iterable[tuple[Demand, int]], longest: float = 0.0
    ) -> Estimate:
        """The wait behind `ahead`: of each kind, how many go before. `longest`: seconds somebody has waited there."""
        mine, pace = self.kinds(queue, demand), self.paces[queue]
        before = [(self.kinds(queue, their), count) for their, count in ahead]
        line = Line(
            ahead=min(in_the_way(mine, before), STEPS),
            agents=mine.slots * pace.share,
            handle_seconds=pace.handle_seconds,
            abandons_per_second=pace.abandons_per_second,
            free_agents=mine.free,
            longest_wait_seconds=longest,
        )
        return expected_wait(line)

    def joining(self, queue: int, waiting: Sequence[Waiting]) -> float:
        """Mean seconds of somebody joining the queue's end: who comes is taken to need what those need who wait."""
        kinds = waiting or [Waiting(Demand(self.paces[queue].medium), 1, 0.0)]
        ahead = [(one.demand, one.number) for one in waiting]
        longest = max(one.longest for one in kinds)
        waits = [
            self.estimate(queue, one.demand, ahead=ahead, longest=longest).mean_seconds * one.number for one in kinds
        ]
        return sum(waits) / sum(one.number for one in kinds)
