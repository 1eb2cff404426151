"""What a deed finds after it has waited for a row that somebody else was just changing."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection, connections, transaction

T = TypeVar("T")
WAITS_FOR_ME = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def changed_while_waiting(
    change: Callable[[], Any], deed: Callable[[], T], meanwhile: Callable[[], Any] = lambda: None
) -> T:
    """Make the change, let the deed wait for its lock in a connection of its own, do what is to be done meanwhile,
    commit; what the deed says then."""

    def act() -> T:
        try:
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change()
            result = pool.submit(act)
            _until_it_waits()
            meanwhile()
        return result.result(60)


def _until_it_waits() -> None:
    for _ in range(2_000):
        with connection.cursor() as cursor:
            cursor.execute(WAITS_FOR_ME)
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.01)
    raise AssertionError("Nobody waits for a lock of ours.")
