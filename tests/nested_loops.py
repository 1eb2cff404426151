"""The plan PostgreSQL takes for tables it believes to be all but empty, whatever is in them."""

from __future__ import annotations

from django.db import connection

OTHER_WAYS = ("hashagg", "hashjoin", "mergejoin", "sort", "material", "memoize")


def plan_nested_loops_only() -> None:
    """For the rest of the transaction."""
    with connection.cursor() as cursor:
        for way in OTHER_WAYS:
            cursor.execute(f"SET LOCAL enable_{way} = off")
