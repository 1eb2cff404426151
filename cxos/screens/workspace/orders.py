"""The orders of the list, each one walked by an index, a page at a time by the last row's place (no offsets). What has no
place in an order comes after what has one, by its last activity: a list shows the same rows in every order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases.models import Clock
from channels_app.models import Conversation

Rows = QuerySet[Conversation]
UNMET = (Clock.State.RUNNING, Clock.State.BREACHED)


@dataclass(frozen=True, slots=True)
class Order:
    """`keys`: columns, "-" for descending; the last one is unique. `without`: the rows that have no place in it."""

    label: Any
    keys: tuple[str, ...]
    without: Q | None = None


PROMISES = Clock.objects.filter(state__in=UNMET, due_at__isnull=False)
ORDERS: dict[str, Order] = {
    "activity": Order(_("Last activity"), ("-last_message_at", "-id")),
    "created": Order(_("Newest first"), ("-id",)),
    "priority": Order(_("Priority"), ("-priority", "-last_message_at", "-id")),
    "waiting": Order(_("Longest waiting"), ("waiting_since", "id"), Q(waiting_since=None)),
    "deadline": Order(_("Next deadline"), ("due_at", "id"), Q(~Exists(PROMISES.filter(conversation=OuterRef("pk"))))),
}
USUAL = "activity"
REST = "rest|"  # begins the cursor among the rows without a place; alone it stands before the first of them


def page_of(rows: Rows, order: str, *, after: str, size: int) -> tuple[list[Conversation], str]:
    """(the rows behind the cursor `after`, the next cursor or ""). One query, by deadline two, and one more where the rows
    with a place end."""
    chosen = ORDERS[order]
    if chosen.without is None:
        return walk(rows, chosen.keys, after=after, size=size)
    rest = rows.filter(chosen.without)
    if after.startswith(REST):
        return page_of_rest(rest, after=after.removeprefix(REST), size=size)
    first = page_by_deadline if order == "deadline" else page_by_waiting
    found, cursor = first(rows, after=after, size=size)
    if cursor:
        return found, cursor
    if len(found) == size:
        return found, REST if rest.exists() else ""
    more, cursor = page_of_rest(rest, after="", size=size - len(found))
    return found + more, cursor


def page_of_rest(rest: Rows, *, after: str, size: int) -> tuple[list[Conversation], str]:
    found, cursor = walk(rest, ORDERS[USUAL].keys, after=after, size=size)
    return found, f"{REST}{cursor}" if cursor else ""


def page_by_waiting(rows: Rows, *, after: str, size: int) -> tuple[list[Conversation], str]:
    return walk(rows.filter(waiting_since__isnull=False), ORDERS["waiting"].keys, after=after, size=size)


def walk(rows: Rows, keys: Sequence[str], *, after: str, size: int) -> tuple[list[Conversation], str]:
    rows, place = rows.order_by(*keys), read_place(after, keys)
    found = list((rows.filter(behind(keys, place)) if place else rows)[: size + 1])
    return found[:size], place_of(found[size - 1], keys) if len(found) > size else ""


def page_by_deadline(rows: Rows, *, after: str, size: int) -> tuple[list[Conversation], str]:
    """Walks the promises instead of the conversations: each stands at the one of its promises that is due first."""
    earlier = PROMISES.filter(conversation=OuterRef("conversation")).filter(
        Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), id__lt=OuterRef("id"))
    )
    keys = ORDERS["deadline"].keys
    first = PROMISES.filter(~Exists(earlier), conversation__in=rows.order_by().values("pk")).order_by(*keys)
    if place := read_place(after, keys):
        first = first.filter(behind(keys, place))
    found = list(first.only("id", "due_at", "conversation_id")[: size + 1])
    by_id = {row.pk: row for row in rows.filter(pk__in=[clock.conversation_id for clock in found[:size]])}
    page = [by_id[clock.conversation_id] for clock in found[:size] if clock.conversation_id in by_id]
    return page, place_of(found[size - 1], keys) if len(found) > size else ""


def behind(keys: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows after the place: the first key decides, at a tie the next. The first bound stands alone for the index."""
    first, value = keys[0], place[0]
    name, less = first.lstrip("-"), "lt" if first.startswith("-") else "gt"
    if len(keys) == 1:
        return Q((f"{name}__{less}", value))
    tie = Q((f"{name}__{less}", value)) | (Q((name, value)) & behind(keys[1:], place[1:]))
    return Q((f"{name}__{less}e", value)) & tie


def place_of(row: Any, keys: Sequence[str]) -> str:
    values = [getattr(row, key.lstrip("-")) for key in keys]
    return "|".join(value.isoformat() if isinstance(value, datetime) else str(value) for value in values)


def read_place(cursor: str, keys: Sequence[str]) -> list[Any] | None:
    """The values of a cursor, None for what is none."""
    parts = cursor.split("|")
    if len(parts) != len(keys):
        return None
    try:
        return [
            read_moment(part) if key.lstrip("-").endswith(("_at", "_since")) else read_number(part)
            for part, key in zip(parts, keys, strict=True)
        ]
    except ValueError:
        return None


def read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(text)
    return int(text)
