"""The floor as it stands: what waits and is in hand by queue, and who is there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from routing.models import AgentState, Presence, QueueMember, WorkItem

State = WorkItem.State
# What a number on the board is made of: the states its rows are in.
COUNTED_STATES: dict[str, tuple[str, ...]] = {
    "unanswered": (State.WAITING, State.OFFERED),
    "ringing": (State.OFFERED,),
    "in_hand": (State.ACTIVE, State.PAUSED),
    "wrapping": (State.WRAPPING,),
}
ON_DUTY = (Presence.AVAILABLE, Presence.BUSY)
WHOLE_AGENT = 100  # capacity points


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


def live_by_queue(*, now: datetime) -> dict[int, Live]:
    """Queue id → what is there now. 1 query over the partial indexes of live work."""
    unanswered = Q(state__in=COUNTED_STATES["unanswered"])
    rows = (
        WorkItem.objects.live()
        .values("queue_id")
        .annotate(
            waiting=Count("id", filter=Q(state=State.WAITING)),
            ringing=Count("id", filter=Q(state=State.OFFERED)),
            in_hand=Count("id", filter=Q(state__in=COUNTED_STATES["in_hand"])),
            wrapping=Count("id", filter=Q(state=State.WRAPPING)),
            oldest=Min("queued_at", filter=unanswered),
        )
        .order_by()
    )
    return {row["queue_id"]: _live_of(row, now=now) for row in rows}


def _live_of(row: Mapping[str, Any], *, now: datetime) -> Live:
    oldest = row["oldest"]
    return Live(
        waiting=row["waiting"],
        ringing=row["ringing"],
        in_hand=row["in_hand"],
        wrapping=row["wrapping"],
        longest=max(0, round((now - oldest).total_seconds())) if oldest else None,
    )


def add_up(parts: Iterable[Live]) -> Live:
    parts = list(parts)
    return Live(
        waiting=sum(one.waiting for one in parts),
        ringing=sum(one.ringing for one in parts),
        in_hand=sum(one.in_hand for one in parts),
        wrapping=sum(one.wrapping for one in parts),
        longest=max((one.longest for one in parts if one.longest is not None), default=None),
    )


@dataclass(frozen=True, slots=True)
class Crew:
    """Who serves what: presence and budget of everybody who serves a queue, and the queues of each."""

    presence: Mapping[int, str]
    budgets: Mapping[int, int]
    queues: Mapping[int, list[int]]

    def by_queue(self) -> defaultdict[int, Counter[str]]:
        """Queue id → members by presence; 0 → everybody, once."""
        found: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for user_id, queues in self.queues.items():
            presence = self.presence.get(user_id, Presence.OFFLINE)
            for queue_id in {0, *queues}:
                found[queue_id][presence] += 1
        return found

    def places(self) -> list[tuple[float, list[int]]]:
        """For everybody on duty: their capacity, 1 = a whole agent, and their queues."""
        on_duty = (user_id for user_id in self.queues if self.presence.get(user_id) in ON_DUTY)
        return [(self.budgets.get(user_id, WHOLE_AGENT) / WHOLE_AGENT, self.queues[user_id]) for user_id in on_duty]


def read_crew() -> Crew:
    """2 queries."""
    states = list(AgentState.objects.values_list("user_id", "presence", "budget"))
    queues: dict[int, list[int]] = defaultdict(list)
    members = QueueMember.objects.filter(user__is_active=True)
    for queue_id, user_id in members.values_list("queue_id", "user_id"):
        queues[user_id].append(queue_id)
    return Crew({user: one for user, one, _ in states}, {user: points for user, _, points in states}, queues)
