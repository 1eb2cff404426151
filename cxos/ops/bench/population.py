"""A contact centre of any size, made by set-wise SQL: what the benchmarks of the screens look at.

Words are as unevenly spread as in a language (a few stand everywhere, most are rare), and so are tags and how often a
customer writes. A fifth of the conversations is open, one in five has a case, two in five of 500 agents are signed in.
With a folder the database is kept, so that the next run begins at once.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cxos.ops.bench.installation import Installation
from cxos.ops.errors import CannotRun
from cxos.ops.servers import EmbeddedServers
from cxos.ops.terminal import say

MESSAGES_EACH = 5
REBUILT = (
    "channels_app_conversation",
    "channels_app_message",
    "crm_customer",
    "crm_identity",
    "cases_case",
    "cases_clock",
)


@dataclass(frozen=True)
class Size:
    conversations: int
    customers: int


# Texts are two phrases of five words; the n-th of some hundred thousand words is about as frequent as 1/n.
LANGUAGE = """
SET work_mem = '256MB';
CREATE TEMP TABLE syllable AS SELECT c || v || e AS s, row_number() OVER () - 1 AS place
    FROM unnest(ARRAY['b','d','f','g','k','l','m','n','p','r','s','t','w','sh','tr','st']) c,
        unnest(ARRAY['a','e','i','o','u']) v, unnest(ARRAY['','n','r','l']) e;
CREATE TEMP TABLE word AS SELECT text, row_number() OVER (ORDER BY n) AS place FROM (
    SELECT DISTINCT ON (text) text, n FROM (
        SELECT n, (SELECT string_agg(s, '' ORDER BY k) FROM generate_series(0, 1 + n % 3) k JOIN syllable
            ON syllable.place = (abs(hashint4(n * 7 + k)) % 320)) AS text FROM generate_series(1, 150000) n) made
    ORDER BY text, n) vocabulary;
CREATE TEMP TABLE phrase AS SELECT id, string_agg(text, ' ') AS text FROM (
    SELECT id, 1 + floor(exp(random() * ln(100000)))::bigint AS place
    FROM generate_series(1, 300000) id, generate_series(1, 5)) drawn
    JOIN word USING (place) GROUP BY id;
CREATE UNIQUE INDEX ON phrase (id);
CREATE TEMP TABLE tag AS SELECT row_number() OVER () - 1 AS place, text FROM unnest(ARRAY['billing','delivery','refund',
    'order','account','technical','complaint','urgent','cancellation','warranty','exchange','payment','damaged','invoice',
    'password','upgrade','shipping','address','feedback','partner']) text;
ANALYZE word; ANALYZE phrase
"""
STAFF = """
INSERT INTO core_team (name) SELECT 'Team ' || n FROM generate_series(1, 50) n;
INSERT INTO core_user (password, email, name, role, is_active, preferences, created_at)
    SELECT '!', 'a' || n || '@example.com', initcap(one.text) || ' ' || initcap(two.text),
        CASE WHEN n = 1 THEN 'supervisor' ELSE 'agent' END, true, '{}', now()
    FROM generate_series(1, 500) n JOIN word one ON one.place = 2000 + n JOIN word two ON two.place = 9000 + n ORDER BY n;
INSERT INTO core_user_teams (user_id, team_id)
    SELECT u.id, t.id FROM core_user u JOIN core_team t ON t.id % 50 IN (u.id % 50, (u.id + 1) % 50)
    WHERE u.email LIKE 'a%@example.com';
INSERT INTO routing_skill (key, name) SELECT 'skill-' || place, initcap(text) FROM word WHERE place <= 50;
INSERT INTO routing_agentskill (user_id, skill_id, level)
    SELECT u.id, s.id, 1 + (u.id + s.id) % 5 FROM core_user u JOIN routing_skill s ON s.id % 12 = u.id % 12;
