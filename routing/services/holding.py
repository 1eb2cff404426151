"""What every change of a held work item shares: its locks, its segments, and telling that somebody let go.

Locks go agent → item → queue → conversation; several agents in the order of their ids. Whoever advises or takes part sees
the conversation for as long as that lasts, of whatever team they are.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from channels_app.services.assignment import let_in, let_out
from cxos.core.errors import Conflict, NotFound
from cxos.core.events.routing import OfferWithdrawn, PartLeft, WorkReleased
from cxos.core.outbox import emit
from routing.models import AgentState, Callback, Offer, Segment, WorkItem
from routing.services.agents import full_cost, lock_agent, note_idle
from routing.services.presence import apply_pending


def milliseconds(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))


def lock_item(
    item_id: int, *, version: int | None = None, also: Collection[int] = ()
) -> tuple[WorkItem, AgentState | None]:
    """The item and its holder's state, both locked; `also` more agents. Raises Conflict when `version` has passed.

    The version is the fencing number: it grows with every change of holder or state, so that a late command of a former
    holder is refused.
    """
    seen = WorkItem.objects.filter(id=item_id).annotate(parts=ArraySubquery(open_parts(item_id).values("agent_id")))
    holder_id, part_of = seen.values_list("agent_id", "parts").first() or (None, [])
    states = {agent: lock_agent(agent) for agent in sorted({*also, *part_of, *([holder_id] if holder_id else [])})}
    item = WorkItem.objects.select_for_update(no_key=True).filter(id=item_id).first()
    if item is None:
        raise NotFound("no_such_work", _("There is no such work item."))
    if item.agent_id != holder_id or (part_of and set(_parts_now(item_id)) != set(part_of)):
        raise Conflict("moved_on", _("This work has changed hands just now. Look again."))
    if version is not None and item.version != version:
        raise Conflict("moved_on", _("This work has changed since you saw it. Look again."))
    return item, states[holder_id] if holder_id else None


def _parts_now(item_id: int) -> list[int]:
    return list(open_parts(item_id).values_list("agent_id", flat=True))


def open_parts(item_id: int) -> QuerySet[Segment]:
    """The segments of those who advise or take part in it now."""
    return Segment.objects.filter(item=item_id, ended_at=None).exclude(kind=Segment.Kind.LEAD)


def close_pending(item: WorkItem, *, reason: str, now: datetime) -> None:
    for offer in Offer.objects.filter(item=item, state=Offer.State.PENDING).order_by("id"):
        withdraw(offer, item=item, reason=reason, now=now)


def withdraw(offer: Offer, *, item: WorkItem, reason: str, now: datetime) -> None:
    """Close a pending offer whose reason is gone. Needs an open transaction."""
    closed = Offer.objects.filter(id=offer.id, state=Offer.State.PENDING).update(
        state=Offer.State.WITHDRAWN, closed_at=now, reason=reason[:80]
    )
    if closed:
        emit(
            OfferWithdrawn(**closing(offer, item, now), reason=reason, ring_ms=milliseconds(offer.made_at, now)),
            key=f"work:{item.id}",
        )


def closing(offer: Offer, item: WorkItem, now: datetime) -> dict[str, Any]:
    """What every event about a closed offer says."""
    return {
        "offer_id": offer.id,
        "item_id": item.id,
        "queue_id": item.queue_id,
        "agent_id": offer.agent_id,
        "conversation_id": item.conversation_id,
        "at": now.isoformat(),
    }


def begin_segment(item: WorkItem, agent_id: int, *, kind: str = Segment.Kind.LEAD, now: datetime) -> Segment:
    """Raises Conflict for a second call at a time: the database sees to it."""
    on_a_call = item.medium == "voice" and Segment.objects.filter(
        agent=agent_id, medium="voice", ended_at=None, wrap_up_at=None
    ).exclude(item=item)
    if on_a_call:
        raise Conflict("on_a_call", _("This agent is in a call already."))
    if kind != Segment.Kind.LEAD and item.conversation_id:  # who holds it sees it anyway
        let_in(item.conversation_id, user_id=agent_id)
    return Segment.objects.create(item=item, agent_id=agent_id, kind=kind, medium=item.medium, started_at=now)


def end_segment(
    item: WorkItem, *, by: str, now: datetime, to: str = "", among: Collection[Segment] | None = None
) -> Segment | None:
    """The holder's part of it, with the pause it ends in. `among`: its open segments, if they are at hand."""
    segments = Segment.objects.filter(item=item, ended_at=None) if among is None else among
    segment = next((one for one in segments if one.kind == Segment.Kind.LEAD), None)
    if segment is not None:
        segment.ended_at, segment.ended_by, segment.ended_to = now, by, to[:120]
        if item.paused_at is not None:
            segment.pauses = [*segment.pauses, [item.paused_at.isoformat(), now.isoformat()]]
        segment.save(update_fields=["ended_at", "ended_by", "ended_to", "pauses"])
    return segment


