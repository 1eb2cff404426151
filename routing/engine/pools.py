"""Who could take this kind of item, by presence, medium, membership and skills; and who of them is free.

A set of agents is a Python integer, bit i standing for the i-th agent by id: "member, speaks Hebrew at 3 or better,
has room for a chat" is two `&` of about 50 ns for 500 agents, so even ten thousand different needs are cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from routing.engine.capacity import Seat
from routing.engine.rings import Relaxation, relaxation
from routing.engine.scoring import demanded
from routing.engine.snapshot import Preference, QueueRules, Reason, Requirement, SkillId, SkillMode

MAX_LEVEL = 5


class Need(NamedTuple):
    """What an item asks of an agent. Items with equal needs and equal growth of score form one group."""

    queue: int
    medium: str
    cost: int
    interruptible: bool
    required: tuple[Requirement, ...]
    preferred: tuple[Preference, ...]
    ring: int
    direct: int | None
    sticky: int | None
    own: int | None = None  # the item's id when its ranking is its own (predictive scores per agent)


@dataclass(frozen=True, slots=True)
class Pool:
    """Everyone who may take such an item in this ring, now or when they are present and have room."""

    bits: int
    levels: tuple[tuple[int, int], ...]  # (queue level, agents who serve the queue at it), the highest first
    filtered: Mapping[Reason, int]  # how many agents each check took out, in the order of the checks
    known: int = 0  # the sticky agent's bit
    out: Mapping[Reason, int] = field(default_factory=dict)  # the same agents as bits

    def top_level(self, agents: int) -> int:
        """The highest queue level among these agents (one bit: that agent's)."""
        for level, bits in self.levels:
            if bits & agents:
                return level
        return 0


class Roster:
    """The logged-in agents as bits, indexed by queue and level, helping group, skill and level, medium, room."""

    def __init__(self, seats: Iterable[Seat]) -> None:
        self.seats = sorted(seats, key=lambda seat: seat.id)
        self.bit_of = {seat.id: 1 << index for index, seat in enumerate(self.seats)}
        self.ids = tuple(seat.id for seat in self.seats)
        self.all = (1 << len(self.seats)) - 1
        self.present = 0  # the routable ones; the others belong to pools but are never free
        self._by_queue: dict[int, dict[int, int]] = {}
        self._by_group: dict[int, int] = {}
        self._by_skill: dict[SkillId, list[int]] = {}
        self._by_medium: dict[str, int] = {}
        self._free: dict[tuple[str, int], int] = {}
        self._relaxed: dict[tuple[int, int], tuple[Relaxation, tuple[tuple[int, int], ...]]] = {}
        self._members: dict[int, int] = {}
        for seat in self.seats:
            self._index(seat, self.bit_of[seat.id])

    def _index(self, seat: Seat, bit: int) -> None:
        self.present |= bit if seat.agent.routable else 0
        for queue, level in seat.agent.queues.items():
            levels = self._by_queue.setdefault(queue, {})
            levels[level] = levels.get(level, 0) | bit
            self._members[queue] = self._members.get(queue, 0) | bit
        for group in seat.agent.groups:
            self._by_group[group] = self._by_group.get(group, 0) | bit
        for skill, level in seat.agent.skills.items():
            at_least = self._by_skill.setdefault(skill, [0] * (MAX_LEVEL + 1))
            for reached in range(min(level, MAX_LEVEL) + 1 if level > 0 else 0):
                at_least[reached] |= bit

    # sets of agents

    def each(self, bits: int) -> Iterator[Seat]:
        """The seats of a set, in the order of agent ids."""
        seats = self.seats
        while bits:
            lowest = bits & -bits
            yield seats[lowest.bit_length() - 1]
            bits ^= lowest

    def bits_of(self, agents: Iterable[int]) -> int:
        return _union(self.bit_of.get(agent, 0) for agent in agents)

    def members(self, queue: int) -> int:
        """Members of the queue at any level, present or not."""
        return self._members.get(queue, 0)

    def helpers(self, group: int) -> int:
        """Agents of this helping group, present or not."""
        return self._by_group.get(group, 0)

    def reached_by(self, medium: str) -> int:
        bits = self._by_medium.get(medium)
        if bits is None:
            seats = [seat for seat in self.seats if seat.agent.media is None or medium in seat.agent.media]
            bits = self._by_medium[medium] = _union(self.bit_of[seat.id] for seat in seats)
        return bits

    def skilled(self, asked: Iterable[Requirement]) -> int:
        """Agents who meet all of these requirements, present or not."""
        bits = self.all
        for each in asked:
            at_least = self._by_skill.get(each.skill)
            bits &= at_least[min(max(each.level, 0), MAX_LEVEL)] if at_least else 0
        return bits

    def free(self, medium: str, cost: int) -> int:
        """Present agents with room for one more such item."""
        bits = self._free.get((medium, cost))
        if bits is None:
            seats = [seat for seat in self.seats if seat.fits(medium, cost)]
            bits = self._free[medium, cost] = _union(self.bit_of[seat.id] for seat in seats)
        return bits & self.present

    def load_changed(self, seat: Seat) -> None:
        """To be called after every take, release or withdraw. O(different media and costs on the floor)."""
        bit = self.bit_of[seat.id]
        for (medium, cost), bits in self._free.items():
            self._free[medium, cost] = bits | bit if seat.fits(medium, cost) else bits & ~bit

    # pools

    def forget_demands(self) -> None:
        """To be called when rules have changed."""
        self._relaxed.clear()

    def pool(self, need: Need, rules: QueueRules) -> Pool:
        if need.direct is not None:
            return self._direct_pool(need)
        relaxed, levels = self._demands(rules, need.ring)
        serving = _union(bits for _, bits in levels)
        reached = serving & self.reached_by(need.medium)
        skilled = reached & self.skilled(asked_of(need, rules, relaxed))
        known = self._known(need, serving)
        here = self.present
        filtered = {
            Reason.NOT_ROUTABLE: self.all & ~here,
            Reason.NOT_IN_QUEUE: here & ~serving,
            Reason.MEDIUM_OFF: here & serving & ~reached,
            Reason.LACKS_SKILL: here & reached & ~skilled,
        }
        out = {reason: bits for reason, bits in filtered.items() if bits}
        counts = {reason: bits.bit_count() for reason, bits in out.items()}
        return Pool(skilled | known, levels, counts, known, out)

    def _known(self, need: Need, serving: int) -> int:
        """Who knows the customer: a member at any level or one who helps in this ring; only hard requirements hold."""
        bit = 0 if need.sticky is None else self.bit_of.get(need.sticky, 0)
        return bit & (self.members(need.queue) | serving) & self._may_serve(need)

    def _demands(self, rules: QueueRules, ring: int) -> tuple[Relaxation, tuple[tuple[int, int], ...]]:
        """What this ring of the queue allows, and who serves it at which level; worked out once."""
        known = self._relaxed.get((rules.id, ring))
        if known is None:
            relaxed = relaxation(rules, ring)
            known = self._relaxed[rules.id, ring] = relaxed, self._levels_of(rules.id, relaxed)
        return known

    def _levels_of(self, queue: int, relaxed: Relaxation) -> tuple[tuple[int, int], ...]:
        """Members keep their own level; agents of helping groups who are no members come with the group's."""
        levels = {
            level: bits for level, bits in self._by_queue.get(queue, {}).items() if level >= relaxed.min_queue_level
        }
        inside = _union(levels.values())
        for group in relaxed.groups:
            helpers = self.helpers(group.group) & ~inside
            levels[group.level] = levels.get(group.level, 0) | helpers
            inside |= helpers
        return tuple(sorted(levels.items(), reverse=True))

    def _direct_pool(self, need: Need) -> Pool:
        """That agent alone, member of the queue or not; presence, medium and hard requirements hold."""
        bit = self.bit_of.get(need.direct, 0) if need.direct is not None else 0
        allowed = bit & self._may_serve(need)
        if not bit & self.present:
            return Pool(allowed, ((0, allowed),), {Reason.NOT_ROUTABLE: 1}, out={Reason.NOT_ROUTABLE: bit})
        if allowed:
            return Pool(allowed, ((0, allowed),), {})
        reason = Reason.LACKS_SKILL if bit & self.reached_by(need.medium) else Reason.MEDIUM_OFF
        return Pool(0, (), {reason: 1}, out={reason: bit})

    def _may_serve(self, need: Need) -> int:
        return self.reached_by(need.medium) & self.skilled(each for each in need.required if each.hard)


def asked_of(need: Need, rules: QueueRules, relaxed: Relaxation) -> list[Requirement]:
    """The requirements that filter agents in this ring; in mode ALL the preferred skills filter as well."""
    asked = demanded(need.required, rules.skill_mode, relaxed.dropped, relaxed.drops_all_soft)
    if rules.skill_mode is SkillMode.ALL and not relaxed.drops_all_soft:
        asked += [Requirement(wish.skill) for wish in need.preferred if wish.skill not in relaxed.dropped]
    return asked


def proficiency(skills: Mapping[SkillId, int], need: Need) -> float:
    """Σ weight × level over required and preferred skills."""
    total = 0.0
    for skill, _, _, weight in need.required:
        total += weight * skills.get(skill, 0)
    for skill, weight in need.preferred:
        total += weight * skills.get(skill, 0)
    return total


def _union(sets: Iterable[int]) -> int:
    bits = 0
    for each in sets:
        bits |= each
    return bits
