"""`bin/bench inbox`: the workspace's pages at a million conversations, beside the bare SQL of the list.

Fills a throw-away database by set-wise SQL, then asks the real views through Django in one process: server time
without the network. The floor is the list's own rows by bare psycopg2 in the same run.
"""

import argparse
import json
import statistics
import sys
import time
from contextlib import closing
from typing import Any

from cxos.ops.bench.installation import throwaway_installation
from cxos.ops.errors import run_or_explain
from cxos.ops.terminal import say

BENCH = True
FILL = """
INSERT INTO core_team (name) SELECT 'Team ' || n FROM generate_series(1, 50) n;
INSERT INTO core_user (password, email, name, role, is_active, preferences, created_at)
    SELECT '!', 'a' || n || '@example.com', 'Agent ' || n, CASE WHEN n = 1 THEN 'supervisor' ELSE 'agent' END, true, '{}', now()
    FROM generate_series(1, 500) n;
INSERT INTO core_user_teams (user_id, team_id)
    SELECT u.id, t.id FROM core_user u JOIN core_team t ON t.id %% 50 IN (u.id %% 50, (u.id + 1) %% 50) WHERE u.email LIKE 'a%%@example.com';
INSERT INTO crm_customer (name, language, time_zone, vip, tags, attributes, notes, created_at, last_seen_at)
    SELECT 'Customer ' || n, 'en', 'UTC', n %% 100 = 0, '{}', '{}', '', now(), now() FROM generate_series(1, %(customers)s) n;
INSERT INTO crm_identity (customer_id, kind, value, shown, verified, evidence, created_at)
    SELECT id, 'email', 'user' || id || '@example.com', 'user' || id || '@example.com', true, '', now() FROM crm_customer;
INSERT INTO channels_app_conversation (customer_id, channel_id, thread_key, subject, status, priority, tags, assignee_id, team_id,
        created_at, last_message_at, last_message_text, last_message_author, waiting_since, metadata)
    SELECT 1 + (random() * (%(customers)s - 1))::int, (SELECT min(id) FROM channels_app_channel), 'thread-' || n, '',
        CASE WHEN random() < 0.2 THEN 'open' ELSE 'resolved' END, (random() * 3)::int, ARRAY['billing'],
        CASE WHEN random() < 0.7 THEN (SELECT min(id) FROM core_user) + 1 + (random() * 498)::int END,
        (SELECT min(id) FROM core_team) + (random() * 49)::int,
        now() - n * interval '20 seconds', now() - n * interval '20 seconds', 'Where is my order ' || n, 'customer', now(), '{}'
    FROM generate_series(1, %(conversations)s) n;
INSERT INTO channels_app_message (conversation_id, kind, author_kind, text, html, attachments, state, problem, client_id, created_at,
        attempts, metadata)
    SELECT c.id, 'message', CASE WHEN i %% 2 = 1 THEN 'customer' ELSE 'agent' END, 'Where is my order ' || c.id || '? It should be here by now.',
        '', '[]', 'received', '', '', c.created_at + i * interval '1 minute', 0, '{}'
    FROM channels_app_conversation c, generate_series(1, 5) i;
ANALYZE
"""


def main() -> int:
    options = parse(sys.argv[1:])
    with throwaway_installation() as installation:
        began = time.monotonic()
        with closing(installation.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off; SET statement_timeout = 0")
            cursor.execute(FILL, {"customers": options.customers, "conversations": options.conversations})
        say(f"{options.conversations:,} conversations in {time.monotonic() - began:.0f} s")
        measured = json.loads(installation.manage("measure_pages", "--rounds", str(options.rounds)).splitlines()[-1])
    print(json.dumps(summary(measured, options.conversations)))
    return 0


def summary(measured: dict[str, Any], conversations: int) -> dict[str, float]:
    pages, queries = measured["pages"], measured["queries"]
    say("view       p50 ms   p95 ms   queries")
    for name, times in pages.items():
        say(f"{name:<8}{quantile(times, 0.5):>9}{quantile(times, 0.95):>9}{queries[name]:>10}")
    everything = [one for times in pages.values() for one in times]
    sql = statistics.median(measured["floor"])
    return {
        "conversations": conversations,
        "page_p50_ms": quantile(everything, 0.5),
        "page_p95_ms": quantile(everything, 0.95),
        "queries": max(queries.values()),
        "sql_floor_ms": round(sql, 2),
        "ratio": round(quantile(pages["list"], 0.5) / sql, 1),
    }


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench inbox", description="The workspace at a million conversations.")
    parser.add_argument("--conversations", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=60, help="people who open all four views (60)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
