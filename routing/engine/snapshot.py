"""What the engine reads and answers. Times are epoch seconds, durations seconds, capacity in points of a budget of 100."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from re import finditer
from types import MappingProxyType
from typing import NamedTuple


class SkillMode(StrEnum):
    """What skills mean when agents are ranked. Hard requirements hold in every mode."""

    BEST = "best"  # required filters, then the largest sum of weight × level wins
    ALL = "all"  # required and preferred both filter; proficiency does not rank
    NONE = "none"  # only hard requirements filter; proficiency does not rank


class Strategy(StrEnum):
    LONGEST_IDLE = "longest_idle"
    LEAST_OCCUPIED = "least_occupied"
    FEWEST_HANDLED = "fewest_handled"
    ROUND_ROBIN = "round_robin"
    SCORE = "score"


class Reason(StrEnum):
    """Why a pair was refused, an item waits, or a match was made."""

    # why this agent was chosen
    DIRECT = "direct"
    STICKY = "sticky"
    RANKED = "ranked"
    BATCH = "batch"
    # why an agent was filtered out
    NOT_ROUTABLE = "not_routable"
    MEDIUM_OFF = "medium_off"
    NOT_IN_QUEUE = "not_in_queue"
    LACKS_SKILL = "lacks_skill"
    NO_CAPACITY = "no_capacity"
    EXCLUDED = "excluded"
    QUEUE_DELAY = "queue_delay"
    RESERVED = "reserved"
    AT_LIMIT = "at_limit"
    OUTRANKED = "outranked"
    # why an item waits
    CLOSED = "closed"
    MAX_WAIT = "max_wait"
    PULL_ONLY = "pull_only"
    NOT_YET = "not_yet"
    WAITS_FOR_DIRECT = "waits_for_direct"
    WAITS_FOR_STICKY = "waits_for_sticky"
    NOBODY_ELIGIBLE = "nobody_eligible"
    NOBODY_FREE = "nobody_free"


SkillId = int | str


class Requirement(NamedTuple):
    """A demanded skill. Soft ones (hard=False) may be dropped by a ring; hard ones never."""

    skill: SkillId
    level: int = 1
    hard: bool = False
    weight: float = 1.0


class Preference(NamedTuple):
    """A wished-for skill: it ranks agents (mode BEST) and filters only in mode ALL."""

    skill: SkillId
    weight: float = 1.0


class RingGroup(NamedTuple):
    """Agents from outside the queue who may help from some ring on, while every condition given here holds."""

    group: int
    level: int = 0
    min_expected_wait: float | None = None
    max_service_level: float | None = None
    min_waiting: int | None = None
    from_second: int | None = None  # of the queue's local day, inclusive
    to_second: int | None = None  # exclusive; smaller than from_second = over midnight

    @property
    def has_conditions(self) -> bool:
        return any(condition is not None for condition in self[2:])


@dataclass(frozen=True, slots=True)
class Ring:
    """One step of relaxation. Drops and groups add up: ring 2 includes what rings 0 and 1 dropped and added."""

    seconds: float | None = None  # how long an item stays before the next ring; None = for good
    drops: frozenset[SkillId] = frozenset()  # soft skills no longer demanded
    drops_all_soft: bool = False
    min_queue_level: int = 0  # members below this level are not in the pool yet
    groups: tuple[RingGroup, ...] = ()
    hold: bool = False  # stay although nobody is in the pool


@dataclass(frozen=True, slots=True)
class Item:
    """A waiting work item. Offered and active ones are not passed in: they are part of their agent's load."""

    id: int
    queue: int
    medium: str
    queued_at: float  # first entry; survives requeue, transfer, overflow and callback
    priority: int = 0  # 0–3, one step = one minute of waiting
    entered_at: float | None = None  # entry into the present queue; None = queued_at
    eligible_at: float = 0.0
    paused_seconds: float = 0.0
    age_credit: float = (
        0.0  # added to the age: a scheduled callback's virtual age; negative for a partial transfer credit
    )
    cost: int | None = None  # capacity points; None = the medium's default
    interruptible: bool = False
    required: tuple[Requirement, ...] = ()
    preferred: tuple[Preference, ...] = ()
    direct_agent: int | None = None
    direct_until: float | None = None  # None = waits for that agent only
    sticky_agent: int | None = None
    sticky_until: float | None = None  # until then they come first, if they serve the queue; None = not at all
    excluded: tuple[tuple[int, float], ...] = ()  # (agent, until)
    ring: int = 0
    ring_since: float | None = None  # when the ring clock started or last resumed; None = entry into the queue
    ring_elapsed: float = 0.0  # ring time spent before that (the clock stands still while an offer is pending)
    sla_due: float | None = None
    sla_target: float | None = None
    vip_boost: float = 0.0
    agent_scores: Mapping[int, float] | None = None  # predictive score per agent, strategy SCORE
    overflow_path: tuple[int, ...] = ()  # queues already visited


