"""What must hold after a fault: every acknowledged message arrived once, and had each of its consequences once."""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from cxos.ops.postgres import Postgres

# Every acknowledged id with how often its consequences are there.
CONSEQUENCES = """
SELECT a.external_id, count(DISTINCT i.id), count(DISTINCT m.id), count(DISTINCT w.id),
       count(DISTINCT b.id), bool_and(i.handled_at IS NOT NULL)
FROM unnest(%s) AS a(external_id)
LEFT JOIN channels_app_interaction i USING (external_id)
LEFT JOIN channels_app_message m ON m.interaction_id = i.id
LEFT JOIN routing_workitem w ON w.conversation_id = m.conversation_id
LEFT JOIN channels_app_message b ON b.conversation_id = m.conversation_id AND b.author_kind = 'bot'
GROUP BY a.external_id
"""
OWED = "SELECT count(*) FROM core_delivery"
UNSENT = "SELECT count(*) FROM channels_app_message WHERE state = 'pending'"
# Events of which the analytic reader has not made a fact yet.
UNCOUNTED = (
    "SELECT count(*) FROM core_event e WHERE NOT EXISTS (SELECT FROM intelligence_fact f WHERE f.event_id = e.id)"
)


@dataclass(frozen=True)
class Verdict:
    """`lost`: acknowledged, but something of it is missing. `doubled`: something of it is there twice. `left_over`: still
    owed, or happened and not counted, when patience was over. `problems`: what else went wrong, a sentence each."""

    lost: int
    doubled: int
    left_over: int
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.left_over or self.problems)


def judge(postgres: Postgres, acknowledged: Sequence[str], *, patience: float) -> Verdict:
    """Wait until nothing is owed any more and everything is counted, then compare the ledger with the database."""
    began = time.monotonic()
    left = owed(postgres) or uncounted(postgres)
    while left and time.monotonic() - began < patience:
        time.sleep(0.5)
        left = owed(postgres) or uncounted(postgres)
    lost = doubled = 0
    with closing(postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute(CONSEQUENCES, (list(acknowledged),))
        for _id, interactions, messages, items, answers, handled in cursor.fetchall():
            counts = (interactions, messages, items, answers)
            lost += min(counts) == 0 or not handled
            doubled += max(counts) > 1
    return Verdict(lost, doubled, left, time.monotonic() - began)


def owed(postgres: Postgres) -> int:
    """Deliveries and replies that still wait to be handled."""
    return number(postgres, f"SELECT ({OWED}) + ({UNSENT})")


def uncounted(postgres: Postgres) -> int:
    return number(postgres, UNCOUNTED)


def number(postgres: Postgres, query: str) -> int:
    with closing(postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        [count] = cursor.fetchone() or [0]
        return int(count)
