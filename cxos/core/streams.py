"""Stream readers: batches of events in commit order, each past its own cursor, moved in the batch's transaction."""

from __future__ import annotations

import time

import structlog
from django.db import connection, transaction
from django.utils import timezone

from cxos.core.catalogue import EVENTS, STREAMS, Stream
from cxos.core.models import StreamCursor
from cxos.core.relay import received

log = structlog.get_logger(__name__)
BATCH = 500

# Below the oldest transaction still running no event can appear any more; so reading up to there skips none.
READ = """
SELECT id, name, key, actor, depth, at, payload, txid FROM core_event
WHERE (txid, id) > (%s, %s) AND txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY txid, id LIMIT %s
"""


def run_streams(*, seconds: float = 10.0) -> int:
    """Let every reader catch up, fairly, until all are up to date or the time is up; returns events read."""
    read, stop = 0, time.monotonic() + seconds
    behind = set(STREAMS)
    while behind and time.monotonic() < stop:
        for name in sorted(behind):
            try:
                got = advance(STREAMS[name])
            except Exception:
                log.error("stream reader failed", stream=name, exc_info=True)
                got = 0
            read += got
            if got < BATCH:
                behind.discard(name)
    return read


def advance(stream: Stream, *, batch: int = BATCH) -> int:
    """One batch for one reader. 0 when up to date, or when another process is at it."""
    StreamCursor.objects.get_or_create(name=stream.name)
    with transaction.atomic():
        cursor_row = StreamCursor.objects.select_for_update(skip_locked=True).filter(name=stream.name).first()
        if cursor_row is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(READ, (cursor_row.txid, cursor_row.event_id, batch))
            rows = cursor.fetchall()
        if not rows:
            return 0
        wanted = [row for row in rows if row[1] in (stream.events or EVENTS)]
        if wanted:
            stream.run([received(row[:7]) for row in wanted])
        cursor_row.txid, cursor_row.event_id, cursor_row.moved_at = rows[-1][7], rows[-1][0], timezone.now()
        cursor_row.save(update_fields=["txid", "event_id", "moved_at"])
    return len(rows)
