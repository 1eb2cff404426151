"""Streams read below the oldest transaction of the whole cluster, and other workers' tests run transactions there."""

from __future__ import annotations

import time

from django.db import connection

PASSED = """
SELECT coalesce(max(txid), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM core_event
"""


def wait_for_older_transactions() -> None:
    """Return once every event committed so far can be read by streams."""
    for _ in range(2_000):
        with connection.cursor() as cursor:
            cursor.execute(PASSED)
            if cursor.fetchone() == (True,):
                return
        time.sleep(0.05)
    raise AssertionError("A transaction that is older than the newest event runs on.")
