"""One group's free agents during one run, best first, and the choice among them.

During a run an agent's rank for an item only gets worse (they take more work), so a heap whose entries are corrected
when they surface is enough; it is built when the group's first item is due, not before.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from routing.engine.pools import proficiency
from routing.engine.scoring import NEVER, score_parts, strategy_value
from routing.engine.snapshot import Choice, Crowd, Item, Match, Reason, SkillMode

if TYPE_CHECKING:
    from routing.engine.capacity import Seat
    from routing.engine.floor import Floor, Group, Ticket

Key = tuple[float, float, int]
KNOWN = 1_000  # the level at which the sticky agent ranks: before every queue level


class Candidate(NamedTuple):
    """An agent's rank for this group; smaller is better, the final tie is the agent's id."""

    level: int  # negative; the sticky agent's is `KNOWN`
    proficiency: float
    value: float
    load: int
    last_offer_at: float
    agent: int
    version: int
    seat: Seat

    @property
    def is_known(self) -> bool:
        return self.level == -KNOWN


class Bench:
    """`only` limits the run to a set of agents."""

    __slots__ = (
        "_aside",
        "_heap",
        "_ranks_skills",
        "_spent",
        "_tiers",
        "floor",
        "group",
        "listed",
        "now",
        "only",
        "valid_at",
    )

    def __init__(self, floor: Floor, group: Group, *, now: float, only: int) -> None:
        self.floor = floor
        self.group = group
        self.now = now
        self.only = only
        self.listed = False  # in the order of the run
        self.valid_at = -1  # the floor's version at which the key was last worked out
        self._heap: list[Candidate] = []
        known = group.pool.known
        others = [(level, bits & ~known) for level, bits in group.pool.levels] if known else group.pool.levels
        self._tiers = [*reversed(others), (KNOWN, known)] if known else list(reversed(others))
        self._aside: list[Ticket] = []
        self._spent = False
        asks = bool(group.need.required or group.need.preferred)
        self._ranks_skills = asks and group.rules.skill_mode is SkillMode.BEST

    def key(self) -> Key | None:
        """Place of the group's first item among all groups, smaller first; None when nothing more can be matched."""
        self.valid_at = self.floor.version
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
        picked, skipped = self._pick(item, rules.offer_size + self.floor.alternatives)
        for candidate in (*picked, *(entry for entry, _ in skipped)):
            heappush(self._heap, candidate)  # the chosen are corrected when they surface again
        self._spent = not self._heap
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

    def _expand(self) -> bool:
        """Let the next tier of agents in: the known one, then level by level. False when there is none left."""
        if not self._tiers:
            return False
        level, bits = self._tiers.pop()
        rules, now = self.group.rules, self.now
        for seat in self.floor.roster.each(bits & self._free()):
            if not rules.limits_agents or seat.allowed_by(rules, now=now):
                heappush(self._heap, self._candidate(seat, level))
        return True

    def _candidate(self, seat: Seat, level: int) -> Candidate:
        need, rules = self.group.need, self.group.rules
        own = None if need.own is None else self.floor.standings[need.own].item.agent_scores
        skill = -proficiency(seat.agent.skills, need) if self._ranks_skills else 0.0
        value = strategy_value(rules.strategy, seat, own.get(seat.id, 0.0) if own else 0.0)
        last = NEVER if seat.last_offer_at is None else seat.last_offer_at
        return Candidate(-level, skill, value, seat.load, last, seat.id, seat.version, seat)

    def _pick(self, item: Item, wanted: int) -> tuple[list[Candidate], list[tuple[Candidate, Reason]]]:
        """(up to `wanted` agents, best first; those passed over for this item alone, with why)."""
        picked: list[Candidate] = []
        skipped: list[tuple[Candidate, Reason]] = []
        need, rules = self.group.need, self.group.rules
        while len(picked) < wanted and (self._heap or self._expand()):
            if not self._heap:
                continue
            candidate = heappop(self._heap)
            seat = candidate.seat
            if candidate.version != seat.version:
                if seat.fits(need.medium, need.cost) and seat.allowed_by(rules, now=self.now):
                    heappush(self._heap, self._candidate(seat, -candidate.level))
                continue
            reason = self.floor.refusal(item, self.group, seat, now=self.now)
            if reason is None:
                picked.append(candidate)
            else:
                skipped.append((candidate, reason))
        return picked, skipped

    def _holds_for_sticky(self, item: Item, best: Candidate, skipped: list[tuple[Candidate, Reason]]) -> bool:
        """Whether to wait for the known agent, who is expected to be free before the item's sticky wait ends."""
        if not self.group.pool.known or best.is_known:
            return False
        if item.sticky_until is None or item.sticky_until <= self.now:
            return False
        if any(candidate.is_known for candidate, _ in skipped) or is_cooling(item, item.sticky_agent, now=self.now):
            return False
        known = next(self.floor.roster.each(self.group.pool.known & self.floor.roster.present), None)
        free_at = None if known is None else known.predicted_free_at
        return free_at is not None and free_at <= item.sticky_until

    def _match(
        self, item: Item, chosen: list[Candidate], rest: list[Candidate], skipped: list[tuple[Candidate, Reason]]
    ) -> Match:
        group = self.group
        filtered = dict(group.pool.filtered)
        busy = (group.pool.bits & self.floor.roster.present & ~self._free()).bit_count()
        if busy:
            filtered[Reason.NO_CAPACITY] = busy
        for _, reason in skipped:
            filtered[reason] = filtered.get(reason, 0) + 1
        ranked = Reason.STICKY if chosen[0].is_known else Reason.RANKED
        return Match(
            item=item.id,
            agents=tuple(candidate.agent for candidate in chosen),
            score=score_parts(item, group.rules, now=self.now),
            ring=group.need.ring,
            reason=ranked if group.need.direct is None else Reason.DIRECT,
            cost=group.need.cost,
            chosen=tuple(map(self._choice, chosen)),
            alternatives=tuple(map(self._choice, rest)),
            considered=len(self.floor.roster.seats),
            filtered=filtered,
            others=Crowd(self.floor.roster.ids, self._others(chosen, skipped)),
        )

    def _others(self, chosen: list[Candidate], skipped: list[tuple[Candidate, Reason]]) -> dict[Reason, int]:
        """Why everybody else is not offered it. Who may not be matched in this run at all is told nothing about."""
        roster, group = self.floor.roster, self.group
        free = roster.free(group.need.medium, group.need.cost)
        out = {**group.pool.out, Reason.NO_CAPACITY: group.pool.bits & roster.present & ~free}
        rest = group.pool.bits & free & self.only
        for candidate in chosen:
            rest &= ~roster.bit_of[candidate.agent]
        for candidate, reason in skipped:
            bit = roster.bit_of[candidate.agent]
            out[reason], rest = out.get(reason, 0) | bit, rest & ~bit
        if group.rules.limits_agents:
            late = [seat for seat in roster.each(rest) if not seat.allowed_by(group.rules, now=self.now)]
            out[Reason.AT_LIMIT] = roster.bits_of(seat.id for seat in late)
        out[Reason.OUTRANKED] = rest & ~out.get(Reason.AT_LIMIT, 0)
        return out

    def _choice(self, candidate: Candidate) -> Choice:
        level = -candidate.level
        if candidate.is_known:
            level = self.group.pool.top_level(self.floor.roster.bit_of[candidate.agent])
        return Choice(candidate.agent, level, -candidate.proficiency, candidate.value)


def is_cooling(item: Item, agent: int | None, *, now: float) -> bool:
    """Whether the item may not be offered to this agent again yet."""
    return any(excluded == agent and until > now for excluded, until in item.excluded)
