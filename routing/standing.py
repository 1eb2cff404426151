"""The floor as it stands: what waits and is in hand by queue, who is there, and whether the next half hour will hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q

from cxos.core.memory import remembered_long
from intelligence.intraday import Risk, Staffing, Volume, risk_of, shared_agents
from intelligence.queries import outlook
from intelligence.queries.outlook import DayOutlook
from routing.matching import default_cost
from routing.models import AgentState, Presence, Queue, QueueMember, WorkItem

State = WorkItem.State
# What a number on the board is made of: the states its rows are in.
COUNTED_STATES: dict[str, tuple[str, ...]] = {
    "unanswered": (State.WAITING, State.OFFERED),
    "ringing": (State.OFFERED,),
    "in_hand": (State.ACTIVE, State.PAUSED),
    "wrapping": (State.WRAPPING,),
}
ON_DUTY = (Presence.AVAILABLE, Presence.BUSY)
GOAL = 0.8  # what contact centres commonly promise: 80 % answered within the target
SOON = timedelta(minutes=30)
USUAL_HANDLE_SECONDS = 300.0
WHOLE_AGENT = 100  # capacity points
NEWEST = 50

MEDIA = """
SELECT q.id, mode() WITHIN GROUP (ORDER BY newest.medium) FROM routing_queue q
CROSS JOIN LATERAL (SELECT medium FROM routing_workitem WHERE queue_id = q.id AND completed_at IS NOT NULL
                    ORDER BY completed_at DESC LIMIT %s) newest
GROUP BY q.id
"""


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
    return {row.pop("queue_id"): _live_of(row, now=now) for row in rows}


def _live_of(row: dict[str, Any], *, now: datetime) -> Live:
    oldest = row.pop("oldest")
    return Live(**row, longest=max(0, round((now - oldest).total_seconds())) if oldest else None)


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


@dataclass(frozen=True, slots=True)
class Soon:
    """The next half hour of one queue: what it will probably bring, with what, and how it will go."""

    volume: Volume
    staffing: Staffing
    risk: Risk
    day: DayOutlook


def next_half_hour(queues: Iterable[Queue], *, crew: Crew, live: Mapping[int, Live], now: datetime) -> dict[int, Soon]:
    """Queue id → its next half hour; absent where nothing is known of days like this one. 1 query, 4 every few minutes.

    `now` in the zone whose days count. Agents who serve several queues are shared by the load each queue expects.
    """
    queues = list(queues)
    ids = tuple(sorted(queue.pk for queue in queues))
    days = outlook.outlooks("queue", ids, now=now)
    paces = outlook.paces(ids, now.replace(minute=0, second=0, microsecond=0))
    media = media_of_queues()
    volumes = {queue_id: day.next(SOON) for queue_id, day in days.items()}
    handle = {pk: paces.get(pk, outlook.Pace()).handle_seconds or USUAL_HANDLE_SECONDS for pk in ids}
    abreast = {pk: WHOLE_AGENT / default_cost(media.get(pk, "voice")) for pk in ids}
    loads = {pk: volumes[pk].mean * handle[pk] / abreast[pk] if pk in volumes else 0.0 for pk in ids}
    agents = shared_agents(crew.places(), loads)
    found = {}
    for queue in queues:
        if queue.pk not in days:
            continue
        staffing = Staffing(
            agents=agents[queue.pk] * abreast[queue.pk],
            handle_seconds=handle[queue.pk],
            patience_seconds=paces.get(queue.pk, outlook.Pace()).patience_seconds,
            target_seconds=float(queue.service_level_seconds),
            goal=GOAL,
            interval_seconds=SOON.total_seconds(),
        )
        volume, waiting = volumes[queue.pk], live.get(queue.pk, Live()).unanswered
        found[queue.pk] = Soon(volume, staffing, risk_of(volume, staffing, waiting=waiting), days[queue.pk])
    return found


@remembered_long(outlook.KEPT_SECONDS)
def media_of_queues() -> dict[int, str]:
    """Queue id → the medium most of its newest work came by. One query."""
    with connection.cursor() as cursor:
        cursor.execute(MEDIA, [NEWEST])
        return dict(cursor.fetchall())
