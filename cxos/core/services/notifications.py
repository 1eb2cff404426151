"""Telling people: rows for their notification centre, kept apart from what caused them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from cxos.core.errors import Invalid
from cxos.core.events.people import NotificationsRead, PersonNotified
from cxos.core.models import Notification, User
from cxos.core.notices import KINDS, WAYS, wants
from cxos.core.outbox import emit, emit_all

# What is unread about the same thing is counted up and comes to the top again.
TELL = """
INSERT INTO core_notification (user_id, kind, about, details, times, at)
SELECT told, %(kind)s, %(about)s, %(details)s::jsonb, 1, %(now)s FROM unnest(%(users)s::bigint[]) AS told ORDER BY told
ON CONFLICT (user_id, kind, about) WHERE read_at IS NULL
DO UPDATE SET times = core_notification.times + 1, at = excluded.at, details = excluded.details
RETURNING id, user_id, times
"""


def notify(
    user_ids: Iterable[int], *, kind: str, about: str, details: Mapping[str, Any], actor: Any = None, now: datetime
) -> int:
    """Tell those of them who want to hear of this kind; returns how many. 3 queries, 1 when nobody does."""
    if kind not in KINDS:
        raise ValueError(f"There is no kind of notification called {kind!r}.")
    people = User.objects.filter(pk__in=set(user_ids), is_active=True).values_list("pk", "preferences")
    users = sorted(
        pk for pk, preferences in people if wants(preferences, kind, "app") or wants(preferences, kind, "push")
    )
    if not users:
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            told: dict[str, Any] = {
                "kind": kind,
                "about": about,
                "details": json.dumps(dict(details)),
                "now": now,
                "users": users,
            }
            cursor.execute(TELL, told)
            rows = cursor.fetchall()
        emit_all(
            [
                (PersonNotified(user_id=user, notification_id=id, kind=kind, times=times), f"user:{user}")
                for id, user, times in rows
            ],
            actor=actor,
        )
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


def take_back(user_id: int, *, kind: str, about: str) -> None:
    """What is settled before it was read need not be read any more."""
    with transaction.atomic():
        if Notification.objects.filter(user_id=user_id, kind=kind, about=about, read_at=None).delete()[0]:
            emit(NotificationsRead(user_id=user_id), key=f"user:{user_id}")


def choose(user: User, *, chosen: Mapping[str, Iterable[str]]) -> None:
    """How the user wants to hear of each kind: kind → ways of WAYS. Kinds left out keep what they had."""
    for kind, ways in chosen.items():
        if kind not in KINDS or not {*ways} <= {*WAYS}:
            raise Invalid("no_such_notification", f"There is no notification {kind!r}, or not in this way.")
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