INSERT INTO routing_queue (key, name, team_id, strategy, skill_mode, aging, rings, offer_seconds, cooldown_seconds,
        wrap_up_seconds, service_level_seconds, short_abandon_seconds, enabled, sticky_seconds, version, changed_at)
    SELECT 'queue-' || t.id, initcap(word.text), t.id, 'longest_idle', 'best', 1, '[]', 30, 60, 30, 60, 5, true, 0, 1, now()
    FROM core_team t JOIN word ON word.place = 100 + t.id WHERE t.id % 2 = 0;
INSERT INTO routing_queuemember (queue_id, user_id, level)
    SELECT q.id, m.user_id, m.user_id % 6 FROM routing_queue q JOIN core_user_teams m ON m.team_id = q.team_id;
INSERT INTO routing_agentstate (user_id, presence, presence_since, pending_presence, reason, budget, caps, idle_since, handled_today)
    SELECT id, (ARRAY['available','available','busy','break','offline','offline','offline','offline','offline','offline'])[1 + id % 10],
        now() - id * interval '7 seconds', '', '', 100, '{}', now(), id % 40 FROM core_user WHERE email LIKE 'a%@example.com'
"""
CUSTOMERS = """
INSERT INTO crm_customer (name, language, time_zone, vip, tags, attributes, notes, created_at, last_seen_at)
    SELECT initcap(one.text) || ' ' || initcap(two.text), 'en', 'UTC', n %% 100 = 0, '{}', '{}', '', now(),
        now() - n * interval '90 seconds'
    FROM (SELECT n, 1 + (random() * 16383)::int AS a, 1 + (random() * 16383)::int AS b
        FROM generate_series(1, %(customers)s) n) drawn
    JOIN word one ON one.place = a JOIN word two ON two.place = b;
INSERT INTO crm_identity (customer_id, kind, value, shown, verified, evidence, created_at)
    SELECT id, 'email', mail, mail, true, '', now()
    FROM (SELECT id, lower(replace(name, ' ', '.')) || id || '@example.com' AS mail FROM crm_customer) c
    UNION ALL SELECT id, 'phone', '+49170' || lpad(id::text, 7, '0'), '', true, '', now() FROM crm_customer
"""
CONVERSATIONS = """
CREATE TEMP TABLE agent AS SELECT id, row_number() OVER (ORDER BY id) AS place FROM core_user WHERE email LIKE 'a%%@example.com';
INSERT INTO channels_app_channel (key, name, kind, medium, enabled, config, created_at)
    VALUES ('chat', 'Web chat', 'webchat', 'chat', true, '{}', now());
INSERT INTO channels_app_conversation (customer_id, channel_id, thread_key, subject, status, priority, tags, assignee_id, team_id,
        created_at, last_message_at, last_message_text, last_message_author, waiting_since, metadata)
    SELECT customer.id, (SELECT min(id) FROM channels_app_channel) + n %% 2, 'thread-' || n, said.text,
        CASE WHEN luck < 0.14 THEN 'open' WHEN luck < 0.18 THEN 'pending' WHEN luck < 0.2 THEN 'snoozed' ELSE 'resolved' END,
        (ARRAY[0,1,1,1,1,1,1,2,2,3])[1 + n %% 10],
        ARRAY(SELECT text FROM tag WHERE place IN (floor(20 * tagged ^ 3), floor(20 * luck ^ 2)) AND n %% 4 > 0),
        CASE WHEN held <= 500 THEN agent.id END, (SELECT min(id) FROM core_team) + team,
        now() - n * interval '20 seconds', now() - n * interval '20 seconds' + interval '5 minutes', last.text,
        CASE n %% 3 WHEN 0 THEN 'agent' ELSE 'customer' END, CASE WHEN luck < 0.14 AND n %% 3 > 0 THEN now() - n * interval '20 seconds' END, '{}'
    FROM (SELECT n, floor(%(customers)s * random() ^ 2)::int AS person, random() AS luck, random() AS tagged,
            1 + (random() * 699)::int AS held, (random() * 49)::int AS team, 1 + (random() * 299999)::int AS a,
            1 + (random() * 299999)::int AS b FROM generate_series(%(conversations)s, 1, -1) n) drawn
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS person FROM crm_customer) customer USING (person)
    JOIN phrase said ON said.id = a JOIN phrase last ON last.id = b LEFT JOIN agent ON agent.place = held
    ORDER BY n DESC;
