"""What becomes of work its queue cannot keep: closed, full, or waited too long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from cxos.core.errors import DomainError
from cxos.core.phrases import Phrase
from routing.matching import Diversion, Reason
from routing.models import Callback, Decision, Queue, WorkItem
from routing.services.callbacks import callback_address, request_callback
from routing.services.moves import transfer
from routing.services.notes import note
from routing.services.room import chain_from
from routing.snapshots.rules import opening_of, treatment

LOOK_AGAIN = timedelta(seconds=60)
DIVERTED = {
    Reason.CLOSED: gettext_noop("%(from)s is closed now: %(to)s took it."),
    Reason.MAX_WAIT: gettext_noop("%(from)s kept it as long as it may wait there: %(to)s took it."),
}
WAITS = gettext_noop("%(queue)s is closed; the work waits for its opening.")
OPENS = gettext_noop("It opens %(day)s %(time)s UTC.")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")  # translated by Django


def divert(diversion: Diversion, *, now: datetime) -> None:
    """Into the next queue of the chain; else it waits for the opening, or is called back then. A lost race changes nothing."""
    item = (
        WorkItem.objects.select_related("queue__calendar", "conversation__customer").filter(id=diversion.item).first()
    )
    if item is None or item.state != WorkItem.State.WAITING:
        return
    if diversion.to_queue is None:
        _wait_for_opening(item, now=now)
        return
    target = Queue.objects.get(id=diversion.to_queue)
    try:
        transfer(
            item.id,
            queue=target,
            actor=None,
            now=now,
            kind="overflow",
            reason=f"overflow: {diversion.reason.value}",
            version=item.version,
        )
    except DomainError:
        return
    why = Phrase(DIVERTED[diversion.reason], {"from": item.queue.name, "to": target.name})
    note(item, Decision.Kind.QUEUE, why, facts={"from": item.queue_id, "to": diversion.to_queue}, now=now)


def _looked_at_again(item: WorkItem, opens_at: datetime | None, *, now: datetime) -> datetime:
    """At the first opening, its own or along the chain it may leave by; soon, where one of that chain is only full."""
    moments = [opens_at]
    if treatment(item.queue, now=now) == Queue.Treatment.OVERFLOW:
        chain = chain_from(item.queue, path=item.overflow_path)
        moments += [opening_of(queue, now=now) or now + LOOK_AGAIN for queue in chain]
    return min((moment for moment in moments if moment is not None), default=now + LOOK_AGAIN)


def _wait_for_opening(item: WorkItem, *, now: datetime) -> None:
    opens_at = opening_of(item.queue, now=now)
    address = callback_address(item)
    if opens_at and address and treatment(item.queue, now=now) == Queue.Treatment.CALLBACK:
        try:
            request_callback(
                item.id, kind=Callback.Kind.SCHEDULED, address=address, slot_at=opens_at, actor=None, now=now
            )
        except DomainError:
            pass  # one is agreed on already: this waits as well
        else:
            return
    again = _looked_at_again(item, opens_at, now=now)
    changed = WorkItem.objects.filter(id=item.id, state=WorkItem.State.WAITING, version=item.version).update(
        wake_at=again, reason=Reason.CLOSED.value
    )
    if changed and item.reason != Reason.CLOSED.value:
        opens = (
            (Phrase(OPENS, {"day": Phrase(DAYS[opens_at.weekday()]), "time": f"{opens_at:%H:%M}"}),) if opens_at else ()
        )
        waits = Phrase(WAITS, {"queue": item.queue.name})
        note(item, Decision.Kind.NO_MATCH, waits, *opens, facts={"from": item.queue_id, "to": None}, now=now)
