"""What open chats are told of the floor: whether it is open, one's place in the line, how long it will take, and when
that has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db.models import Avg, Count, F, Q

from cases.services.calendars import is_open, next_opening
from channels_app.models import Channel, Conversation
from channels_app.webchat.chats import chat_region
from channels_app.webchat.outlook import Outlook, provide
from cxos.core import broker, live
from cxos.core.catalogue import Received, hint
from cxos.core.events.routing import OfferAccepted, WorkQueued, WorkReleased
from routing.estimate import HandleTime, Line, announcement, expected_wait
from routing.models import AgentState, Presence, Queue, WorkItem

KEPT_SECONDS = 15.0
RECENT = 40
TOLD = 20  # who is further back than that need not see every step
TOLD_EVERY_SECONDS = 2.0  # a page that waits asks by itself as well, so the last step is not missed
SERVING = (Presence.AVAILABLE, Presence.BUSY)


@hint(WorkQueued, OfferAccepted, WorkReleased)
def line_moved(received: Received) -> None:
    """Everybody near the front of this queue has another place now. One query, every few seconds at most."""
    if not broker.claim_once(f"line:{received.event.queue_id}", seconds=TOLD_EVERY_SECONDS):
        return
    waiting = WorkItem.objects.filter(queue_id=received.event.queue_id, state=WorkItem.State.WAITING)
    ids = waiting.filter(conversation__isnull=False).order_by("-priority", "queued_at")
    live.notify((chat_region(id) for id in ids.values_list("conversation_id", flat=True)[:TOLD]), version=received.id)


@provide
def outlook(conversation: Conversation | None, channel_id: int, now: datetime) -> Outlook:
    """One query for who waits, two more for his place; the hours are kept for a few seconds."""
    hours = hours_of(channel_id, now)
    item = _waiting_item(conversation) if conversation is not None else None
    if item is None:
        return Outlook(online=hours.online, opens_at=hours.opens_at)
    ahead = _ahead_of(item)
    return Outlook(
        online=hours.online, opens_at=hours.opens_at, place=ahead + 1, wait_seconds=_wait_seconds(item, ahead, now)
    )


def _waiting_item(conversation: Conversation) -> WorkItem | None:
    waiting = WorkItem.objects.filter(conversation=conversation, state=WorkItem.State.WAITING)
    return waiting.order_by("id").first()


def _ahead_of(item: WorkItem) -> int:
    """Who is probably served before: the more urgent, and those who came earlier. One query."""
    before = Q(priority__gt=item.priority) | Q(priority=item.priority, queued_at__lt=item.queued_at)
    return WorkItem.objects.filter(before, queue_id=item.queue_id, state=WorkItem.State.WAITING).count()


def _wait_seconds(item: WorkItem, ahead: int, now: datetime) -> int | None:
    """The expected wait, or None while too little is known to promise one. Two queries."""
    agents = AgentState.objects.filter(
        presence__in=SERVING, user__in=item.queue.memberships.values("user_id"), user__is_active=True
    ).count()
    recent = WorkItem.objects.filter(queue_id=item.queue_id, completed_at__lte=now, accepted_at__isnull=False)
    newest = recent.order_by("-completed_at").values("pk")[:RECENT]
    handled = WorkItem.objects.filter(pk__in=newest).aggregate(
        mean=Avg(F("completed_at") - F("accepted_at")), samples=Count("pk")
    )
    mean_seconds = handled["mean"].total_seconds() if handled["mean"] else 0.0
    handle = HandleTime(mean_seconds, handled["samples"]).or_usual(0.0)
    estimate = expected_wait(Line(ahead=ahead, agents=agents, handle_seconds=handle))
    return round(estimate.mean_seconds) if announcement(estimate) else None


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
