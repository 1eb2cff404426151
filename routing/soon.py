"""The next half hour of each queue: how many will come, who meets them, how long they will wait, and the risk in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor

from django.db import connection

from cxos.core.memory import remembered_long
from intelligence.intraday import Risk, Staffing, Volume, risk_of, shared_agents
from intelligence.queries import outlook
from intelligence.queries.outlook import DayOutlook
from routing.estimate import Estimate, Line, expected_wait
from routing.matching import default_cost
from routing.models import Queue
from routing.standing import WHOLE_AGENT, Crew, Live

GOAL = 0.8  # what contact centres commonly promise: 80 % answered within the target
SOON = timedelta(minutes=30)
USUAL_HANDLE_SECONDS = 300.0
NEWEST = 50

NEWEST_WORK = """
SELECT q.id, mode() WITHIN GROUP (ORDER BY newest.medium), count(newest.miss),
       avg(abs(newest.miss))::float, avg(newest.miss)::float
FROM routing_queue q
CROSS JOIN LATERAL (
  SELECT medium, predicted_wait_seconds - actual_wait_seconds AS miss
  FROM routing_workitem WHERE queue_id = q.id AND completed_at IS NOT NULL ORDER BY completed_at DESC LIMIT %s) newest
GROUP BY q.id
"""


@dataclass(frozen=True, slots=True)
class Newest:
    """What a queue's newest finished work tells: its usual medium, and how well its waits were predicted (seconds)."""

    medium: str = "voice"
    predicted: int = 0
    error_seconds: float | None = None
    bias_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Soon:
    """The next half hour of one queue: what meets it, what it will probably bring, and how it will go.

    `abreast`: how many contacts of its medium one agent holds at a time. `volume` and `risk` are None where no day like
    this one is known.
    """

    staffing: Staffing
    abreast: float
    newest: Newest
    wait: Estimate
    volume: Volume | None
    risk: Risk | None

    @property
    def agents(self) -> float:
        """The agents it can count on, in whole agents."""
        return self.staffing.agents / self.abreast

    @property
    def missing(self) -> int:
        """How many more agents the goal takes; 0 when there are enough, or nothing is known."""
        needed = self.risk.needed if self.risk else 0
        return max(0, ceil((needed - self.staffing.agents) / self.abreast - 1e-9))


def next_half_hour(
    queues: Iterable[Queue],
    *,
    days: Mapping[outlook.Subject, DayOutlook],
    crew: Crew,
    live: Mapping[int, Live],
    now: datetime,
) -> dict[int, Soon]:
    """Queue id → its next half hour. 2 queries every ten minutes.

    Agents who serve several queues are shared by the load each queue expects.
    """
    queues = list(queues)
    ids = tuple(sorted(queue.pk for queue in queues))
    paces = outlook.paces(ids, now.replace(minute=0, second=0, microsecond=0))
    known = newest_work()
    newest = {pk: known.get(pk, Newest()) for pk in ids}
    abreast = {pk: WHOLE_AGENT / default_cost(newest[pk].medium) for pk in ids}
    volumes = {pk: days["queue", pk].next(SOON) for pk in ids if ("queue", pk) in days}
    handle = {pk: paces.get(pk, outlook.Pace()).handle_seconds or USUAL_HANDLE_SECONDS for pk in ids}
    loads = {pk: volumes[pk].mean * handle[pk] / abreast[pk] if pk in volumes else 0.0 for pk in ids}
    agents = shared_agents(crew.places(), loads)
    found = {}
    for queue in queues:
        pk, pace, there = queue.pk, paces.get(queue.pk, outlook.Pace()), live.get(queue.pk, Live())
        staffing = Staffing(
            agents=agents[pk] * abreast[pk],
            handle_seconds=handle[pk],
            patience_seconds=pace.patience_seconds,
            target_seconds=float(queue.service_level_seconds),
            goal=GOAL,
            interval_seconds=SOON.total_seconds(),
        )
        volume = volumes.get(pk)
        risk = risk_of(volume, staffing, waiting=there.unanswered) if volume else None
        found[pk] = Soon(staffing, abreast[pk], newest[pk], wait_of(staffing, there), volume, risk)
    return found


def wait_of(staffing: Staffing, there: Live) -> Estimate:
    """How long the next one to come would wait."""
    return expected_wait(
        Line(
            ahead=there.unanswered,
            agents=staffing.agents,
            handle_seconds=staffing.handle_seconds,
            abandons_per_second=1.0 / staffing.patience_seconds if staffing.patience_seconds else 0.0,
            free_agents=max(0, floor(staffing.agents) - there.in_hand - there.wrapping),
            longest_wait_seconds=float(there.longest or 0),
        )
    )


@remembered_long(outlook.KEPT_SECONDS)
def newest_work() -> dict[int, Newest]:
    """By queue. One query."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_WORK, [NEWEST])
        return {queue_id: Newest(*facts) for queue_id, *facts in cursor.fetchall()}
