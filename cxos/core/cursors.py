"""Lists that a page walks from the newest on: where it stopped stands in the next page's address, and nothing is counted.

The API walks its lists by `cxos.core.api.pagination`, in any of several orders.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def newest_first(rows: QuerySet[Row], *, by: str, after: str, size: int) -> tuple[list[Row], str]:
    """(one page by the moment `by`, ties by id; the cursor of the next page, "" for none). 1 query.

    `after` is such a cursor as it came with the address; whatever is none means the first page.
    """
    if place := read_cursor(after):
        at, last = place
        rows = rows.filter(Q((f"{by}__lt", at)) | Q((by, at), pk__lt=last))
    found = list(rows.order_by(f"-{by}", "-pk")[: size + 1])
    shown = found[:size]
    return shown, f"{getattr(shown[-1], by).isoformat()}|{shown[-1].pk}" if len(found) > size else ""


def read_cursor(text: str) -> tuple[datetime, int] | None:
    at, _bar, number = text.partition("|")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    good = moment.tzinfo is not None and number.isascii() and number.isdigit() and len(number) < 19
    return (moment, int(number)) if good else None
