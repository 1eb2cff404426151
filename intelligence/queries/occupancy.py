"""How busy people were in the hour up to now, to the second: what was counted, and what is going on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from intelligence.formulas import Ratio
from intelligence.intervals import seconds_mask
from intelligence.queries.floor import INTERVAL
from intelligence.services.facts import to_ms

WINDOW = timedelta(hours=1)

MARKED = """
SELECT subject_id, start, sketches->'in_hand'->>'seconds', sketches->'routable'->>'seconds'
FROM intelligence_interval
WHERE subject = 'agent' AND subject_id = ANY(%(ids)s) AND start >= %(start)s AND start <= %(now)s
  AND sketches ?| ARRAY['in_hand', 'routable']
"""


@dataclass(frozen=True, slots=True)
class Going:
    """What has not ended yet, and so is counted nowhere: when held work was worked on (an open end: it still is), and
    since when they are available. Time it waited for its customer is no time with work in hand."""

    held: tuple[tuple[datetime, datetime | None], ...] = ()
    available_since: datetime | None = None


def occupancy_of_last_hour(going: Mapping[int, Going], *, now: datetime) -> dict[int, Ratio]:
    """Agent → seconds with work in hand / those or available, of the last hour by wall clock. One query."""
    start = now - WINDOW
    base = start.replace(minute=start.minute - start.minute % 15, second=0, microsecond=0)
    in_hand, routable = _marked(going, base=base, now=now)
    shift, window = round((start - base).total_seconds()), (1 << round(WINDOW.total_seconds())) - 1
    found = {}
    for agent, one in going.items():
        busy, free = in_hand[agent], routable[agent] | _seconds(one.available_since, now, base=base)
        for began, ended in one.held:
            busy |= _seconds(began, ended or now, base=base)
        busy, free = busy >> shift & window, free >> shift & window
        found[agent] = Ratio(busy.bit_count(), (busy | free).bit_count())
    return found


def _marked(
    ids: Iterable[int], *, base: datetime, now: datetime
) -> tuple[defaultdict[int, int], defaultdict[int, int]]:
    """One bit for each second since `base`."""
    in_hand: defaultdict[int, int] = defaultdict(int)
    routable: defaultdict[int, int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(MARKED, {"ids": list(ids), "start": base, "now": now})
        for agent, start, held, free in cursor.fetchall():
            place = (start - base) // INTERVAL * int(INTERVAL.total_seconds())
            in_hand[agent] |= int(held or "0", 16) << place
            routable[agent] |= int(free or "0", 16) << place
    return in_hand, routable


def _seconds(since: datetime | None, until: datetime, *, base: datetime) -> int:
    return 0 if since is None else seconds_mask(to_ms(base), max(to_ms(since), to_ms(base)), to_ms(until))
