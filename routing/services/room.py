"""A queue's size: who comes when it is full goes along the overflow chain. Needs an open transaction."""

from __future__ import annotations

from datetime import datetime

from cases.services.calendars import is_open
from routing.matching import MAX_DEPTH
from routing.models import Queue, WorkItem


def with_room(queue: Queue, *, path: tuple[int, ...] = (), now: datetime) -> Queue:
    """The queue, locked where its size is limited so that no two take its last place; else the next one with room.

    When every one of the chain is full or closed it is the queue itself: a customer is never thrown out. Chains have no
    cycle, so everybody locks in the same order.
    """
    at, seen = queue, {*path, queue.pk}
    if _has_room(at):
        return at
    for _ in range(MAX_DEPTH - len(path)):
        following = at.overflow_to
        if following is None or following.pk in seen:
            return queue
        at = following
        seen.add(at.pk)
        if at.enabled and (at.calendar is None or is_open(at.calendar, at=now)) and _has_room(at):
            return at
    return queue


def _has_room(queue: Queue) -> bool:
    if queue.max_size is None:
        return True
    Queue.objects.select_for_update(no_key=True, of=("self",)).get(pk=queue.pk)
    unanswered = WorkItem.objects.filter(queue=queue, state__in=[WorkItem.State.WAITING, WorkItem.State.OFFERED])
    return unanswered.count() < queue.max_size