INSERT INTO channels_app_message (conversation_id, kind, author_kind, author_id, text, html, attachments, state, problem,
        client_id, created_at, attempts, metadata)
    SELECT m.id, CASE WHEN i = 4 AND m.id %% 7 = 0 THEN 'note' ELSE 'message' END,
        CASE WHEN i %% 2 = 1 THEN 'customer' ELSE 'agent' END, CASE WHEN i %% 2 = 0 THEN m.assignee_id END,
        initcap(left(one.text, 1)) || substr(one.text, 2) || ', ' || two.text || '?', '', '[]',
        CASE WHEN i %% 2 = 1 THEN 'received' ELSE 'delivered' END, '', '', m.created_at + i * interval '1 minute', 0, '{}'
    FROM (SELECT c.id, c.created_at, c.assignee_id, i, 1 + (random() * 299999)::int AS a, 1 + (random() * 299999)::int AS b
        FROM channels_app_conversation c, generate_series(1, %(each)s) i ORDER BY c.id, i) m
    JOIN phrase one ON one.id = m.a JOIN phrase two ON two.id = m.b
"""
CASES = """
INSERT INTO cases_case (reference, subject, description, customer_id, status, priority, tags, assignee_id, team_id, opened_at,
        solved_at, resolution)
    SELECT 'C-' || lpad(row_number() OVER (ORDER BY id)::text, 6, '0'), subject, '', customer_id,
        CASE WHEN id %% 35 = 0 THEN 'open' WHEN id %% 65 = 0 THEN 'pending' ELSE 'solved' END, priority, tags, assignee_id, team_id,
        created_at, CASE WHEN id %% 35 > 0 AND id %% 65 > 0 THEN last_message_at + interval '1 hour' END, ''
    FROM channels_app_conversation WHERE id %% 5 = 0 ORDER BY id;
INSERT INTO cases_calendar (name, zone, weekly, version, changed_at) SELECT 'Always open', 'UTC', jsonb_object_agg(day, '[[0, 1440]]'::jsonb), 1, now() FROM generate_series(0, 6) day;
INSERT INTO cases_clock (conversation_id, metric, cycle, version, policy_version, calendar_id, budget_seconds, consumed_seconds,
        running_since, segments, state, due_at, started_at, created_at)
    SELECT id, 'next_response', 1, 1, 1, (SELECT max(id) FROM cases_calendar), 14400, 0, waiting_since, '[]', 'running',
        now() + (random() - 0.1) * interval '4 hours', waiting_since, waiting_since
    FROM channels_app_conversation WHERE waiting_since IS NOT NULL;
INSERT INTO cases_clock (case_id, metric, cycle, version, policy_version, calendar_id, budget_seconds, consumed_seconds,
        running_since, segments, state, due_at, started_at, created_at)
    SELECT id, 'resolution', 1, 1, 1, (SELECT max(id) FROM cases_calendar), 259200, 0, opened_at, '[]', 'running',
        now() + (random() - 0.1) * interval '3 days', opened_at, opened_at
    FROM cases_case WHERE status IN ('open', 'pending')
"""
# Everybody who is signed in holds up to three things; some hundred wait; the quarter-hours of eight weeks are counted.
FLOOR = """
INSERT INTO routing_workitem (queue_id, conversation_id, medium, state, priority, cost, required, preferred, interruptible,
        agent_id, excluded, queued_at, entered_at, eligible_at, ring, ring_elapsed, paused_seconds, age_credit, vip_boost,
        overflow_path, offers_made, accepted_at, reason, version)
    SELECT queue, conversation, 'chat', CASE WHEN holder IS NULL THEN 'waiting' WHEN conversation %% 9 = 0 THEN 'wrapping' ELSE 'active' END,
        priority, 30, '[]', '[]', false, holder, '{}', since, since, since, 0, 0, 0, 0, 0, '[]', 1,
        CASE WHEN holder IS NOT NULL THEN since + interval '20 seconds' END, '', 1
    FROM (SELECT c.id AS conversation, c.priority, q.id AS queue, now() - row_number() OVER (ORDER BY c.id DESC) * interval '3 seconds' AS since,
            CASE WHEN s.presence <> 'offline' THEN s.user_id END AS holder,
            row_number() OVER (PARTITION BY s.user_id ORDER BY c.id DESC) AS number
        FROM channels_app_conversation c JOIN routing_queue q ON q.team_id = c.team_id
        LEFT JOIN routing_agentstate s ON s.user_id = c.assignee_id
        WHERE c.status = 'open' AND (s.user_id IS NULL OR s.presence <> 'offline')) ranked
    WHERE number <= CASE WHEN holder IS NULL THEN 300 ELSE 1 + holder %% 3 END;
