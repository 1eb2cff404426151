"""Who asks to be called back: a customer who is to wait long, or an agent for them. Hours, do-not-call and one callback a
number and queue are seen to by `callbacks`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _, gettext_noop

from channels_app.models import Conversation
from channels_app.services.conversations import reopen
from crm.normalise import normalise
from cxos.core.errors import Conflict, Invalid
from cxos.core.phrases import Phrase
from routing.facts import default_queue
from routing.models import Callback, WorkItem
from routing.services.callbacks import must_not_be_called, request_callback
from routing.services.queue import enqueue, live_item
from routing.services.waits import Outlook, outlook_of

AGREED = gettext_noop("%(agent)s wants the customer called back; %(queue)s is the queue of the channel.")


def live_callback(item: WorkItem | None) -> Callback | None:
    """The callback of the item that is still to come. No query where the item was read with it."""
    found = getattr(item, "callback", None)
    return found if found is not None and found.state in Callback.LIVE else None


def may_ask(item: WorkItem, told: Outlook | None) -> bool:
    """Whether the customer may ask for it now: the queue lets them, they wait, and it will take as long as it says."""
    least = item.queue.callback_offer_seconds
    if least is None or told is None or item.state != WorkItem.State.WAITING or must_not_be_called(item):
        return False
    return told.estimate.mean_seconds >= least


def ask_as_customer(
    conversation_id: int, *, number: str, slot_at: datetime | None, zone: str, now: datetime
) -> Callback:
    """In the place they have, or at a time. Raises Conflict when the queue does not offer it to them now."""
    address = normalise("phone", number)
    if not address:
        raise Invalid(
            "number", _("Give a telephone number with its country code, as in +49 30 1234567."), field="number"
        )
    item = live_item(conversation_id, "callback", "conversation__customer")
    if item is None or live_callback(item) or not may_ask(item, outlook_of(item, now=now)):
        raise Conflict("no_callback", _("A callback cannot be asked for just now."))
    return _request(item, address, slot_at, zone, actor=f"customer:{_customer_of(item)}", now=now)


def _customer_of(item: WorkItem) -> int:
    return item.conversation.customer_id if item.conversation else 0


def ask_as_agent(
    conversation: Conversation, *, number: str, slot_at: datetime | None, zone: str = "", actor: Any, now: datetime
) -> Callback:
    """What nobody waits for any more is opened again and waits in its channel's queue: with a time, or from now on."""
    with transaction.atomic():
        item = live_item(conversation.pk)
        if item is None:
            if conversation.status == Conversation.Status.RESOLVED:
                conversation = reopen(conversation.pk, actor=actor, now=now)
            item = _queued(conversation, actor=actor, now=now)
        return _request(item, number, slot_at, zone, actor=actor, now=now)


def _queued(conversation: Conversation, *, actor: Any, now: datetime) -> WorkItem:
    queue = default_queue(conversation.channel)
    if queue is None:
        raise Conflict("no_queue", _("There is no queue this could wait in."))
    return enqueue(
        conversation,
        queue=queue,
        priority=conversation.priority,
        why=Phrase(AGREED, {"agent": str(actor), "queue": queue.name}),
        actor=actor,
        now=now,
    )


def _request(
    item: WorkItem, number: str, slot_at: datetime | None, zone: str, *, actor: Any, now: datetime
) -> Callback:
    kind = Callback.Kind.SCHEDULED if slot_at else Callback.Kind.IN_QUEUE
    return request_callback(item.pk, kind=kind, address=number, slot_at=slot_at, zone=zone, actor=actor, now=now)
