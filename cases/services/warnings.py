"""Before it is too late: clocks that are due soon are told of, each once."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from cases.models import Clock
from cases.services.clock_rows import key_of
from cxos.core.events.cases import ClockNearing
from cxos.core.outbox import emit_all

BATCH = 500
# A fifth of the promise before its end, at least one minute and at most half an hour; by the wall clock, as the deadline.
CLAIM = """
UPDATE cases_clock SET warned_at = %(now)s
WHERE id = ANY(ARRAY(
    SELECT id FROM cases_clock
    WHERE state = 'running' AND warned_at IS NULL AND due_at > %(now)s AND due_at < %(now)s + interval '30 minutes'
        AND due_at < %(now)s + make_interval(secs => greatest(60, budget_seconds * 0.2))
    ORDER BY due_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
RETURNING id, conversation_id, case_id, metric, due_at
"""


def warn_of_deadlines(*, now: datetime) -> int:
    """Tell of what is due soon at `now`; returns how many clocks. Two statements."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"now": now, "batch": BATCH})
            rows = sorted(cursor.fetchall(), key=lambda row: (row[4], row[0]))
        events = []
        for id, conversation_id, case_id, metric, due_at in rows:
            clock = Clock(id=id, conversation_id=conversation_id, case_id=case_id, metric=metric)
            where = {"clock_id": id, "conversation_id": conversation_id, "case_id": case_id, "metric": metric}
            events.append((ClockNearing(**where, due_at=due_at.isoformat()), key_of(clock)))
        if events:
            emit_all(events)
    return len(rows)