INSERT INTO routing_segment (item_id, agent_id, medium, started_at, ended_by)
    SELECT id, agent_id, medium, accepted_at, '' FROM routing_workitem WHERE agent_id IS NOT NULL;
INSERT INTO intelligence_interval (start, subject, subject_id, sums, sketches)
    SELECT quarter, subject.kind, subject.id, jsonb_build_object('offered', subject.share, 'answered', subject.share,
        'answered_within', subject.share - 1, 'answered_wait_ms', subject.share * 20000, 'handled', subject.share,
        'handling_completed_ms', subject.share * 240000), '{}'
    FROM (SELECT 'queue' AS kind, id, 8 AS share FROM routing_queue UNION ALL SELECT 'all', 0, 200
        UNION ALL SELECT 'agent', user_id, 1 FROM routing_agentstate WHERE presence <> 'offline') subject,
        generate_series(date_trunc('day', now()) - interval '56 days', now(), interval '15 minutes') quarter
    WHERE subject.kind <> 'agent' OR quarter > now() - interval '1 day'
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--conversations", type=int, default=1_000_000, help="with five messages each (1,000,000)")
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument(
        "--folder", type=Path, help="keep the database here, and use it again; without, it is thrown away"
    )


@contextmanager
def populated_installation(options: argparse.Namespace) -> Iterator[Installation]:
    """An installation of the size asked for: a kept one, brought up to date, or a new one. Raises CannotRun."""
    size = Size(options.conversations, options.customers)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="cxos-bench-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with EmbeddedServers(folder, fast=True) as servers:  # nothing is measured that commits
            installation = Installation(folder, servers)
            if holds(folder, size):
                installation.manage("migrate", "--verbosity", "0")
            else:
                build(installation, size)
                (folder / "size.json").write_text(json.dumps(asdict(size)))
            yield installation
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def holds(folder: Path, size: Size) -> bool:
    """Whether the folder was filled to the end, and with as much."""
    try:
        kept = Size(**json.loads((folder / "size.json").read_text()))
    except FileNotFoundError:
        return False
    if kept != size:
        raise CannotRun(f"{folder} holds {kept}, not {size}. Name another folder, or remove this one.")
    return True


def build(installation: Installation, size: Size) -> None:
    postgres, began = installation.servers.postgres, time.monotonic()
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS cxos WITH (FORCE)")  # of a run that was interrupted
    postgres.create_database()
    installation.prepare()
    with closing(postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SET statement_timeout = 0; SET maintenance_work_mem = '1GB'; SET session_replication_role = replica"
        )
        indexes = without_indexes(cursor)
        amounts = {**asdict(size), "each": MESSAGES_EACH}
        cursor.execute(LANGUAGE)
        cursor.execute(STAFF)
        for part in (CUSTOMERS, CONVERSATIONS, CASES):
            cursor.execute(part, amounts)
        for definition in indexes:
            cursor.execute(definition)
        cursor.execute(FLOOR, amounts)
        cursor.execute("VACUUM ANALYZE")
    say(f"{size.conversations:,} conversations in {time.monotonic() - began:.0f} s")


def without_indexes(cursor: Any) -> list[str]:
    """Drop the indexes that no constraint needs, and return how to make them again: rows go in much faster without."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        (list(REBUILT),),
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in indexes]
