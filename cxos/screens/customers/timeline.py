"""Everything that happened with a customer, on every channel, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from cases.models import Case
from channels_app.models import Conversation, Message
from cxos.core.models import User

PAGE = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation or case. `at`: when it last moved, which orders the timeline."""

    kind: str  # conversation, case
    at: datetime
    pk: int
    conversation: Conversation | None = None
    case: Case | None = None
    messages: int = 0

    @property
    def cursor(self) -> str:
        return f"{self.at.isoformat()}|{self.kind}|{self.pk}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of it by local day. `older`: the cursor of what comes after, "" at the end."""

    days: list[tuple[Any, list[Entry]]]
    older: str


def read_timeline(user: User, customer_ids: list[int], *, before: str = "") -> Timeline:
    """What this user may see of these records. 3 queries."""
    place = read_cursor(before)
    found = sorted(
        [*conversations(user, customer_ids, place), *cases(user, customer_ids, place)],
        key=lambda entry: (entry.at, entry.kind, entry.pk),
        reverse=True,
    )
    page = with_counts(found[:PAGE])
    days = [
        (day, list(entries)) for day, entries in groupby(page, key=lambda entry: timezone.localtime(entry.at).date())
    ]
    return Timeline(days, page[-1].cursor if len(found) > PAGE else "")


def conversations(user: User, customer_ids: list[int], place: tuple[datetime, str, int] | None) -> list[Entry]:
    rows = Conversation.objects.visible_to(user).standing().filter(customer__in=customer_ids)
    rows = rows.select_related("channel", "assignee")
    if place:
        rows = rows.filter(behind("conversation", place, "last_message_at"))
    newest = rows.order_by("-last_message_at", "-id")[: PAGE + 1]
    return [Entry("conversation", row.last_message_at, row.pk, conversation=row) for row in newest]


def cases(user: User, customer_ids: list[int], place: tuple[datetime, str, int] | None) -> list[Entry]:
    rows = Case.objects.visible_to(user).filter(customer__in=customer_ids).select_related("assignee")
    if place:
        rows = rows.filter(behind("case", place, "opened_at"))
    return [Entry("case", row.opened_at, row.pk, case=row) for row in rows.order_by("-opened_at", "-id")[: PAGE + 1]]


def behind(kind: str, place: tuple[datetime, str, int], field: str) -> Q:
    """Older than the cursor, in the order (time, kind, id)."""
    at, last_kind, last_pk = place
    older = Q(**{f"{field}__lt": at})
    if kind < last_kind:
        return older | Q(**{field: at})
    return older | Q(**{field: at, "pk__lt": last_pk}) if kind == last_kind else older


def with_counts(entries: list[Entry]) -> list[Entry]:
    """How much was said in each conversation. 1 query."""
    ids = [entry.pk for entry in entries if entry.conversation]
    counted = dict(
        Message.objects.filter(conversation__in=ids, kind=Message.Kind.MESSAGE)
        .values_list("conversation_id")
        .annotate(Count("id"))
        .order_by()
    )
    return [
        Entry(one.kind, one.at, one.pk, one.conversation, one.case, counted.get(one.pk, 0) if one.conversation else 0)
        for one in entries
    ]


def read_cursor(text: str) -> tuple[datetime, str, int] | None:
    at, _, rest = text.partition("|")
    kind, _, number = rest.partition("|")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    good = moment.tzinfo is not None and kind in {"conversation", "case"} and number.isascii() and number.isdigit()
    return (moment, kind, int(number[:18])) if good else None
