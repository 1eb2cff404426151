"""The audit: append-only, and chained by hashes so that a changed or missing row is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from cxos.core.actor import actor_name
from cxos.core.models import AuditEntry

CHAIN_LOCK = 0x0C05  # advisory: one writer at a time orders the chain
GENESIS = "0" * 64
# The entry being taken back. Ambient, because an undo goes through the ordinary services, which know nothing of it.
_taken_back: ContextVar[int | None] = ContextVar("taken_back", default=None)


@contextmanager
def taking_back(entry: AuditEntry) -> Iterator[None]:
    """The first entry recorded in here says that it takes `entry` back; what follows it is a part of the same undo."""
    token = _taken_back.set(entry.pk)
    try:
        yield
    finally:
        _taken_back.reset(token)


def record(
    actor: Any, verb: str, thing: models.Model, *, before: Any = None, after: Any = None, reason: str = ""
) -> AuditEntry:
    """Append who did what to which thing. Call it last in the transaction of the change: the chain is locked to its end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        last = AuditEntry.objects.order_by("-id").values_list("hash", flat=True).first()
        entry = AuditEntry(
            at=timezone.now(),
            actor=actor_name(actor),
            verb=verb,
            object_type=thing._meta.label,
            object_id=str(thing.pk),
            object_label=str(thing)[:200],
            before=before,
            after=after,
            reason=reason,
            undoes=_taken_back.get(),
            previous_hash=last or GENESIS,
        )
        entry.hash = digest(entry)
        entry.save(force_insert=True)
        _taken_back.set(None)
    return entry


def digest(entry: AuditEntry) -> str:
    """SHA-256 over everything the row says and the hash before it."""
    said = [
        entry.at.isoformat(), entry.actor, entry.verb, entry.object_type, entry.object_id, entry.object_label,
        entry.before, entry.after, entry.reason, entry.previous_hash,
    ]  # fmt: skip
    if entry.undoes is not None:  # rows that take nothing back keep the hash they always had
        said.append(entry.undoes)
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def first_broken() -> int | None:
    """The id of the first entry whose hash or link does not hold; None when the chain is whole."""
    previous = GENESIS
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=1000):
        if entry.previous_hash != previous or digest(entry) != entry.hash:
            return int(entry.id)
        previous = entry.hash
    return None


def head() -> tuple[int, str]:
    """(how many entries there are, the hash of the last one). Noted elsewhere, it shows later that none is missing at the
    end, which the chain alone cannot. 2 queries."""
    last = AuditEntry.objects.order_by("-id").values_list("id", "hash").first()
    return (AuditEntry.objects.filter(id__lte=last[0]).count(), last[1]) if last else (0, GENESIS)


def has_kept(count: int, hash: str) -> bool:
    """Whether the entry that was the last when there were `count` of them still is where it was. 1 query."""
    if count == 0:
        return hash == GENESIS
    found = AuditEntry.objects.order_by("id").values_list("hash", flat=True)[count - 1 : count]
    return list(found) == [hash]
