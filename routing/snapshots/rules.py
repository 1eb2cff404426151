"""A queue as the matching core knows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import Count

from cases.calendar_math import BusinessCalendar
from cases.services.calendars import business_calendar, is_open, next_closing, next_opening
from intelligence import queries as figures
from intelligence.queries.counts import counts
from routing import matching as engine
from routing.models import Queue, WorkItem
from routing.snapshots.rings import as_ring
from routing.snapshots.servers import expected_waits
from routing.snapshots.setup import Setup
from routing.snapshots.times import seconds

SOON = timedelta(minutes=10)
DAY_SECONDS = 86_400


def rules_for(queue_ids: Collection[int], setup: Setup, *, now: datetime) -> dict[int, engine.QueueRules]:
    """These queues and those they overflow into. No query but for the figures that rings or limits ask for."""
    wanted = with_others(queue_ids, setup.queues)
    waiting = _waiting(wanted.values())
    expected = _expected(wanted, setup, now=now)
    levels = _service_levels(wanted.values(), now=now)
    return {
        queue.id: as_rules(
            queue,
            setup.skill_ids,
            now=now,
            waiting=waiting.get(queue.id, 0),
            expected_wait=expected.get(queue.id),
            service_level=levels.get(queue.id),
        )
        for queue in wanted.values()
    }


def with_others(queue_ids: Collection[int], queues: Mapping[int, Queue]) -> dict[int, Queue]:
    """The queues, along each chain the next ones, and beside blended ones those that have a reserve."""
    found: dict[int, Queue] = {}
    blended = any(queues[id].blended for id in queue_ids if id in queues)
    reserved = [id for id, queue in queues.items() if queue.min_reserve] if blended else []
    for queue_id in (*queue_ids, *reserved):
        at: int | None = queue_id
        while at is not None and at in queues and at not in found:
            found[at] = queues[at]
            at = queues[at].overflow_to_id if queues[at].overflow_to_id else None
    return found


def _conditions(queue: Queue, name: str) -> bool:
    return any(group.get(name) is not None for ring in queue.rings for group in ring.get("groups", ()))


def _waiting(queues: Collection[Queue]) -> dict[int, int]:
    asked = [queue.id for queue in queues if queue.max_size is not None or _conditions(queue, "min_waiting")]
    if not asked:
        return {}
    rows = WorkItem.objects.filter(queue__in=asked, state__in=[WorkItem.State.WAITING, WorkItem.State.OFFERED])
    return dict(rows.values_list("queue_id").annotate(Count("id")).order_by())


def _expected(queues: Mapping[int, Queue], setup: Setup, *, now: datetime) -> dict[int, float]:
    asked = [queue.id for queue in queues.values() if _conditions(queue, "min_expected_wait")]
    return expected_waits(asked, setup=setup, now=now) if asked else {}


def _service_levels(queues: Collection[Queue], *, now: datetime) -> dict[int, float]:
    """Of the current and the last quarter-hour; a queue nobody came to has none."""
    asked = [queue.id for queue in queues if _conditions(queue, "max_service_level")]
    if not asked:
        return {}
    start, end = figures.last_interval(now)
    found = counts("queue", start, end + figures.INTERVAL, names=("offered", "answered_within"))
    return {
        queue: found[queue].sums["answered_within"] / offered
        for queue in asked
        if (offered := found[queue].sums["offered"])
    }


def as_rules(
    queue: Queue,
    skill_ids: Mapping[str, int],
    *,
    now: datetime,
    waiting: int = 0,
    expected_wait: float | None = None,
    service_level: float | None = None,
) -> engine.QueueRules:
    calendar = queue.calendar
    open_now = calendar is None or is_open(calendar, at=now)
    return engine.QueueRules(
        id=queue.id,
        push=queue.push,
        aging=queue.aging,
        strategy=engine.Strategy(queue.strategy),
        skill_mode=engine.SkillMode(queue.skill_mode),
        rings=tuple(as_ring(ring, skill_ids) for ring in queue.rings),
        offer_size=queue.offer_size,
        batch=queue.batch,
        batch_fairness_seconds=queue.batch_fairness_seconds,
        medium=queue.reserve_medium,
        min_reserve=queue.min_reserve,
        blended=queue.blended,
        max_occupancy=queue.max_occupancy,
        max_offers_per_minute=queue.max_offers_per_minute,
        enabled=queue.enabled,
        open=open_now,
        opens_at=None if open_now else seconds(opening_of(queue, now=now)),
        changes_at=_changes_at(queue, now=now),
        closed_overflows=not open_now and treatment(queue, now=now) == Queue.Treatment.OVERFLOW,
        max_size=queue.max_size,
        max_wait=queue.max_wait_seconds,
        overflow=(queue.overflow_to_id,) if queue.overflow_to_id else (),
        waiting=waiting,
        expected_wait=expected_wait,
        service_level=service_level,
        second_of_day=_second_of_day(queue, now),
    )


def _changes_at(queue: Queue, *, now: datetime) -> float | None:
    """When it closes, or a team begins to help: if that is before waiting work is looked at again anyway."""
    closes = next_closing(queue.calendar, after=now, within=SOON) if queue.calendar else None
    at = [closes.timestamp()] if closes else []
    for ring in queue.rings:
        for group in ring.get("groups", ()):
            if group.get("from") is not None:
                left = (int(group["from"]) * 60 - _second_of_day(queue, now)) % DAY_SECONDS
                at.append(now.replace(microsecond=0).timestamp() + left)
    return min((one for one in at if now.timestamp() < one < now.timestamp() + SOON.total_seconds()), default=None)


def treatment(queue: Queue, *, now: datetime) -> str:
    """What a closed queue does with its work: on a holiday it may be something else."""
    return queue.holiday_treatment if is_holiday(queue, now=now) else queue.closed_treatment


def opening_of(queue: Queue, *, now: datetime) -> datetime | None:
    """When the closed queue opens next; None if it never does."""
    return next_opening(queue.calendar, after=now) if queue.calendar else None


def is_holiday(queue: Queue, *, now: datetime) -> bool:
    if queue.calendar is None:
        return False
    calendar: BusinessCalendar = business_calendar(queue.calendar)
    return now.astimezone(calendar.zone_at(now)).date() in calendar.holidays


def _second_of_day(queue: Queue, now: datetime) -> int:
    local = now if queue.calendar is None else now.astimezone(business_calendar(queue.calendar).zone_at(now))
    return local.hour * 3600 + local.minute * 60 + local.second
