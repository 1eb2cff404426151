"""The board: each queue as it is now and as the day has been. Set-wise queries, the same number for any floor."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from intelligence import formulas, queries
from intelligence.formulas import Ratio
from intelligence.intervals import Tally
from intelligence.queries import NOTHING, Figures
from intelligence.queries.counts import counts
from routing.models import AgentState, Presence, Queue, QueueMember, WorkItem

# What contact centres commonly promise: 80 % answered within the target. Below WARN it is red.
GOAL, WARN = 0.8, 0.6
State = WorkItem.State


@dataclass(frozen=True, slots=True)
class Live:
    """Work of one queue, or of all, at this moment. Seconds; `longest` None when nobody waits."""

    waiting: int = 0
    ringing: int = 0
    in_hand: int = 0
    wrapping: int = 0
    longest: int | None = None

    @property
    def unanswered(self) -> int:
        """Whoever is being offered to an agent still waits, as the customer sees it."""
        return self.waiting + self.ringing


# The sums a line of the board is made of.
COUNTED = ("offered", "answered", "answered_within", "answered_wait_ms", "abandoned")


@dataclass(frozen=True, slots=True)
class Counted:
    """What happened in one queue in a span."""

    offered: int
    abandoned: int
    service_level: Ratio
    answer_seconds: float | None

    @classmethod
    def of(cls, tally: Tally) -> Counted:
        mean = formulas.average_speed_of_answer(tally).value
        return cls(
            offered=tally.sums["offered"],
            abandoned=tally.sums["abandoned"],
            service_level=formulas.service_level_offered(tally),
            answer_seconds=None if mean is None else mean / 1000,
        )


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue on the board. `present`: members by presence."""

    queue: Queue
    live: Live
    day: Counted
    last: Counted
    present: Counter[str]

    @property
    def available(self) -> int:
        return self.present[Presence.AVAILABLE]

    @property
    def members(self) -> int:
        return self.present.total()

    @property
    def on_duty(self) -> int:
        return self.members - self.present[Presence.OFFLINE]

    @property
    def level_tone(self) -> str:
        return tone_of(self.day.service_level.value)

    @property
    def at_risk(self) -> bool:
        """Somebody has waited longer than we promise, or waits where nobody is available."""
        late = self.live.longest is not None and self.live.longest > self.queue.service_level_seconds
        return late or bool(self.live.unanswered and not self.available)


@dataclass(frozen=True, slots=True)
class Board:
    lines: list[QueueLine]
    live: Live
    day: Figures
    last: Figures
    agents: Counter[str]

    @property
    def available(self) -> int:
        return self.agents[Presence.AVAILABLE]

    @property
    def serving(self) -> int:
        """How many people serve any queue, signed in or not."""
        return self.agents.total()

    @property
    def level_tone(self) -> str:
        return tone_of(self.day.service_level.value)


def tone_of(level: float | None) -> str:
    if level is None:
        return ""
    return "live" if level >= GOAL else "waiting" if level >= WARN else "late"


def read_board(*, now: datetime) -> Board:
    """The whole board. 8 queries, whatever the number of queues and agents."""
    start, end = queries.today(now)
    last_start, last_end = queries.last_interval(now)
    day = counts("queue", start, end, names=COUNTED)
    last = counts("queue", last_start, last_end, names=COUNTED)
    live, present = live_by_queue(now=now), presence_by_queue()
    lines = [
        QueueLine(
            queue=queue,
            live=live.get(queue.pk, Live()),
            day=Counted.of(day[queue.pk]),
            last=Counted.of(last[queue.pk]),
            present=present[queue.pk],
        )
        for queue in Queue.objects.select_related("team").filter(enabled=True)
    ]
    return Board(
        lines=lines,
        live=add_up(live.values()),
        day=queries.figures("all", start, end).get(0, NOTHING),
        last=queries.figures("all", last_start, last_end).get(0, NOTHING),
        agents=present[0],
    )


def live_by_queue(*, now: datetime) -> dict[int, Live]:
    """Queue id → what is there now. 1 query over the partial indexes of live work."""
    unanswered = Q(state__in=[State.WAITING, State.OFFERED])
    rows = (
        WorkItem.objects.live()
        .values("queue_id")
        .annotate(
            waiting=Count("id", filter=Q(state=State.WAITING)),
            ringing=Count("id", filter=Q(state=State.OFFERED)),
            in_hand=Count("id", filter=Q(state__in=[State.ACTIVE, State.PAUSED])),
            wrapping=Count("id", filter=Q(state=State.WRAPPING)),
            oldest=Min("queued_at", filter=unanswered),
        )
        .order_by()
    )
    return {row.pop("queue_id"): live_of(row, now=now) for row in rows}


def live_of(row: dict[str, Any], *, now: datetime) -> Live:
    oldest = row.pop("oldest")
    return Live(**row, longest=max(0, round((now - oldest).total_seconds())) if oldest else None)


def add_up(parts: Any) -> Live:
    parts = list(parts)
    return Live(
        waiting=sum(one.waiting for one in parts),
        ringing=sum(one.ringing for one in parts),
        in_hand=sum(one.in_hand for one in parts),
        wrapping=sum(one.wrapping for one in parts),
        longest=max((one.longest for one in parts if one.longest is not None), default=None),
    )


def presence_by_queue() -> defaultdict[int, Counter[str]]:
    """Queue id → members by presence; 0 → everybody who serves any queue, once. 2 queries."""
    presence = dict(AgentState.objects.values_list("user_id", "presence"))
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    everybody: set[int] = set()
    for queue_id, user_id in QueueMember.objects.filter(user__is_active=True).values_list("queue_id", "user_id"):
        found[queue_id][presence.get(user_id, Presence.OFFLINE)] += 1
        everybody.add(user_id)
    found[0].update(presence.get(user_id, Presence.OFFLINE) for user_id in everybody)
    return found


def day_chart(*, queue_id: int | None, now: datetime, labels: tuple[str, str]) -> dict[str, Any]:
    """What came in and what was answered, per quarter-hour of the last twelve hours. 1 query."""
    end = queries.last_interval(now)[1] + queries.INTERVAL
    start = end - timedelta(hours=12)
    subject = ("queue", queue_id) if queue_id else ("all", 0)
    rows = queries.figures_by_interval(*subject, start, end)
    return {
        "x": [int(at.timestamp()) for at, _ in rows],
        "series": [
            {"label": labels[0], "values": [one.offered for _, one in rows], "kind": "area"},
            {"label": labels[1], "values": [one.answered for _, one in rows], "tone": "live"},
        ],
    }
