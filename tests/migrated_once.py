"""Parallel workers each have a database of their own; the first one migrates, the others begin with a copy of its tables.

A copy is migrated as well, which finds nothing to do unless something is missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

LOCK = 7_241_001


@contextmanager
def as_template() -> Iterator[Any]:
    """While workers wait their turn: yields what to call once this one's database is migrated, or None when alone."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    if not run or int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) < 2:
        yield None
        return
    template = connection.ops.quote_name(f"test_migrated_{run}")
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [f"test_migrated_{run}"])
        is_first = cursor.fetchone() is None
        if not is_first:
            connection.settings_dict["TEST"]["TEMPLATE"] = f"test_migrated_{run}"

        def migrated() -> None:
            if is_first:
                source = connection.ops.quote_name(connection.settings_dict["NAME"])
                connection.close()
                cursor.execute(f"CREATE DATABASE {template} TEMPLATE {source}")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

        yield migrated
        if is_first:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # nobody is copying it just now
            cursor.execute(f"DROP DATABASE {template}")
