"""The imperative shell of the matching core: take a picture, ask, commit each match on its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from routing import matching as engine
from routing.models import Decision, Offer, Queue, QueueMember, WorkItem
from routing.sentences import waiting_sentence
from routing.services.offers import make_offer
from routing.services.work import transfer
from routing.snapshots import moment, take_snapshot

MOST_ITEMS = 500  # of the waiting work, by entry; what is not looked at now is looked at when somebody frees up again
LOOK_AGAIN = timedelta(seconds=30)


def match_items(item_ids: Collection[int], *, now: datetime) -> list[Offer]:
    """Offer these waiting items to whoever can take them now."""
    waiting = WorkItem.objects.filter(id__in=item_ids, state=WorkItem.State.WAITING)
    return run_matching(list(waiting), now=now)


def match_agent(agent_id: int, *, now: datetime) -> list[Offer]:
    """This agent can take something: the best waiting work of the queues they serve."""
    queues = QueueMember.objects.filter(user_id=agent_id).values("queue_id")
    waiting = WorkItem.objects.filter(queue__in=queues, state=WorkItem.State.WAITING, eligible_at__lte=now)
    items = list(waiting.order_by("queued_at")[:MOST_ITEMS])
    return run_matching(items, now=now, agent_ids=[agent_id]) if items else []


def wake_waiting(*, now: datetime, limit: int = MOST_ITEMS) -> int:
    """Items whose picture time alone may have changed: a ring, a cooldown, an opening. Returns how many were looked at."""
    due = WorkItem.objects.filter(state=WorkItem.State.WAITING, wake_at__lte=now).order_by("wake_at")
    items = list(due[:limit])
    if items:
        run_matching(items, now=now)
    return len(items)


def run_matching(items: list[WorkItem], *, now: datetime, agent_ids: Collection[int] | None = None) -> list[Offer]:
    """Ask the core about these items and commit what it says; a lost race leaves the item for the next look."""
    if not items:
        return []
    snapshot = take_snapshot(items, now=now)
    if agent_ids is not None:  # the others stay in the picture: rings and sticky waits look at them
        snapshot = replace(snapshot, only_agents=frozenset(agent_ids), detail=False)
    result = engine.match(snapshot)
    for move in result.ring_moves:
        WorkItem.objects.filter(id=move.item, state=WorkItem.State.WAITING).update(
            ring=move.ring, ring_since=moment(move.since), ring_elapsed=0
        )
    offers = [offer for one in result.matches for offer in make_offer(one, now=now)]
    if agent_ids is None:  # a look through one agent's eyes says nothing about why the others do not take it
        _note_waiting(result.unmatched, {item.id: item for item in items}, now=now)
        for diversion in result.diversions:
            _divert(diversion, now=now)
    return offers


def _note_waiting(unmatched: tuple[engine.Unmatched, ...], items: dict[int, WorkItem], *, now: datetime) -> None:
    """Write when to look again, and why nobody has it yet (once per reason)."""
    for one in unmatched:
        wake_at = moment(one.wake_at) or now + LOOK_AGAIN
        WorkItem.objects.filter(id=one.item, state=WorkItem.State.WAITING).update(
            wake_at=wake_at, reason=one.reason.value
        )
        item = items[one.item]
        if item.reason != one.reason.value:
            Decision.objects.create(
                item_id=one.item,
                conversation_id=item.conversation_id,
                kind=Decision.Kind.NO_MATCH,
                sentence=waiting_sentence(one),
                facts={
                    "reason": one.reason.value,
                    "ring": one.ring,
                    "filtered": {k.value: v for k, v in one.filtered.items()},
                },
                at=now,
            )


def _divert(diversion: engine.Diversion, *, now: datetime) -> None:
    """The queue cannot keep it: into the next one; without one it waits on, marked, and is looked at again later."""

    item = WorkItem.objects.filter(id=diversion.item, state=WorkItem.State.WAITING).first()
    if item is None:
        return
    if diversion.to_queue is None:
        WorkItem.objects.filter(id=item.id).update(wake_at=now + LOOK_AGAIN, reason=diversion.reason.value)
        return
    WorkItem.objects.filter(id=item.id).update(overflow_path=[*item.overflow_path, item.queue_id])
    transfer(
        item.id,
        queue=Queue.objects.get(id=diversion.to_queue),
        actor=None,
        now=now,
        reason=f"overflow: {diversion.reason.value}",
    )
