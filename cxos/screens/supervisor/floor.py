"""What waits, and what breaches next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from cases.models import Clock
from cases.queries import at_risk
from cxos.core.models import User
from routing.models import WorkItem

MOST_WAITING, MOST_AT_RISK = 100, 25
# Of what waits, only what is shown: the rows are wide, and a dozen of their columns are JSON.
SHOWN = (
    "state", "priority", "required", "queued_at", "due_at", "queue__name", "queue__service_level_seconds",
    "conversation__last_message_text", "conversation__customer__name", "conversation__customer__vip",
    "conversation__channel__kind",
)  # fmt: skip
State = WorkItem.State


@dataclass(frozen=True, slots=True)
class Waiting:
    """One unanswered work item: how long it waits and how long until what it was promised. Seconds."""

    item: WorkItem
    waited: int
    due_in: int | None
    late: bool


@dataclass(frozen=True, slots=True)
class Risk:
    clock: Clock
    seconds: int


def waiting(*, now: datetime, queue_id: int | None = None) -> list[Waiting]:
    """What nobody has answered, the longest wait first. 1 query."""
    items = WorkItem.objects.filter(state__in=[State.WAITING, State.OFFERED]).select_related(
        "queue", "conversation__customer", "conversation__channel"
    )
    if queue_id:
        items = items.filter(queue=queue_id)
    return [waiting_of(item, now) for item in items.only(*SHOWN).order_by("queued_at", "id")[:MOST_WAITING]]


def waiting_of(item: WorkItem, now: datetime) -> Waiting:
    waited = since(item.queued_at, now)
    due = round((item.due_at - now).total_seconds()) if item.due_at else None
    return Waiting(item=item, waited=waited, due_in=due, late=waited > item.queue.service_level_seconds)


def risks(user: User, *, queue_id: int | None = None, now: datetime) -> list[Risk]:
    """The running clocks this user may see that breach next; those of a queue are of the conversations that wait or are in
    hand there. 1 query."""
    rows = at_risk(user, limit=MOST_AT_RISK, conversations=conversations_in(queue_id) if queue_id else None)
    return [Risk(clock, round((clock.due_at - now).total_seconds())) for clock in rows if clock.due_at]


def conversations_in(queue_id: int) -> QuerySet[WorkItem, Any]:
    live = WorkItem.objects.live().filter(queue=queue_id, conversation__isnull=False)
    return live.values("conversation_id")


def since(moment: datetime, now: datetime) -> int:
    return max(0, round((now - moment).total_seconds()))
