"""`bin/bench search`: finding as one types, over a million messages, beside the bare index read of one word.

Fills a throw-away database with texts whose words are as unevenly spread as in a language (a few stand everywhere, most
are rare), then types queries letter by letter into the palette as people of several teams do, through Django in one process.
"""

import argparse
import json
import statistics
import sys
import time
from contextlib import closing
from typing import Any

from cxos.ops.bench.inbox import FILL, quantile
from cxos.ops.bench.installation import Installation, throwaway_installation
from cxos.ops.errors import run_or_explain
from cxos.ops.terminal import say

BENCH = True
# 30,000 words of two to four syllables; the n-th is about as frequent as 1/n.
WORDS = """
SET work_mem = '256MB';
CREATE TEMP TABLE syllable AS SELECT c || v || e AS s, row_number() OVER () - 1 AS place
    FROM unnest(ARRAY['b','d','f','g','k','l','m','n','p','r','s','t','w','sh','tr','st']) c,
        unnest(ARRAY['a','e','i','o','u']) v, unnest(ARRAY['','n','r','l']) e;
CREATE TEMP TABLE vocabulary AS SELECT DISTINCT ON (text) text, n FROM (
    SELECT n, (SELECT string_agg(s, '' ORDER BY k) FROM generate_series(0, 1 + n %% 3) k JOIN syllable
        ON syllable.place = (abs(hashint4(n * 7 + k)) %% 320)) AS text FROM generate_series(1, 30000) n) made;
CREATE TEMP TABLE numbered AS SELECT text, row_number() OVER (ORDER BY n) AS place FROM vocabulary;
ANALYZE numbered;
UPDATE channels_app_message m SET text = said.text FROM (
    SELECT id, string_agg(numbered.text, ' ') AS text FROM (
        SELECT id, generate_series(1, 10), 1 + floor(exp(random() * ln(20000)))::bigint AS place FROM channels_app_message) drawn
    JOIN numbered USING (place) GROUP BY id) said
    WHERE said.id = m.id;
UPDATE crm_customer c SET name = initcap(one.text) || ' ' || initcap(two.text) FROM numbered one, numbered two
    WHERE one.place = 1 + (hashint8(c.id) & 16383) AND two.place = 1 + (hashint8(-c.id) & 16383);
"""


def main() -> int:
    options = parse(sys.argv[1:])
    with throwaway_installation() as installation:
        began = time.monotonic()
        messages, index_mb = fill(installation, options)
        say(f"{messages:,} messages in {time.monotonic() - began:.0f} s; their index has {index_mb} MB")
        measured = json.loads(installation.manage("measure_search", "--rounds", str(options.rounds)).splitlines()[-1])
    print(json.dumps({"messages": messages, "index_mb": index_mb, **summary(measured)}))
    return 0


def fill(installation: Installation, options: argparse.Namespace) -> tuple[int, int]:
    """The rows, then the indexes over them; (messages, MB of their index)."""
    with closing(installation.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off; SET statement_timeout = 0; SET maintenance_work_mem = '512MB'")
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE %s", ("%\\_words",))
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(FILL, {"customers": options.customers, "conversations": options.conversations})
        cursor.execute(WORDS, ())
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*), pg_relation_size('message_words') / 1048576 FROM channels_app_message")
        messages, index_mb = cursor.fetchone() or (0, 0)
    return messages, index_mb


def summary(measured: dict[str, Any]) -> dict[str, float]:
    say("typed         p50 ms   p95 ms   queries")
    for name, times in measured["typed"].items():
        say(f"{name:<12}{quantile(times, 0.5):>9}{quantile(times, 0.95):>9}{measured['queries'][name]:>10}")
    everything = [one for times in measured["typed"].values() for one in times]
    return {
        "p50_ms": quantile(everything, 0.5),
        "p95_ms": quantile(everything, 0.95),
        "queries": max(measured["queries"].values()),
        "sql_floor_ms": round(statistics.median(measured["floor"]), 2),
    }


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench search", description="Search at a million messages.")
    parser.add_argument("--conversations", type=int, default=200_000, help="with five messages each (200,000)")
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=40, help="people who type each query (40)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_or_explain(main))
