"""One group's free agents during one run, best first, and the choice among them.

During a run an agent's rank for an item only gets worse (they take more work), so a heap whose entries are corrected
when they surface is enough; it is built when the group's first item is due, not before.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from routing.engine.pools import proficiency
from routing.engine.scoring import NEVER, score_parts, strategy_value
from routing.engine.snapshot import Choice, Item, Match, Reason

if TYPE_CHECKING:
    from routing.engine.capacity import Seat
    from routing.engine.floor import Floor, Group, Ticket

Key = tuple[float, float, int]


class Candidate(NamedTuple):
    """An agent's rank for this group; smaller is better, the final tie is the agent's id."""

    unknown: bool  # False for the sticky agent, who goes first
    level: int
    proficiency: float
    value: float
    load: int
    last_offer_at: float
    agent: int
    version: int
    seat: Seat

    def choice(self) -> Choice:
        return Choice(self.agent, -self.level, -self.proficiency, self.value)


class Bench:
    """`only` limits the run to a set of agents."""

    __slots__ = ("_aside", "_heap", "_spent", "floor", "group", "listed", "now", "only")

    def __init__(self, floor: Floor, group: Group, *, now: float, only: int) -> None:
        self.floor = floor
        self.group = group
        self.now = now
        self.only = only
        self.listed = False  # in the order of the run
        self._heap: list[Candidate] | None = None
        self._aside: list[Ticket] = []
        self._spent = False

    def key(self) -> Key | None:
        """Place of the group's first item among all groups, smaller first; None when nothing more can be matched."""
        free = 0 if self._spent else self._free()
        ticket = self.floor.head(self.group) if free else None
        if ticket is None:
            return None
        score = self.group.growth * (self.now - self.floor.origin) - ticket.order
        bonus = self.floor.level_seconds * self.group.pool.top_level(free)
        return -(score + bonus), ticket.queued_at, ticket.item

    def place(self) -> Match | None:
        """Match the group's first item, or set it aside when the agents here are free but not for this very item."""
        ticket = self.floor.head(self.group)
        if ticket is None:
            return None
        item, rules, need = self.floor.standings[ticket.item].item, self.group.rules, self.group.need
        heap = self._candidates()
        picked, skipped = self._pick(heap, item, rules.offer_size + self.floor.alternatives)
        for candidate in (*picked, *(entry for entry, _ in skipped)):
            heappush(heap, candidate)  # the chosen are corrected when they surface again
        self._spent = not heap
        if self._spent:
            return None
        if not picked or self._holds_for_sticky(item, picked[0], skipped):
            if picked:
                self.floor.held[item.id] = (Reason.WAITS_FOR_STICKY, item.sticky_until)
            self._aside.append(heappop(self.group.tickets))
            return None
        chosen, rest = picked[: rules.offer_size], picked[rules.offer_size :]
        match = self._match(item, chosen, rest, skipped)
        for candidate in chosen:
            self.floor.take(candidate.seat, need.medium, need.cost, interruptible=need.interruptible, now=self.now)
        self.floor.discard(item.id)
        return match

    def put_back(self) -> None:
        """Return the items set aside to their group."""
        for ticket in self._aside:
            heappush(self.group.tickets, ticket)

    def _free(self) -> int:
        need = self.group.need
        return self.group.pool.bits & self.floor.roster.free(need.medium, need.cost) & self.only

    def _candidates(self) -> list[Candidate]:
        if self._heap is None:
            rules, now = self.group.rules, self.now
            seats = self.floor.roster.each(self._free())
            self._heap = [
                self._candidate(seat) for seat in seats if not rules.limits_agents or seat.allowed_by(rules, now=now)
            ]
            heapify(self._heap)
        return self._heap

    def _candidate(self, seat: Seat) -> Candidate:
        group, need = self.group, self.group.need
        pool, rules = group.pool, group.rules
        bit = self.floor.roster.bit_of[seat.id]
        own = None if need.own is None else self.floor.standings[need.own].item.agent_scores
        return Candidate(
            not pool.known & bit,
            -pool.top_level(bit),
            -proficiency(seat.agent.skills, need, rules.skill_mode),
            strategy_value(rules.strategy, seat, predicted=own.get(seat.id, 0.0) if own else 0.0),
            seat.load,
            NEVER if seat.last_offer_at is None else seat.last_offer_at,
            seat.id,
            seat.version,
            seat,
        )

    def _pick(
        self, heap: list[Candidate], item: Item, wanted: int
    ) -> tuple[list[Candidate], list[tuple[Candidate, Reason]]]:
        """(up to `wanted` agents, best first; those passed over for this item alone, with why)."""
        picked: list[Candidate] = []
        skipped: list[tuple[Candidate, Reason]] = []
        need, rules = self.group.need, self.group.rules
        while heap and len(picked) < wanted:
            candidate = heappop(heap)
            seat = candidate.seat
            if candidate.version != seat.version:
                if seat.fits(need.medium, need.cost) and seat.allowed_by(rules, now=self.now):
                    heappush(heap, self._candidate(seat))
                continue
            reason = self.floor.refusal(item, self.group, seat, now=self.now)
            if reason is None:
                picked.append(candidate)
            else:
                skipped.append((candidate, reason))
        return picked, skipped

    def _holds_for_sticky(self, item: Item, best: Candidate, skipped: list[tuple[Candidate, Reason]]) -> bool:
        """Whether to wait for the known agent, who is expected to be free before the item's sticky wait ends."""
        if not self.group.pool.known or not best.unknown:
            return False
        if item.sticky_until is None or item.sticky_until <= self.now:
            return False
        if any(not candidate.unknown for candidate, _ in skipped) or is_cooling(item, item.sticky_agent, now=self.now):
            return False
        known = next(self.floor.roster.each(self.group.pool.known))
        free_at = known.agent.predicted_free_at
        return free_at is not None and free_at <= item.sticky_until

    def _match(
        self, item: Item, chosen: list[Candidate], rest: list[Candidate], skipped: list[tuple[Candidate, Reason]]
    ) -> Match:
        group = self.group
        filtered = dict(group.pool.filtered)
        busy = (group.pool.bits & ~self._free()).bit_count()
        if busy:
            filtered[Reason.NO_CAPACITY] = busy
        for _, reason in skipped:
            filtered[reason] = filtered.get(reason, 0) + 1
        ranked = Reason.RANKED if chosen[0].unknown else Reason.STICKY
        return Match(
            item=item.id,
            agents=tuple(candidate.agent for candidate in chosen),
            score=score_parts(item, group.rules, now=self.now),
            ring=group.need.ring,
            reason=ranked if group.need.direct is None else Reason.DIRECT,
            cost=group.need.cost,
            chosen=tuple(candidate.choice() for candidate in chosen),
            alternatives=tuple(candidate.choice() for candidate in rest),
            considered=len(self.floor.roster.seats),
            filtered=filtered,
        )


def is_cooling(item: Item, agent: int | None, *, now: float) -> bool:
    """Whether the item may not be offered to this agent again yet."""
    return any(excluded == agent and until > now for excluded, until in item.excluded)
