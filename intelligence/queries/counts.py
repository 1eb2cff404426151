"""Counts alone, added up by the database: for boards that show many subjects at once and no percentiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from psycopg2 import sql

from intelligence.intervals import Tally

ADDED_UP = """
SELECT subject_id, counted.name, sum(counted.amount::bigint)
FROM intelligence_interval, jsonb_each_text(sums) AS counted(name, amount)
WHERE subject = %(subject)s AND start >= %(start)s AND start < %(end)s AND counted.name = ANY(%(names)s)
GROUP BY subject_id, counted.name
"""


def counts(subject: str, start: datetime, end: datetime, *, names: Iterable[str]) -> defaultdict[int, Tally]:
    """These sums of each queue, agent or channel over [start, end), by id, as tallies without sketches. One query.

    The formulas of shares and means work on them; `figures` is for waits by percentile.
    """
    found: defaultdict[int, Tally] = defaultdict(Tally)
    with connection.cursor() as cursor:
        cursor.execute(ADDED_UP, {"subject": subject, "start": start, "end": end, "names": list(names)})
        for subject_id, name, amount in cursor.fetchall():
            found[subject_id].sums[name] = int(amount)
    return found


DAY_AND_LAST = """
SELECT subject_id, counted.name, sum(counted.amount::bigint) FILTER (WHERE start >= %(start)s),
  sum(counted.amount::bigint) FILTER (WHERE start = %(last)s)
FROM intelligence_interval, jsonb_each_text(sums) AS counted(name, amount)
WHERE subject = %(subject)s AND start >= %(first)s AND start < %(end)s AND counted.name = ANY(%(names)s)
GROUP BY subject_id, counted.name
"""


def counts_of_day(
    subject: str, start: datetime, end: datetime, *, last: datetime, names: Iterable[str]
) -> tuple[defaultdict[int, Tally], defaultdict[int, Tally]]:
    """As `counts`, over [start, end) and over the quarter-hour that begins at `last`, inside or not. One query."""
    day: defaultdict[int, Tally] = defaultdict(Tally)
    newest: defaultdict[int, Tally] = defaultdict(Tally)
    with connection.cursor() as cursor:
        span = {"first": min(start, last), "start": start, "end": end, "last": last}
        cursor.execute(DAY_AND_LAST, {"subject": subject, "names": list(names), **span})
        for subject_id, name, amount, in_last in cursor.fetchall():
            day[subject_id].sums[name] = int(amount or 0)
            newest[subject_id].sums[name] = int(in_last or 0)
    return day, newest


def total(subject: str, start: datetime, end: datetime, *, names: Sequence[str]) -> dict[str, int]:
    """These sums of all of this kind together over [start, end). One query that moves one row."""
    columns = sql.SQL(", ").join(sql.SQL("sum((sums->>{})::bigint)").format(sql.Literal(name)) for name in names)
    statement = sql.SQL(
        "SELECT {} FROM intelligence_interval WHERE subject = %(subject)s AND start >= %(start)s AND start < %(end)s"
    ).format(columns)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"subject": subject, "start": start, "end": end})
        return {name: int(value or 0) for name, value in zip(names, cursor.fetchone(), strict=True)}
