"""How long somebody will wait: foretold when they join the line, told in rounded bands, and compared with what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from routing.estimate import Band, Estimate, EstimateError, announcement, expected_wait
from routing.models import WorkItem
from routing.snapshots.pace import Service, services_of
from routing.snapshots.work import SCORE

STEPS = 500  # of the sum of waits; who is further back is told the same
# How many waiting items of its queue have a larger score than each of these.
AHEAD = f"""
WITH line AS (
    SELECT i.id, i.queue_id, {SCORE} AS score, i.queued_at FROM routing_workitem i JOIN routing_queue q ON q.id = i.queue_id
    WHERE i.state = 'waiting' AND i.queue_id = ANY(%(queues)s) AND i.eligible_at <= %(now)s
)
SELECT id, ahead, longest FROM (
    SELECT id, rank() OVER (PARTITION BY queue_id ORDER BY score DESC, queued_at, id) - 1 AS ahead,
        extract(epoch FROM %(now)s - min(queued_at) OVER (PARTITION BY queue_id)) AS longest
    FROM line) ranked
WHERE id = ANY(%(items)s)
"""  # noqa: S608  (SCORE is a constant)
# Foretold and true waits of the newest finished items of each queue.
ERRORS = """
SELECT q.id, count(*), sum(abs(r.predicted_wait_seconds - r.actual_wait_seconds)),
    sum(r.predicted_wait_seconds - r.actual_wait_seconds)
FROM routing_queue q, LATERAL (
    SELECT predicted_wait_seconds, actual_wait_seconds FROM routing_workitem w
    WHERE w.queue_id = q.id AND w.completed_at <= %(now)s ORDER BY w.completed_at DESC LIMIT %(samples)s) r
WHERE r.predicted_wait_seconds IS NOT NULL AND r.actual_wait_seconds IS NOT NULL GROUP BY q.id
"""
SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Outlook:
    """What somebody in the line is told. `place` counts from 1; `band` None while too little is known to promise."""

    place: int
    estimate: Estimate
    band: Band | None


def outlook_of(item: WorkItem, *, now: datetime) -> Outlook | None:
    """Place and expected wait of a waiting item; None when it does not wait. 4 queries, 3 more now and then."""
    return outlooks([item], now=now).get(item.pk)


def outlooks(items: Iterable[WorkItem], *, now: datetime) -> dict[int, Outlook]:
    """The same number of queries for many items of any queues."""
    items = list(items)
    if not items:
        return {}
    queues = sorted({item.queue_id for item in items})
    places = _ahead(queues, [item.pk for item in items], now=now)
    media = {item.medium for item in items}
    services = {medium: services_of(queues, medium=medium, now=now) for medium in sorted(media)}
    found = {}
    for item in items:
        if item.pk in places:
            ahead, longest = places[item.pk]
            estimate = _estimate(services[item.medium][item.queue_id], ahead, longest)
            found[item.pk] = Outlook(ahead + 1, estimate, announcement(estimate))
    return found


def foretell(items: Iterable[WorkItem], *, now: datetime) -> dict[int, float]:
    """Item → expected seconds from now, for those of whose queues enough is known."""
    found = outlooks(items, now=now)
    return {id: one.estimate.mean_seconds for id, one in found.items() if not one.estimate.low_confidence}


def _ahead(queues: list[int], items: list[int], *, now: datetime) -> Mapping[int, tuple[int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, {"queues": queues, "items": items, "now": now})
        return {id: (ahead, float(longest)) for id, ahead, longest in cursor.fetchall()}


def _estimate(service: Service, ahead: int, longest: float) -> Estimate:
    return expected_wait(service.behind(min(ahead, STEPS), longest=longest))


def wait_errors(*, now: datetime) -> dict[int, EstimateError]:
    """Queue → how far the foretold waits of its newest finished items were off. 1 query; queues without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(ERRORS, {"now": now, "samples": SAMPLES})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {queue: EstimateError(count, absolute, signed) for queue, count, absolute, signed in rows}
