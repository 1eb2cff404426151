"""Counts alone, added up by the database: for boards that show many subjects at once and no percentiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

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
