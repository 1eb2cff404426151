"""Deleting what is kept only so long, in portions, so that nobody waits for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

PORTION = 5_000
MOST_PORTIONS = 20  # a run; what is left over is the next one's


def prune_older(rows: models.QuerySet[Any], *, before: datetime, field: str = "at") -> int:
    """Delete those of `rows` whose `field` is earlier, oldest ids first; returns how many.

    Ids grow with time, so the primary key is the index. Only for rows nothing points to: no cascade is looked for.
    """
    deleted = 0
    for _ in range(MOST_PORTIONS):
        oldest = list(rows.order_by("pk").values_list("pk", field)[:PORTION])
        ids = [pk for pk, at in oldest if at < before]
        if ids:
            deleted += rows.model._default_manager.filter(pk__in=ids)._raw_delete(rows.db)
        if len(ids) < PORTION:
            break
    return deleted
