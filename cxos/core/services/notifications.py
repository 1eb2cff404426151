"""Telling people: rows for their notification centre, kept apart from what caused them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from cxos.core.errors import Invalid
from cxos.core.events.people import NotificationsRead, PersonNotified, PushDue
from cxos.core.models import Notification, PushSubscription, User
from cxos.core.notices import KINDS, WAYS, wants
from cxos.core.outbox import emit, emit_all

# What is unread about the same thing is counted up and comes to the top again.
TELL = """
INSERT INTO core_notification (user_id, kind, about, details, times, at)
SELECT told.user_id, %(kind)s, told.about, told.details, 1, told.at
FROM jsonb_to_recordset(%(told)s::jsonb) AS told(user_id bigint, about text, details jsonb, at timestamptz)
ORDER BY told.user_id, told.about
ON CONFLICT (user_id, kind, about) WHERE read_at IS NULL
DO UPDATE SET times = core_notification.times + 1, at = excluded.at, details = excluded.details
RETURNING id, user_id, times
"""
FORGET = """
DELETE FROM core_notification USING unnest(%(users)s::bigint[], %(abouts)s::text[]) AS settled(user_id, about)
WHERE core_notification.user_id = settled.user_id AND core_notification.about = settled.about
    AND kind = %(kind)s AND read_at IS NULL
RETURNING core_notification.user_id
"""


@dataclass(frozen=True, slots=True)
class News:
    """What one person is to be told: about which thing, with what their sentence is filled."""

    user_id: int
    about: str
    details: Mapping[str, Any]
    at: datetime


def notify(
    user_ids: Iterable[int], *, kind: str, about: str, details: Mapping[str, Any], actor: Any = None, now: datetime
) -> int:
    """Tell all of them the same; see `notify_each`."""
    return notify_each([News(user, about, details, now) for user in set(user_ids)], kind=kind, actor=actor)


def notify_each(news: Sequence[News], *, kind: str, actor: Any = None) -> int:
    """Tell those who want to hear of this kind, each person once about a thing; returns how many were told.

    3 queries, 1 when nobody wants to hear.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no kind of notification called {kind!r}.")
    if not news:
        return 0
    listens = Exists(PushSubscription.objects.filter(user=OuterRef("pk")))
    people = (
        User.objects.filter(pk__in={one.user_id for one in news}, is_active=True).order_by().annotate(listens=listens)
    )
    pushed, wanted = set(), set()
    for pk, preferences, has_browser in people.values_list("pk", "preferences", "listens"):
        push = wants(preferences, kind, "push")
        wanted |= {pk} if push or wants(preferences, kind, "app") else set()
        pushed |= {pk} if push and has_browser else set()
    told = [asdict(one) | {"at": one.at.isoformat()} for one in news if one.user_id in wanted]
    if not told:
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TELL, {"kind": kind, "told": json.dumps(told)})
            rows = cursor.fetchall()
        events: list[tuple[Any, str]] = [
            (PersonNotified(user_id=user, notification_id=id, kind=kind, times=times), f"user:{user}")
            for id, user, times in rows
        ]
        events += [
            (PushDue(user_id=user, notification_id=id), f"user:{user}") for id, user, _ in rows if user in pushed
        ]
        emit_all(events, actor=actor)
    return len(rows)


def mark_read(user: User, *, ids: Iterable[int] | None = None, about: str = "", now: datetime) -> int:
    """Some of the user's notifications, those about a thing, or all; returns how many were unread."""
    unread = Notification.objects.filter(user=user, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    if about:
        unread = unread.filter(about=about)
    with transaction.atomic():
        changed = unread.update(read_at=now)
        if changed:
            emit(NotificationsRead(user_id=user.pk), key=f"user:{user.pk}", actor=user)
    return changed


def take_back(settled: Collection[tuple[int, str]], *, kind: str) -> None:
    """What is settled before it was read need not be read any more: (user, about) pairs. 2 queries."""
    users, abouts = [user for user, _ in settled], [about for _, about in settled]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(FORGET, {"users": users, "abouts": abouts, "kind": kind})
            gone = {user for (user,) in cursor.fetchall()}
        if gone:
            emit_all([(NotificationsRead(user_id=user), f"user:{user}") for user in sorted(gone)])


def choose(user: User, *, chosen: Mapping[str, Iterable[str]]) -> None:
    """How the user wants to hear of each kind: kind → ways of WAYS. Kinds left out keep what they had."""
    for kind, ways in chosen.items():
        if kind not in KINDS or not {*ways} <= {*WAYS}:
            raise Invalid(
                "no_such_notification",
                gettext("There is no notification %(kind)s, or not in this way.") % {"kind": f"{kind!r}"},
            )
    with transaction.atomic():
        kept = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        told = {**kept.preferences.get("notifications", {}), **{kind: sorted({*ways}) for kind, ways in chosen.items()}}
        kept.preferences = {**kept.preferences, "notifications": told}
        kept.save(update_fields=["preferences"])
    user.preferences = kept.preferences


def forget_old(*, keep_days: int, now: datetime, limit: int = 10_000) -> int:
    """Drop what is older than so many days, read or not; 0 = keep it for good."""
    if not keep_days:
        return 0
    old = Notification.objects.filter(at__lt=now - timedelta(days=keep_days)).order_by("at").values("pk")[:limit]
    return Notification.objects.filter(pk__in=old).delete()[0]
