"""What colleagues did in conversations about the same that were solved."""

from __future__ import annotations

from django.db import connection

from intelligence.next_best import Habit

LATELY = 5_000  # of the newest messages that were understood, so that the read costs the same however much there is

# The intent is that of the customer's newest message here; a macro already run here is not told again.
RUN_IN = """
WITH asked AS (
    SELECT intent FROM intelligence_insight JOIN channels_app_message said ON said.id = message_id
    WHERE said.conversation_id = %(here)s AND said.author_kind = 'customer' ORDER BY said.id DESC LIMIT 1
),
lately AS (SELECT message_id, intent FROM intelligence_insight ORDER BY id DESC LIMIT %(lately)s),
solved AS (
    SELECT DISTINCT talk.id FROM lately JOIN asked USING (intent)
    JOIN channels_app_message said ON said.id = message_id JOIN channels_app_conversation talk ON talk.id = conversation_id
    WHERE intent <> '' AND status = 'resolved' AND merged_into_id IS NULL AND talk.id <> %(here)s
)
SELECT (SELECT intent FROM asked), macro_id, count(DISTINCT conversation_id), (SELECT count(*) FROM solved)
FROM automation_macrorun run JOIN solved ON solved.id = conversation_id
WHERE NOT EXISTS (
    SELECT FROM automation_macrorun done WHERE done.conversation_id = %(here)s AND done.macro_id = run.macro_id
)
GROUP BY macro_id ORDER BY 3 DESC, macro_id LIMIT 20
"""


def habits_for(conversation_id: int) -> tuple[str, list[Habit]]:
    """What this conversation is about, and the macros of those about the same, of all teams. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(RUN_IN, {"here": conversation_id, "lately": LATELY})
        rows = cursor.fetchall()
    return (rows[0][0] if rows else ""), [Habit(pk, runs, solved) for _intent, pk, runs, solved in rows]
