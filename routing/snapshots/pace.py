"""How fast queues are served, from the work just done: what waits are foretold from. Kept for seconds by each process."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection

from cxos.core import memory
from routing.engine.serving import Pace
from routing.estimate import HandleTime, share_of_time

KEPT_SECONDS = 15.0
SAMPLES = 200  # of the newest finished items of a queue
RECENT = """
SELECT q.id, r.medium, r.state, r.accepted_at, r.completed_at, r.entered_at, r.paused_seconds, r.actual_wait_seconds
FROM unnest(%(queues)s::bigint[]) AS q(id), LATERAL (
    SELECT * FROM routing_workitem w WHERE w.queue_id = q.id AND w.completed_at <= %(now)s
    ORDER BY w.completed_at DESC LIMIT %(samples)s) r
WHERE r.state IN ('completed', 'abandoned') ORDER BY q.id, r.completed_at
"""
# The same half hour of the last seven days, for a queue with too little today.
USUAL = """
SELECT queue_id, avg(extract(epoch FROM completed_at - accepted_at) - paused_seconds) FROM routing_workitem
WHERE queue_id = ANY(%(queues)s) AND state = 'completed' AND accepted_at IS NOT NULL
  AND completed_at BETWEEN %(now)s - interval '7 days' AND %(now)s
  AND mod(extract(epoch FROM completed_at - %(now)s + interval '7 days 15 minutes')::bigint, 86400) <= 1800
GROUP BY queue_id
"""
# Time of a queue's agents on this queue, and on all.
SHARES = """
SELECT m.queue_id,
    sum(extract(epoch FROM coalesce(s.ended_at, %(now)s) - s.started_at)) FILTER (WHERE i.queue_id = m.queue_id),
    sum(extract(epoch FROM coalesce(s.ended_at, %(now)s) - s.started_at))
FROM routing_queuemember m
    JOIN routing_segment s ON s.agent_id = m.user_id AND s.started_at BETWEEN %(since)s AND %(now)s
    JOIN routing_workitem i ON i.id = s.item_id
WHERE m.queue_id = ANY(%(queues)s) GROUP BY m.queue_id
"""


_kept: dict[int, tuple[float, Pace]] = {}


def paces(queue_ids: Collection[int], *, now: datetime) -> dict[int, Pace]:
    """3 queries for queues not looked at for KEPT_SECONDS, none for the others."""
    fresh = monotonic() - KEPT_SECONDS if memory.SECONDS else float("inf")
    missing = [id for id in queue_ids if id not in _kept or _kept[id][0] < fresh]
    if missing:
        read = _read(missing, now=now)
        _kept.update({id: (monotonic(), pace) for id, pace in read.items()})
    return {id: _kept[id][1] for id in queue_ids}


def _read(queue_ids: list[int], *, now: datetime) -> dict[int, Pace]:
    given = {"queues": queue_ids, "now": now, "samples": SAMPLES, "since": now - timedelta(hours=4)}
    recent: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in _rows(RECENT, given):
        recent[row[0]].append(row[1:])
    handle = {id: _handle_time(recent[id]) for id in queue_ids}
    usual = dict(_rows(USUAL, given)) if any(one.or_usual(0.0) == 0.0 for one in handle.values()) else {}
    shares = {id: (float(own or 0), float(all or 0)) for id, own, all in _rows(SHARES, given)}
    return {
        id: Pace(
            handle_seconds=handle[id].or_usual(float(usual.get(id) or 0.0)),
            abandons_per_second=_abandons_per_second(recent[id]),
            share=share_of_time(on_queue_seconds=shares.get(id, (0, 0))[0], on_all_seconds=shares.get(id, (0, 0))[1]),
            medium=Counter(row[0] for row in recent[id]).most_common(1)[0][0] if recent[id] else "messaging",
        )
        for id in queue_ids
    }


def _rows(sql: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _handle_time(rows: Iterable[tuple[Any, ...]]) -> HandleTime:
    mean = HandleTime()
    for _medium, state, accepted_at, completed_at, _entered, paused, _actual in rows:
        if state == "completed" and accepted_at is not None:
            mean = mean.after(max(0.0, (completed_at - accepted_at).total_seconds() - paused))
    return mean


def _abandons_per_second(rows: Iterable[tuple[Any, ...]]) -> float:
    """Abandons ÷ total waiting time: the censored estimate of impatience."""
    abandons, waited = 0, 0.0
    for _medium, state, accepted_at, completed_at, entered_at, _paused, actual in rows:
        abandons += state == "abandoned"
        ended = accepted_at or completed_at
        waited += actual if actual is not None else max(0.0, (ended - entered_at).total_seconds())
    return abandons / waited if waited > 0 else 0.0


def handle_seconds(queue_ids: Collection[int], *, now: datetime) -> dict[int, float]:
    """Queue → usual handle time, 0 where unknown."""
    return {id: pace.handle_seconds for id, pace in paces(queue_ids, now=now).items()}