def end_parts(
    item: WorkItem,
    *,
    now: datetime,
    agent_id: int | None = None,
    by: str = "left",
    among: Collection[Segment] | None = None,
) -> int:
    """Whoever advises or takes part goes (or only that agent), with the agents locked as by lock_item. Returns how many.
    `among`: the item's open segments, if they are at hand."""
    open_ones = open_parts(item.id) if among is None else [one for one in among if one.kind != Segment.Kind.LEAD]
    ended = sorted((one for one in open_ones if agent_id in {None, one.agent_id}), key=lambda one: one.pk)
    for part in ended:
        part.ended_at, part.ended_by = now, by
        part.save(update_fields=["ended_at", "ended_by"])
        if item.conversation_id:
            let_out(item.conversation_id, user_id=part.agent_id)
        emit(
            PartLeft(
                item_id=item.id,
                queue_id=item.queue_id,
                agent_id=part.agent_id,
                conversation_id=item.conversation_id,
                kind=part.kind,
                at=now.isoformat(),
                joined_ms=milliseconds(part.started_at, now),
            ),
            key=f"work:{item.id}",
        )
        free(lock_agent(part.agent_id), now=now)
    return len(ended)


def keeps_place(item: WorkItem, *, until: datetime | None = None) -> bool:
    """The customer hung up and is to be called back in this place of the line; or was, `until` this very moment. One
    look-up."""
    stands = Q(state__in=Callback.LIVE) if until is None else Q(state__in=Callback.LIVE) | Q(closed_at=until)
    return Callback.objects.filter(stands, item=item, kind=Callback.Kind.IN_QUEUE).exists()


def let_go(item: WorkItem, *, by: str, kind: str, reason: str, actor: Any, now: datetime, to: str = "") -> None:
    """The holder's part is over, and it is told; before the item goes on from a pause. Its new state is the caller's."""
    part = end_segment(item, by=by, to=to, now=now)
    emit(
        WorkReleased(
            item_id=item.id,
            queue_id=item.queue_id,
            agent_id=item.agent_id or 0,
            conversation_id=item.conversation_id,
            reason=reason[:80],
            at=now.isoformat(),
            handled_ms=milliseconds(item.accepted_at or now, now),
            kind=kind,
            **pauses(item, part, now=now),
        ),
        key=f"work:{item.id}",
        actor=actor,
    )


def unpaused(item: WorkItem, *, now: datetime) -> dict[str, Any]:
    """What a paused item's columns become when it goes on: its full cost, and the pause added up. Empty for others."""
    if item.paused_at is None:
        return {}
    paused = item.paused_seconds + (now - item.paused_at).total_seconds()
    return {"paused_at": None, "paused_seconds": paused, "cost": full_cost(item)}


def go_on(item: WorkItem, *, now: datetime) -> bool:
    """Set the columns of `unpaused` on the item, and keep the pause with its holder's part. False when it was not paused."""
    if item.paused_at is None:
        return False
    part = Segment.objects.filter(item=item, ended_at=None, kind=Segment.Kind.LEAD).first()
    if part is not None:
        part.pauses = [*part.pauses, [item.paused_at.isoformat(), now.isoformat()]]
        part.save(update_fields=["pauses"])
    for name, value in unpaused(item, now=now).items():
        setattr(item, name, value)
    return True


def pauses(item: WorkItem, part: Segment | None, *, now: datetime) -> dict[str, Any]:
    """What an event says of when the holder of this part, which is over, waited for the customer: `pauses` and
    `paused_ms`, as in WorkReleased."""
    kept = part.pauses if part is not None else []
    spans = [(datetime.fromisoformat(began), datetime.fromisoformat(ended)) for began, ended in kept]
    spans += [(item.paused_at, now)] if item.paused_at and part is None else []
    told = tuple((milliseconds(began, now), milliseconds(ended, now)) for began, ended in spans)
    return {"pauses": told, "paused_ms": sum(began - ended for began, ended in told)}


def free(holder: AgentState, *, now: datetime) -> None:
    """The holder has let go: idle when it was the last, and then the break they asked for begins."""
    note_idle(holder, now=now)
    apply_pending(holder, now=now)
