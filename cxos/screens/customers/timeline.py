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
MOST_KEPT = 100  # in the part of an open page that is fetched again
Cursor = tuple[datetime, str, int]  # (when, kind, id)


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
    """A page of it by local day. `older`: the cursor of what comes after, "" at the end; `names`: of the regions that
    tell of what is on it."""

    days: list[tuple[Any, list[Entry]]]
    older: str
    names: str = ""


def read_timeline(user: User, customer_ids: list[int], *, before: str = "", until: str = "") -> Timeline:
    """What this user may see of these records; with `until`, a cursor, all that is not older. 3 queries."""
    place, last = read_cursor(before), read_cursor(until)
    size = MOST_KEPT if last else PAGE
    found = sorted(
        [*conversations(user, customer_ids, place, size), *cases(user, customer_ids, place, size)],
        key=lambda entry: (entry.at, entry.kind, entry.pk),
        reverse=True,
    )
    if last:
        kept = [entry for entry in found[:size] if (entry.at, entry.kind, entry.pk) >= last]
        found = [*kept, *found[len(kept) :][:1]]
        size = len(kept)
    page = with_counts(found[:size])
    days = [
        (day, list(entries)) for day, entries in groupby(page, key=lambda entry: timezone.localtime(entry.at).date())
    ]
    names = " ".join(f"{entry.kind}.{entry.pk}" for entry in page)
    return Timeline(days, (until or page[-1].cursor) if len(found) > size else "", names)


def conversations(user: User, customer_ids: list[int], place: Cursor | None, size: int) -> list[Entry]:
    rows = Conversation.objects.visible_to(user).standing().filter(customer__in=customer_ids)
    rows = rows.select_related("channel", "assignee")
    if place:
        rows = rows.filter(behind("conversation", place, "last_message_at"))
    newest = rows.order_by("-last_message_at", "-id")[: size + 1]
    return [Entry("conversation", row.last_message_at, row.pk, conversation=row) for row in newest]


def cases(user: User, customer_ids: list[int], place: Cursor | None, size: int) -> list[Entry]:
    rows = Case.objects.visible_to(user).filter(customer__in=customer_ids).select_related("assignee")
    if place:
        rows = rows.filter(behind("case", place, "opened_at"))
    return [Entry("case", row.opened_at, row.pk, case=row) for row in rows.order_by("-opened_at", "-id")[: size + 1]]


def behind(kind: str, place: Cursor, field: str) -> Q:
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


def read_cursor(text: str) -> Cursor | None:
    at, _, rest = text.partition("|")
    kind, _, number = rest.partition("|")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    good = moment.tzinfo is not None and kind in {"conversation", "case"} and number.isascii() and number.isdigit()
    return (moment, kind, int(number[:18])) if good else None
