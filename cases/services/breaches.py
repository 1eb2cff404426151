"""The sweep: deadlines that have passed become breaches, each told once, the oldest first."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from cases.models import Clock
from cases.services.clock_rows import breach, key_of
from cxos.core.outbox import emit_all

BATCH = 500
# The state is part of the condition, so that a clock that was met a moment ago is left alone; rows that another sweep
# or a reply holds are passed by: whoever holds them decides, or the next sweep does.
CLAIM = """
UPDATE cases_clock SET state = 'breached', breached_at = due_at
WHERE state = 'running' AND id = ANY(ARRAY(
    SELECT id FROM cases_clock WHERE state = 'running' AND due_at < %(now)s
    ORDER BY due_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
RETURNING id, conversation_id, case_id, metric, cycle, due_at, breached_at
"""
COLUMNS = ("id", "conversation_id", "case_id", "metric", "cycle", "due_at", "breached_at")


def sweep_clocks(*, now: datetime, seconds: float = 5.0) -> int:
    """Breach what is overdue at `now`; returns how many. Stops after `seconds`: the next sweep goes on."""
    total, stop = 0, time.monotonic() + seconds
    while True:
        claimed = claim_overdue(now=now, batch=BATCH)
        total += claimed
        if claimed < BATCH or time.monotonic() > stop:
            return total


def claim_overdue(*, now: datetime, batch: int) -> int:
    """One batch: the rows change and the events are written in one transaction. Two statements."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"now": now, "batch": batch})
            rows: list[tuple[Any, ...]] = sorted(cursor.fetchall(), key=lambda row: (row[5], row[0]))
        clocks = [Clock(**dict(zip(COLUMNS, row, strict=True))) for row in rows]
        if clocks:
            emit_all([(breach(clock, now=now, cause="time"), key_of(clock)) for clock in clocks])
    return len(clocks)
