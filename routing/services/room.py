"""A queue's size: who comes when it is full goes along the overflow chain. Needs an open transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from cases.services.calendars import is_open
from routing.matching import MAX_DEPTH
from routing.models import Queue, WorkItem


def with_room(queue: Queue, *, path: tuple[int, ...] = (), now: datetime) -> Queue:
    """The queue, locked where its size is limited so that no two take its last place; else the next one with room.

    When every one of the chain is full or closed it is the queue itself: a customer is never thrown out. Chains have no
    cycle, so everybody locks in the same order.
    """
    if _has_room(queue):
        return queue
    for later in chain_from(queue, path=path):
        if (later.calendar is None or is_open(later.calendar, at=now)) and _has_room(later):
            return later
    return queue


def chain_from(queue: Queue, *, path: Collection[int] = ()) -> Iterator[Queue]:
    """The queues, switched on, that work may overflow into from this one, after those it has been in already."""
    at, seen = queue.overflow_to, {*path, queue.pk}
    for _ in range(MAX_DEPTH - len(path)):
        if at is None or at.pk in seen:
            return
        seen.add(at.pk)
        if at.enabled:
            yield at
        at = at.overflow_to


def _has_room(queue: Queue) -> bool:
    if queue.max_size is None:
        return True
    Queue.objects.select_for_update(no_key=True, of=("self",)).get(pk=queue.pk)
    unanswered = WorkItem.objects.filter(queue=queue, state__in=[WorkItem.State.WAITING, WorkItem.State.OFFERED])
    return unanswered.count() < queue.max_size
