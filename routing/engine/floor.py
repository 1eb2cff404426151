"""The floor: waiting items in groups of equal need, and the agents. One event costs O(groups), not O(items).

Items of one group want the same of an agent and age at the same speed, so a heap per group stays in order for good,
and a group nobody can serve is passed over at once. `match` builds a floor from a snapshot; the simulator keeps one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import NamedTuple

from routing.engine.bench import is_cooling
from routing.engine.capacity import INTERRUPTING, Seat, cost_of, default_cost
from routing.engine.overflow import diversion, wait_limit_at
from routing.engine.pools import Need, Pool, Roster
from routing.engine.rings import advances_at, ring_now, rings_of
from routing.engine.run import Run
from routing.engine.scoring import score_line, waited
from routing.engine.snapshot import Agent, Diversion, Item, Match, QueueRules, Reason, Snapshot, Strategy

EVERYONE = -1  # as a set of agents: every bit


class Ticket(NamedTuple):
    """An item's place in its group's heap, the foremost first."""

    order: float
    queued_at: float
    item: int
    serial: int  # tells the present ticket of an item from outdated ones


@dataclass(slots=True, eq=False)
class Group:
    """Waiting items with one need and one growth of score per second."""

    need: Need
    rules: QueueRules
    growth: float
    pool: Pool
    tickets: list[Ticket]


@dataclass(slots=True, eq=False)
class Standing:
    """Where a waiting item stands."""

    item: Item
    ring: int
    since: float
    serial: int
    group: Group | None = None  # None while it is parked
    parked: Reason | None = None
    recheck_at: float | None = None  # when it belongs into another group, or leaves, by time alone


class Floor:
    """Mutable working state of matching. Not thread-safe; deterministic in the order of calls."""

    def __init__(
        self,
        *,
        now: float,
        agents: Iterable[Agent],
        queues: Mapping[int, QueueRules],
        level_seconds: float = 60.0,
        alternatives: int = 3,
    ) -> None:
        self.origin = now
        self.queues = queues
        self.level_seconds = level_seconds
        self.alternatives = alternatives
        self.version = 0  # grows with every change of an agent's load or presence
        self.roster = Roster(Seat(agent) for agent in agents)
        self.standings: dict[int, Standing] = {}
        self.held: dict[int, tuple[Reason, float | None]] = {}
        self._defaults: dict[int, QueueRules] = {}
        self._groups: dict[tuple[Need, float], Group] = {}
        self._active: dict[tuple[Need, float], Group] = {}
        self._pools: dict[Need, Pool] = {}
        self._reserves = {queue: rules for queue, rules in queues.items() if rules.min_reserve > 0}
        self._serial = 0

    @classmethod
    def of(cls, snapshot: Snapshot) -> Floor:
        """An empty floor with the snapshot's agents and rules."""
        return cls(
            now=snapshot.now,
            agents=snapshot.agents,
            queues=snapshot.queues,
            level_seconds=snapshot.level_seconds,
            alternatives=snapshot.alternatives,
        )

    def rules(self, queue: int) -> QueueRules:
        return self.queues.get(queue) or self._defaults.setdefault(queue, QueueRules(queue))

    @property
    def keeps_reserves(self) -> bool:
        """Whether some queue wants agents kept free for it."""
        return bool(self._reserves)

    # agents and their loads

    def seat(self, agent: int) -> Seat:
        """The agent's seat; KeyError for one who is not on the floor."""
        return self.roster.seats[self.roster.bit_of[agent].bit_length() - 1]

    def take(self, seat: Seat, medium: str, cost: int, *, interruptible: bool, now: float) -> None:
        seat.take(medium, cost, interruptible=interruptible, now=now)
        self.roster.load_changed(seat)
        self.version += 1

    def release(self, seat: Seat, medium: str, cost: int, *, interruptible: bool, now: float) -> None:
        seat.release(medium, cost, interruptible=interruptible, now=now)
        self.roster.load_changed(seat)
        self.version += 1

    def withdraw(self, seat: Seat, medium: str, cost: int, *, interruptible: bool) -> None:
        seat.withdraw(medium, cost, interruptible=interruptible)
        self.roster.load_changed(seat)
        self.version += 1

    def set_present(self, agent: int, present: bool, *, now: float) -> None:
        """Let the agent come (idle from now) or go. Waiting items keep their ring: see `rebuild`."""
        bit, seat = self.roster.bit_of[agent], self.seat(agent)
        self.version += 1
        if present:
            self.roster.present |= bit
            seat.idle_since = None if seat.load else now
        else:
            self.roster.present &= ~bit

    def rebuild(self, queues: Mapping[int, QueueRules], *, now: float) -> list[Standing | Diversion]:
        """Read the rules and every waiting item anew: after a change of rules, or of who is staffed where rings matter."""
        self.queues = queues
        self._groups, self._active, self._pools = {}, {}, {}
        self._reserves = {queue: rules for queue, rules in queues.items() if rules.min_reserve > 0}
        self.roster.forget_demands()
        waiting = [with_its_ring(standing) for standing in self.standings.values()]
        self.standings = {}
        return [self.add(item, now=now) for item in waiting]

    # items come and go

    def add(self, item: Item, *, now: float) -> Standing | Diversion:
        """Let the item wait in the group it belongs to now; a Diversion when its queue cannot keep it."""
        rules = self.rules(item.queue)
        leaves = diversion(item, rules, self.queues, now=now)
        if leaves is not None:
            return leaves
        self._serial += 1
        ring, since = ring_now(item, rules, now=now)
        standing = Standing(item, ring, since, self._serial)
        self.standings[item.id] = standing
        if not rules.push:
            standing.parked = Reason.PULL_ONLY
        elif item.eligible_at > now:
            standing.parked, standing.recheck_at = Reason.NOT_YET, item.eligible_at
        else:
            self._join(standing, rules, now)
        return standing

    def discard(self, item: int) -> Item | None:
        """Take the item off the floor (matched, abandoned, withdrawn)."""
        standing = self.standings.pop(item, None)
        return None if standing is None else standing.item

    def refresh(self, item: int, *, now: float) -> Standing | Diversion | None:
        """Re-read an item whose `recheck_at` has come."""
        standing = self.standings.pop(item, None)
        return None if standing is None else self.add(with_its_ring(standing), now=now)

    def _join(self, standing: Standing, rules: QueueRules, now: float) -> None:
        item = standing.item
        score, growth, changes_at = score_line(item, rules.aging, now=now)
        need = self._need(item, standing.ring, rules, now)
        if need.direct is None:
            need = self._fast_forward(standing, need, rules, now)
        key = (need, growth)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(need, rules, growth, self._pool(need, rules), [])
        order = growth * (now - self.origin) - score
        heappush(group.tickets, Ticket(order, item.queued_at, item.id, standing.serial))
        self._active[key] = group
        standing.group = group
        standing.recheck_at = _earliest(
            item.direct_until if need.direct is not None else None,
            item.sticky_until if need.sticky is not None else None,
            advances_at(rules, standing.ring, standing.since),
            changes_at,
            None if rules.max_wait is None else _future(wait_limit_at(item, rules.max_wait), now),
        )

    def _need(self, item: Item, ring: int, rules: QueueRules, now: float) -> Need:
        return Need(
            item.queue,
            item.medium,
            cost_of(item),
            item.interruptible,
            item.required,
            item.preferred,
            ring,
            item.direct_agent if item.direct_until is None or now < item.direct_until else None,
            item.sticky_agent if _waits_for_known(item, now) and item.sticky_agent in self.roster.bit_of else None,
            item.id if item.agent_scores and rules.strategy is Strategy.SCORE else None,
        )

    def _fast_forward(self, standing: Standing, need: Need, rules: QueueRules, now: float) -> Need:
        """Skip rings in which nobody is staffed, at once; a ring that holds is waited in all the same."""
        rings = rings_of(rules)
        reached = need
        while not self._pool(reached, rules).bits & self.roster.present and not rings[reached.ring].hold:
            if reached.ring + 1 >= len(rings):
                return need  # nobody anywhere: let the timers run, someone may log in
            reached = reached._replace(ring=reached.ring + 1)
        if reached.ring != need.ring:
            standing.ring, standing.since = reached.ring, now
        return reached

    def _pool(self, need: Need, rules: QueueRules) -> Pool:
        pool = self._pools.get(need)
        if pool is None:
            pool = self._pools[need] = self.roster.pool(need, rules)
        return pool

    # matching

    def run(self, *, now: float, item: int | None = None, only: int = EVERYONE) -> list[Match]:
        """Match as many as can be, the largest score first. Matched items leave the floor; agents' loads grow.

        With `item` only its group is looked at, with `only` these agents (bits): enough when nothing else has changed.
        """
        return Run(self, now=now, only=only).matches(self._groups_for(item))

    def has_chance(self, item: Item, only: int) -> bool:
        """A quick look before an item is indexed: False when none of these agents could take it in any ring."""
        if item.direct_agent is not None:
            return True
        rules, roster = self.rules(item.queue), self.roster
        bits = roster.free(item.medium, cost_of(item)) & only
        if not rules.rings:
            bits &= roster.members(item.queue)
        for each in item.required:
            if each.hard and bits:
                bits &= roster.skilled((each,))
        return bits != 0

    def _groups_for(self, item: int | None) -> list[Group]:
        if item is not None:
            standing = self.standings.get(item)
            return [standing.group] if standing is not None and standing.group is not None else []
        for key in [key for key, group in self._active.items() if self.head(group) is None]:
            del self._active[key]
        return list(self._active.values())

    def head(self, group: Group) -> Ticket | None:
        """The group's foremost ticket; outdated ones fall away."""
        tickets = group.tickets
        while tickets:
            ticket = tickets[0]
            standing = self.standings.get(ticket.item)
            if standing is not None and standing.serial == ticket.serial:
                return ticket
            heappop(tickets)
        return None

    def refusal(self, item: Item, group: Group, seat: Seat, *, now: float) -> Reason | None:
        """Why an agent with room may not have this very item."""
        if item.excluded and is_cooling(item, seat.id, now=now):
            return Reason.EXCLUDED
        delays = seat.agent.queue_delays
        if delays and delays.get(item.queue, 0.0) > waited(item, now=now):
            return Reason.QUEUE_DELAY
        if group.rules.blended and self._breaks_reserve(seat, group.need):
            return Reason.RESERVED
        return None

    def _breaks_reserve(self, seat: Seat, need: Need) -> bool:
        """Whether giving this blended work to the agent would leave another queue fewer free agents than its reserve."""
        for queue, rules in self._reserves.items():
            if queue == need.queue or queue not in seat.agent.queues:
                continue
            cost = default_cost(rules.medium)
            makes_way = need.interruptible and rules.medium in INTERRUPTING
            if not seat.fits(rules.medium, cost) or seat.fits(rules.medium, cost if makes_way else cost + need.cost):
                continue
            free = (self.roster.members(queue) & self.roster.free(rules.medium, cost)).bit_count()
            if free - 1 < rules.min_reserve:
                return True
        return False


def with_its_ring(standing: Standing) -> Item:
    """The item as it would be stored now: a ring once reached, by time or for want of people, is not left again."""
    item = standing.item
    if standing.ring == item.ring:
        return item
    return replace(item, ring=standing.ring, ring_since=standing.since, ring_elapsed=0.0)


def _waits_for_known(item: Item, now: float) -> bool:
    """Who served this customer last comes first until then; after that they are one of the queue's agents."""
    return item.sticky_until is not None and now < item.sticky_until


def _earliest(*instants: float | None) -> float | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _future(instant: float, now: float) -> float | None:
    return instant if instant > now else None
