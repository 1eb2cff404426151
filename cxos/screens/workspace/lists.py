"""The list pane: tabs with counts, rows with everything they show. A fixed number of queries at any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import IntegerField, Max, Q, QuerySet, Subquery

from cases.models import Clock
from channels_app.models import Conversation, Message, ReadMarker
from cxos.core.models import User

PAGE = 30
MOST_COUNTED = 100  # a tab says "99+": nobody needs the exact number, and counting a million costs
Rows = QuerySet[Conversation]


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    label: str
    count: int | None
    current: bool

    @property
    def shown(self) -> str:
        if self.count is None:
            return ""
        return f"{MOST_COUNTED - 1}+" if self.count >= MOST_COUNTED else str(self.count)


@dataclass(slots=True)
class Row:
    """One conversation as the list shows it."""

    conversation: Conversation
    unread: bool
    due_at: datetime | None
    due_seconds: int | None
    budget_seconds: int


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    next_cursor: str | None


TABS: dict[str, tuple[str, Callable[[Rows, User], Rows]]] = {
    "mine": ("Mine", lambda rows, user: rows.filter(assignee=user).open()),
    "unassigned": ("Unassigned", lambda rows, user: rows.filter(assignee=None).open()),
    "all": ("All", lambda rows, user: rows.open()),
    "resolved": ("Resolved", lambda rows, user: rows.filter(status=Conversation.Status.RESOLVED)),
}
COUNTED = ("mine", "unassigned", "all")


def rows_of(user: User, tab: str) -> Rows:
    return TABS[tab][1](Conversation.objects.visible_to(user), user)


class BoundedCount(Subquery):
    """How many rows, up to the limit they are sliced to; several of them fit into one query."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def tabs_for(user: User, current: str) -> list[Tab]:
    """All counts in one query."""
    asked = {key: BoundedCount(rows_of(user, key).order_by().values("pk")[:MOST_COUNTED]) for key in COUNTED}
    counts = User.objects.filter(pk=user.pk).values(**asked).get()
    return [Tab(key, label, counts.get(key), key == current) for key, (label, _) in TABS.items()]


def narrowed(rows: Rows, *, words: str = "", channel: str = "", tag: str = "", priority: str = "") -> Rows:
    """The filters of the list's bar; each empty one lets everything through."""
    if words:
        rows = rows.filter(
            Q(customer__name__icontains=words) | Q(last_message_text__icontains=words) | Q(subject__icontains=words)
        )
    if channel:
        rows = rows.filter(channel__key=channel)
    if tag:
        rows = rows.filter(tags__contains=[tag])
    if priority.isdigit():
        rows = rows.filter(priority=int(priority))
    return rows


def page(rows: Rows, user: User, *, now: datetime, cursor: str = "") -> Page:
    """The newest PAGE rows, or those after `cursor`. 4 queries."""
    if cursor and (place := read_cursor(cursor)):
        rows = rows.filter(Q(last_message_at__lt=place[0]) | Q(last_message_at=place[0], id__lt=place[1]))
    found = list(rows.select_related("customer", "channel", "assignee").order_by("-last_message_at", "-id")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    last = found[-1] if found else None
    return Page(
        decorate(found, user, now=now),
        f"{last.last_message_at.isoformat()}|{last.pk}" if more and last else None,
    )


def read_cursor(cursor: str) -> tuple[datetime, int] | None:
    at, _, number = cursor.partition("|")
    try:
        return datetime.fromisoformat(at), int(number)
    except ValueError:
        return None


def decorate(conversations: list[Conversation], user: User, *, now: datetime) -> list[Row]:
    """Unread marks and the nearest deadline of each. 3 queries."""
    ids = [one.pk for one in conversations]
    read = dict(ReadMarker.objects.filter(user=user, conversation__in=ids).values_list("conversation_id", "message_id"))
    newest = dict(
        Message.objects.filter(conversation__in=ids, author_kind=Message.Author.CUSTOMER)
        .values_list("conversation_id")
        .annotate(newest=Max("id"))
    )
    clocks: dict[int | None, Clock] = {}
    for clock in Clock.objects.filter(conversation__in=ids, state__in=["running", "breached"]).order_by("-due_at"):
        clocks[clock.conversation_id] = clock  # the nearest deadline comes last
    return [row(one, newest.get(one.pk, 0) > read.get(one.pk, 0), clocks.get(one.pk), now) for one in conversations]


def row(conversation: Conversation, unread: bool, clock: Clock | None, now: datetime) -> Row:
    due: Any = clock.due_at if clock else None
    left = round((due - now).total_seconds()) if due else None
    return Row(conversation, unread, due, left, clock.budget_seconds if clock else 0)