@dataclass(frozen=True, slots=True)
class Agent:
    """A logged-in agent. `load` counts everything held, pending offers and wrap-up included."""

    id: int
    skills: Mapping[SkillId, int] = field(default_factory=dict)
    queues: Mapping[int, int] = field(default_factory=dict)  # queue → level 0–5
    groups: frozenset[int] = frozenset()
    routable: bool = True
    media: frozenset[str] | None = None  # None = every medium
    budget: int = 100
    load: int = 0
    interruptible_load: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)  # medium → items held
    caps: Mapping[str, int] = field(default_factory=dict)  # medium → most items at once
    idle_since: float | None = None  # when the load last went to zero (or login); None = not idle
    occupancy: float = 0.0  # last 60 minutes, 0–1
    handled: int = 0
    last_offer_at: float | None = None
    recent_offers: tuple[float, ...] = ()  # offer times of the last minute, ascending
    queue_delays: Mapping[int, float] = field(default_factory=dict)  # queue → takes its items only after this wait
    predicted_free_at: float | None = None


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How one queue is served, with the live figures its ring conditions read."""

    id: int
    push: bool = True  # False: agents pull
    aging: float = 1.0  # 0 = strict priority, negative = last in first out
    strategy: Strategy = Strategy.LONGEST_IDLE
    skill_mode: SkillMode = SkillMode.BEST
    rings: tuple[Ring, ...] = ()
    offer_size: int = 1  # agents offered at once; the first accept wins
    batch: bool = False
    batch_fairness_seconds: float = 60.0  # nobody is passed over by an item more than this younger in score
    medium: str = "voice"  # what its reserve of agents must be free for
    min_reserve: int = 0  # agents kept free for this queue by blended queues
    blended: bool = False  # outbound and tasks: respects other queues' reserves
    max_occupancy: float | None = None  # agents at or above it get none of this queue's items
    max_offers_per_minute: int | None = None  # per agent, so that a backlog is not dumped on whoever logs in
    enabled: bool = True  # one that is switched off serves what it has and takes nothing from others
    open: bool = True
    opens_at: float | None = None
    changes_at: float | None = None  # when it closes or a group begins to help, if that is soon
    closed_overflows: bool = False  # while closed its items go along the overflow chain, if a queue there is open
    max_size: int | None = None
    max_wait: float | None = None
    overflow: tuple[int, ...] = ()
    waiting: int = 0
    expected_wait: float | None = None
    service_level: float | None = None
    second_of_day: int = 0

    @property
    def limits_agents(self) -> bool:
        """Whether a free agent may still be refused for their occupancy or the offers they just had."""
        return self.max_occupancy is not None or self.max_offers_per_minute is not None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one decision may depend on. A queue without rules gets the defaults.

    Pass every logged-in agent who may matter, busy ones too: a ring nobody is staffed for is skipped at once, and an item
    waits for its sticky agent only if they are here. To match for some agents alone, name them in `only_agents`.
    """

    now: float
    items: tuple[Item, ...] | list[Item]
    agents: tuple[Agent, ...] | list[Agent]
    queues: Mapping[int, QueueRules] = field(default_factory=dict)
    level_seconds: float = 60.0  # what one queue level is worth when a freed agent chooses among queues
    alternatives: int = 3
    only_agents: frozenset[int] | None = None  # who may be matched; None = all
    detail: bool = True  # False: do not report why the rest waits; only items with a chance are looked at


@dataclass(frozen=True, slots=True)
class ScoreParts:
    priority: float
    age: float
    sla: float
    vip: float

    @property
    def total(self) -> float:
        return self.priority + self.age + self.sla + self.vip


@dataclass(frozen=True, slots=True)
class Choice:
    """One agent in rank order: queue level, Σ weight × proficiency, value of the queue's strategy (smaller is better)."""

    agent: int
    level: int
    proficiency: float
    strategy_value: float


class Crowd(NamedTuple):
    """Sets of agents as the core works with them: bit i stands for the i-th of `ids`, in the order of ids."""

    ids: tuple[int, ...] = ()
    bits: Mapping[Reason, int] = MappingProxyType({})

    def runs(self, reason: Reason) -> Iterator[tuple[int, int]]:
        """Whom this kept from the item: ids that follow each other without a gap, as (first, last)."""
        ids = self.ids
        for found in finditer("1+", bin(self.bits.get(reason, 0))[:1:-1]):
            first, end = found.span()
            if ids[end - 1] - ids[first] == end - 1 - first:
                yield ids[first], ids[end - 1]
            else:
                yield from _without_gaps(ids[first:end])


NOBODY = Crowd()


def _without_gaps(ids: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    first = last = ids[0]
    for id in ids[1:]:
        if id != last + 1:
            yield first, last
            first = id
        last = id
    yield first, last


@dataclass(frozen=True, slots=True)
class Match:
    item: int
    agents: tuple[int, ...]  # one, or several for a broadcast; best first
    score: ScoreParts
    ring: int
    reason: Reason
    cost: int
    chosen: tuple[Choice, ...]
    alternatives: tuple[Choice, ...]
    considered: int
    filtered: Mapping[Reason, int]
    others: Crowd = NOBODY  # everybody looked at who is not offered it, by why

    @property
    def agent(self) -> int:
        return self.agents[0]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An item that stays. `wake_at` = the first instant at which time alone changes its case; None = only an event can."""

    item: int
    reason: Reason
    wake_at: float | None
    ring: int = 0
    filtered: Mapping[Reason, int] = field(default_factory=dict)
    others: Crowd = NOBODY


@dataclass(frozen=True, slots=True)
class RingMove:
    """The item's ring clock as it should be stored: in `ring` since `since` (elapsed reset to zero)."""

    item: int
    ring: int
    since: float


@dataclass(frozen=True, slots=True)
class Diversion:
    """The queue cannot keep the item. `to_queue` is where it overflows; None = the queue's closed or final treatment."""

    item: int
    reason: Reason
    to_queue: int | None


@dataclass(frozen=True, slots=True)
class Result:
    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
    ring_moves: tuple[RingMove, ...]
    diversions: tuple[Diversion, ...]

    @property
    def wake_at(self) -> float | None:
        """When to look again if nothing happens before."""
        return min((each.wake_at for each in self.unmatched if each.wake_at is not None), default=None)
