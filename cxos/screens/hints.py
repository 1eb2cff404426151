"""What open chats are told of the floor: whether it is open, one's place in the line, how long it will take, and when
that has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from cases.services.calendars import is_open, next_opening
from channels_app.models import Channel, Conversation
from channels_app.webchat.callbacks import serve_callbacks
from channels_app.webchat.chats import chat_region
from channels_app.webchat.outlook import CalledBack, Outlook, provide
from cxos.core import broker, live
from cxos.core.catalogue import Received, hint
from cxos.core.events.routing import (
    CallbackClosed,
    CallbackRequested,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    WorkAbandoned,
    WorkAssigned,
    WorkMoved,
    WorkQueued,
    WorkReleased,
)
from routing.models import Callback, Queue, WorkItem
from routing.services import waits
from routing.services.asking import ask_as_customer, live_callback, may_ask

KEPT_SECONDS = 15.0
TOLD = 20  # who is further back than that need not see every step
TOLD_EVERY_SECONDS = 2.0  # a page that waits asks by itself as well, so the last step is not missed


@hint(WorkQueued, OfferAccepted, OfferDeclined, OfferExpired, WorkReleased, WorkAbandoned, CallbackClosed)
def line_moved(received: Received) -> None:
    """Everybody near the front of this queue has another place now. One query, every few seconds at most."""
    if not broker.claim_once(f"line:{received.event.queue_id}", seconds=TOLD_EVERY_SECONDS):
        return
    waiting = WorkItem.objects.filter(queue_id=received.event.queue_id, state=WorkItem.State.WAITING)
    ids = waiting.filter(conversation__isnull=False).order_by("-priority", "queued_at")
    live.notify((chat_region(id) for id in ids.values_list("conversation_id", flat=True)[:TOLD]), version=received.id)


@hint(
    OfferMade, OfferAccepted, OfferDeclined, OfferExpired, OfferWithdrawn, WorkAbandoned, WorkReleased, WorkAssigned,
    WorkMoved, CallbackRequested, CallbackClosed,
)  # fmt: skip
def place_changed(received: Received) -> None:
    """Whoever it is about stands in the line, or does so no longer."""
    if received.event.conversation_id:
        live.notify([chat_region(received.event.conversation_id)], version=received.id)


@provide
def outlook(conversation: Conversation | None, channel_id: int, now: datetime) -> Outlook:
    """The hours are kept for a few seconds; one query for who waits, and four for the place and the wait of who does."""
    hours = hours_of(channel_id, now)
    item = _waiting_item(conversation) if conversation is not None else None
    told = waits.outlook_of(item, now=now) if item is not None and item.state == WorkItem.State.WAITING else None
    callback = live_callback(item)
    return Outlook(
        online=hours.online,
        opens_at=hours.opens_at,
        place=told.place if told else None,
        wait_seconds=round(told.estimate.mean_seconds) if told and told.band else None,
        may_ask_callback=item is not None and callback is None and may_ask(item, told),
        callback=_called_back(callback, item) if callback and item else None,
    )


def _waiting_item(conversation: Conversation) -> WorkItem | None:
    """What waits of it, or is to be called back at a time."""
    waiting = WorkItem.objects.filter(
        conversation=conversation, state__in=[WorkItem.State.WAITING, WorkItem.State.SCHEDULED]
    )
    return waiting.select_related("queue", "callback", "conversation__customer").order_by("id").first()


def _called_back(callback: Callback, item: WorkItem) -> CalledBack:
    """Where the time agreed on is none they may be called at, it is the next one."""
    return CalledBack(callback.address, item.eligible_at if item.state == WorkItem.State.SCHEDULED else None)


@serve_callbacks
def ask_for_callback(
    conversation: Conversation, *, number: str, slot_at: datetime | None, zone: str, now: datetime
) -> None:
    ask_as_customer(conversation.pk, number=number, slot_at=slot_at, zone=zone, now=now)


# --- Hours -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hours:
    online: bool
    opens_at: datetime | None


_kept: dict[int, tuple[float, Hours]] = {}


def hours_of(channel_id: int, now: datetime) -> Hours:
    """Whether the queue behind a channel is open; asked for by every open chat, and so kept for a few seconds."""
    found = _kept.get(channel_id)
    if found is None or monotonic() - found[0] > KEPT_SECONDS:
        found = _kept[channel_id] = (monotonic(), _read_hours(channel_id, now))
    return found[1]


def _read_hours(channel_id: int, now: datetime) -> Hours:
    config = Channel.objects.values_list("config", flat=True).get(pk=channel_id)
    queue = Queue.objects.select_related("calendar").filter(key=config.get("queue") or "").first()
    if queue is None or queue.calendar is None or is_open(queue.calendar, at=now):
        return Hours(online=True, opens_at=None)
    return Hours(online=False, opens_at=next_opening(queue.calendar, after=now))
