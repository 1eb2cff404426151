"""Deleting and forgetting what is kept only so long, in portions, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models

PORTION = 5_000
MOST_PORTIONS = 20  # a run; what is left over is the next one's


def prune_older(rows: models.QuerySet[Any], *, before: datetime, field: str = "at") -> int:
    """Delete those of `rows` whose `field` is earlier, oldest ids first; returns how many.

    Ids grow with time, so the primary key is the index. Only for rows nothing points to: no cascade is looked for.
    """
    manager = rows.model._default_manager
    return sum(manager.filter(pk__in=ids)._raw_delete(rows.db) for ids in _portions(rows, before, field))


def forget_older(rows: models.QuerySet[Any], column: str, *, before: datetime, field: str = "at") -> int:
    """Set a nullable column of those of `rows` whose `field` is earlier to null, oldest ids first; returns how many.

    The index is a partial one: `id` where the column is not null.
    """
    manager, told = rows.model._default_manager, rows.filter(**{f"{column}__isnull": False})
    return sum(manager.filter(pk__in=ids).update(**{column: None}) for ids in _portions(told, before, field))


def _portions(rows: models.QuerySet[Any], before: datetime, field: str) -> Iterator[list[int]]:
    """Ids of the oldest; whoever takes them sees to it that the next look does not find them again."""
    for _ in range(MOST_PORTIONS):
        oldest = list(rows.order_by("pk").values_list("pk", field)[:PORTION])
        ids = [pk for pk, at in oldest if at < before]
        if ids:
            yield ids
        if len(ids) < PORTION:
            break
