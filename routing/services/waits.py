"""How long somebody will wait: foretold when they join the line, told in rounded bands, and compared with what came."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from routing.engine.serving import Demand
from routing.estimate import Band, Estimate, EstimateError, announcement
from routing.models import WorkItem
from routing.snapshots.servers import demand_of, service_of
from routing.snapshots.setup import Setup, read_setup
from routing.snapshots.work import SCORE

# Each of these items' place in its queue by the score, and whether some of those who wait there need what others do not.
PLACES = f"""
WITH line AS (
    SELECT i.id, i.queue_id, {SCORE} AS score, i.queued_at, i.required <> '[]' OR i.preferred <> '[]' AS special
    FROM routing_workitem i JOIN routing_queue q ON q.id = i.queue_id
    WHERE i.state = 'waiting' AND i.queue_id = ANY(%(queues)s) AND i.eligible_at <= %(now)s
)
SELECT id, place, longest, mixed FROM (
    SELECT id, rank() OVER (PARTITION BY queue_id ORDER BY score DESC, queued_at, id) AS place,
        extract(epoch FROM %(now)s - min(queued_at) OVER (PARTITION BY queue_id)) AS longest,
        bool_or(special) OVER (PARTITION BY queue_id) AS mixed
    FROM line) ranked
WHERE id = ANY(%(items)s)
"""  # noqa: S608  (SCORE is a constant)
# Of each kind of waiting work in these queues, the places it has there.
KINDS = f"""
SELECT queue_id, medium, required, preferred, array_agg(place ORDER BY place) FROM (
    SELECT i.queue_id, i.medium, i.required, i.preferred,
        rank() OVER (PARTITION BY i.queue_id ORDER BY {SCORE} DESC, i.queued_at, i.id) AS place
    FROM routing_workitem i JOIN routing_queue q ON q.id = i.queue_id
    WHERE i.state = 'waiting' AND i.queue_id = ANY(%(queues)s) AND i.eligible_at <= %(now)s) line
GROUP BY queue_id, medium, required, preferred
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
    """Place and expected wait of a waiting item; None when it does not wait. 4 queries, one more where its queue's work
    needs skills, 3 more now and then."""
    return outlooks([item], now=now).get(item.pk)


def outlooks(items: Iterable[WorkItem], *, now: datetime) -> dict[int, Outlook]:
    """The same number of queries for many items of any queues."""
    items = list(items)
    if not items:
        return {}
    queues = sorted({item.queue_id for item in items})
    setup = read_setup()
    spots = _spots(queues, [item.pk for item in items], now=now)
    mixed = sorted({item.queue_id for item in items if item.pk in spots and spots[item.pk].mixed})
    kinds = _kinds(mixed, setup, now=now) if mixed else {}
    service = service_of(queues, setup=setup, now=now)
    found = {}
    for item in items:
        spot = spots.get(item.pk)
        if spot is not None:
            demand = demand_of(item.medium, item.required, item.preferred, setup.skill_ids)
            ahead = _ahead(spot.place, kinds.get(item.queue_id)) or [(demand, spot.place - 1)]
            estimate = service.estimate(item.queue_id, demand, ahead=ahead, longest=spot.longest)
            found[item.pk] = Outlook(spot.place, estimate, announcement(estimate))
    return found


def foretell(items: Iterable[WorkItem], *, now: datetime) -> dict[int, float]:
    """Item → expected seconds from now, for those of whose queues enough is known."""
    found = outlooks(items, now=now)
    return {id: one.estimate.mean_seconds for id, one in found.items() if not one.estimate.low_confidence}


class Spot(NamedTuple):
    """Where an item stands in its queue: its place from 1, the seconds somebody has waited there, whether kinds differ."""

    place: int
    longest: float
    mixed: bool


def _spots(queues: list[int], items: list[int], *, now: datetime) -> dict[int, Spot]:
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"queues": queues, "items": items, "now": now})
        return {id: Spot(place, float(longest), mixed) for id, place, longest, mixed in cursor.fetchall()}


Kind = tuple[Demand, list[int]]  # what they need, and their places


def _kinds(queues: list[int], setup: Setup, *, now: datetime) -> dict[int, list[Kind]]:
    found: dict[int, list[Kind]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(KINDS, {"queues": queues, "now": now})
        for queue, medium, required, preferred, places in cursor.fetchall():
            demand = demand_of(medium, json.loads(required), json.loads(preferred), setup.skill_ids)
            found[queue].append((demand, places))
    return found


def _ahead(place: int, kinds: Iterable[Kind] | None) -> list[tuple[Demand, int]]:
    """How many of each kind stand before this place."""
    return [(demand, bisect_left(places, place)) for demand, places in kinds or ()]


def wait_errors(*, now: datetime) -> dict[int, EstimateError]:
    """Queue → how far the foretold waits of its newest finished items were off. 1 query; queues without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(ERRORS, {"now": now, "samples": SAMPLES})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {queue: EstimateError(count, absolute, signed) for queue, count, absolute, signed in rows}
