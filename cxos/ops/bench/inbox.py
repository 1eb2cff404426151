"""`bin/bench inbox`: the workspace's pages at a million conversations, beside the bare SQL of the list.

Fills a throw-away database by set-wise SQL, then asks the real views through Django, in this process: server time
without the network. The floor is the list's own rows by bare psycopg2 in the same run.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from contextlib import closing
from typing import Any

from cxos.ops.bench.installation import throwaway_installation
from cxos.ops.errors import CannotRun, run_or_explain
from cxos.ops.terminal import say

BENCH = True
VIEWS = {
    "list": "/workspace/list/?tab=all",
    "page": "/workspace/c/{pk}/?tab=all",
    "thread": "/workspace/c/{pk}/thread/",
    "context": "/workspace/c/{pk}/context/",
}
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
FLOOR = """
SELECT c.id, c.last_message_at, c.last_message_text, cu.name, u.name FROM channels_app_conversation c
JOIN crm_customer cu ON cu.id = c.customer_id LEFT JOIN core_user u ON u.id = c.assignee_id
WHERE NOT c.status = 'resolved' AND (c.assignee_id = %s OR c.team_id IS NULL OR c.team_id IN
    (SELECT team_id FROM core_user_teams WHERE user_id = %s))
ORDER BY c.last_message_at DESC, c.id DESC LIMIT 31
"""


def main() -> int:
    options = parse(sys.argv[1:])
    with throwaway_installation() as installation:
        began = time.monotonic()
        with closing(installation.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off; SET statement_timeout = 0")
            cursor.execute(FILL, {"customers": options.customers, "conversations": options.conversations})
        say(f"{options.conversations:,} conversations in {time.monotonic() - began:.0f} s")
        os.environ.update(installation.environment)
        figures = measure(options)
    print(json.dumps(figures))
    return 0


def measure(options: argparse.Namespace) -> dict[str, float]:
    import django

    django.setup()
    from cxos.core.models import User

    pages: dict[str, list[float]] = {name: [] for name in VIEWS}
    queries: dict[str, int] = {}
    floor: list[float] = []
    people = list(User.objects.filter(email__endswith="@example.com").exclude(email="bench@example.com")[:20])
    for number in range(options.rounds):
        user = people[number % len(people)]
        visit(user, pages, queries)
        floor.append(floor_ms(user.pk))
    say("view       p50 ms   p95 ms   queries")
    for name, times in pages.items():
        say(f"{name:<8}{quantile(times, 0.5):>9}{quantile(times, 0.95):>9}{queries[name]:>10}")
    everything = [one for times in pages.values() for one in times]
    sql = statistics.median(floor)
    return {
        "conversations": options.conversations,
        "page_p50_ms": quantile(everything, 0.5),
        "page_p95_ms": quantile(everything, 0.95),
        "queries": max(queries.values()),
        "sql_floor_ms": round(sql, 2),
        "ratio": round(quantile(pages["list"], 0.5) / sql, 1),
    }


def visit(user: Any, pages: dict[str, list[float]], queries: dict[str, int]) -> None:
    """One person opens each view of one of the conversations they may see."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from channels_app.models import Conversation

    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    seen = Conversation.objects.visible_to(user).open().order_by("-last_message_at")[:50]
    pk = random.choice(list(seen)).pk
    for name, address in VIEWS.items():
        started = time.perf_counter()
        answer = client.get(address.format(pk=pk))
        pages[name].append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise CannotRun(f"{address.format(pk=pk)} answered {answer.status_code}.")
        if name not in queries:
            with CaptureQueriesContext(connection) as captured:
                client.get(address.format(pk=pk))
            queries[name] = len(captured)


def floor_ms(user_id: int) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(FLOOR, (user_id, user_id))
        cursor.fetchall()
        return (time.perf_counter() - started) * 1000


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
