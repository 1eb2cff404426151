"""Where every inbound thing enters: stored raw, once, together with its event. A 2xx means this has committed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from django.db import connection, transaction

from channels_app.envelope import Envelope
from channels_app.models import Interaction
from cxos.core import errands, outbox
from cxos.core.actor import actor_name
from cxos.core.catalogue import HANDLERS_OF, HINTS_OF, Received
from cxos.core.events.channels import InteractionReceived

NAME = InteractionReceived.__name__
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()

# Both statements are prepared once per connection: planning them takes longer than running them. In the one for many,
# ids are drawn in the order given and rows inserted in the order of their unique key: two batches that share rows wait
# for each other in the same order and so never deadlock, and events still follow the order given.
ONE = """
WITH stored AS (
    INSERT INTO channels_app_interaction (channel_id, external_id, thread_key, payload, occurred_at, received_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (channel_id, external_id) DO NOTHING
    RETURNING id
), written AS (
    INSERT INTO core_event (name, key, payload, actor, cause_id, depth)
    SELECT $7, $8, jsonb_build_object('interaction_id', id, 'channel_id', $1), $9, $10, $11 FROM stored
    RETURNING id, key, at
), owed AS (
    INSERT INTO core_delivery (event_id, handler, lane, key)
    SELECT written.id, h.handler, h.lane, written.key
    FROM written CROSS JOIN unnest($12, $13) AS h(handler, lane)
)
SELECT stored.id, $1, $2, written.id, written.key, written.at FROM stored, written
"""
ONE_TYPES = "bigint, text, text, jsonb, timestamptz, timestamptz, text, text, text, bigint, smallint, text[], text[]"
MANY = """
WITH given AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('channels_app_interaction', 'id')) AS id, r.*
    FROM jsonb_to_recordset($1)
        AS r(channel_id bigint, external_id text, thread_key text, payload jsonb, occurred_at timestamptz)
), stored AS (
    INSERT INTO channels_app_interaction
        (id, channel_id, external_id, thread_key, payload, occurred_at, received_at)
    SELECT id, channel_id, external_id, thread_key, payload, occurred_at, $2
    FROM given ORDER BY channel_id, external_id, id
    ON CONFLICT (channel_id, external_id) DO NOTHING
    RETURNING id, channel_id, external_id, thread_key
), written AS (
    INSERT INTO core_event (name, key, payload, actor, cause_id, depth)
    SELECT $3, 'thread:' || channel_id || ':' || thread_key,
        jsonb_build_object('interaction_id', id, 'channel_id', channel_id), $4, $5, $6
    FROM stored ORDER BY id
    RETURNING id, key, at, (payload->>'interaction_id')::bigint AS interaction_id
), owed AS (
    INSERT INTO core_delivery (event_id, handler, lane, key)
    SELECT written.id, h.handler, h.lane, written.key
    FROM written CROSS JOIN unnest($7, $8) AS h(handler, lane)
    ORDER BY written.id
)
SELECT stored.id, stored.channel_id, stored.external_id, written.id, written.key, written.at
FROM stored JOIN written ON written.interaction_id = stored.id ORDER BY written.id
"""
MANY_TYPES = "jsonb, timestamptz, text, text, bigint, smallint, text[], text[]"


@dataclass(frozen=True, slots=True)
class Accepted:
    """`created` False: it was here before, under this id."""

    interaction_id: int
    created: bool


def accept(envelope: Envelope, *, now: datetime, actor: Any = None) -> Accepted:
    """Store one interaction and its event. One statement; a duplicate costs a second one."""
    return accept_all([envelope], now=now, actor=actor)[0]


def accept_all(envelopes: Sequence[Envelope], *, now: datetime, actor: Any = None) -> list[Accepted]:
    """Store several in one statement, all or none; answers in the order given.

    A duplicate, in the table or earlier in the list, gets the id of the first one and `created` False.
    """
    if not envelopes:
        return []
    ids = _store(envelopes, now=now, actor=actor_name(actor))
    pairs = [(one.channel_id, one.external_id) for one in envelopes]
    fresh = set(ids)
    missing = [pair for pair in pairs if pair not in ids]
    if missing:
        ids |= _earlier(missing)
    answers = []
    for pair in pairs:
        answers.append(Accepted(ids[pair], created=pair in fresh))
        fresh.discard(pair)
    return answers


def _store(envelopes: Sequence[Envelope], *, now: datetime, actor: str) -> dict[tuple[int, str], int]:
    """Insert what is new, and tell the relay after commit. Returns the ids of what is new."""
    cause = outbox.cause_of()
    depth = outbox.depth_after(cause)
    owed = HANDLERS_OF[NAME]
    told = [actor, cause.id if cause else None, depth, [one.name for one in owed], [one.lane for one in owed]]
    if len(envelopes) == 1:
        [one] = envelopes
        thread = one.thread()
        payload = orjson.dumps(one.payload()).decode()
        row = [one.channel_id, one.external_id, thread, payload, one.occurred_at, now]
        stored = _run("ingest_one", ONE_TYPES, ONE, [*row, NAME, f"thread:{one.channel_id}:{thread}", *told])
    else:
        rows = orjson.dumps([_row(one) for one in envelopes]).decode()
        stored = _run("ingest_many", MANY_TYPES, MANY, [rows, now, NAME, *told])
    if stored:
        transaction.on_commit(lambda: _tell(stored, actor=actor, depth=depth))
    return {(channel_id, external_id): id for id, channel_id, external_id, *_ in stored}


def _row(envelope: Envelope) -> dict[str, Any]:
    return {
        "channel_id": envelope.channel_id,
        "external_id": envelope.external_id,
        "thread_key": envelope.thread(),
        "payload": envelope.payload(),
        "occurred_at": envelope.occurred_at,
    }


def _run(name: str, types: str, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that is prepared on a connection's first use of it.

    Behind PgBouncer a connection is another one each time, so there it is sent whole.
    """
    with connection.cursor() as cursor:
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            cursor.execute(_inlined(sql, types), {f"p{place}": value for place, value in enumerate(values, 1)})
            return cursor.fetchall()
        prepared = _prepared.setdefault(connection.connection, set())
        if name not in prepared:
            cursor.execute(f"PREPARE {name} ({types}) AS {sql}")
            prepared.add(name)
        cursor.execute(f"EXECUTE {name} ({', '.join(['%s'] * len(values))})", values)
        return cursor.fetchall()


@cache
def _inlined(sql: str, types: str) -> str:
    """The statement with its parameters as psycopg2 writes them."""
    kinds = types.split(", ")
    return re.sub(r"\$(\d+)", lambda found: f"%(p{found[1]})s::{kinds[int(found[1]) - 1]}", sql)


def _tell(stored: Sequence[tuple[Any, ...]], *, actor: str, depth: int) -> None:
    """After commit: wake the relay, and send the hints if anybody wants them."""
    errands.nudge_soon({handler.lane for handler in HANDLERS_OF[NAME]})
    if HINTS_OF[NAME]:
        outbox.announce(
            [
                Received(
                    id=event_id, name=NAME, key=key, actor=actor, depth=depth, at=at,
                    event=InteractionReceived(interaction_id=id, channel_id=channel_id),
                )
                for id, channel_id, _, event_id, key, at in stored
            ]
        )  # fmt: skip


def _earlier(pairs: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Ids of interactions that were stored before, by (channel, external id). A statement of its own: only a new
    snapshot sees what another transaction has committed while ours was waiting for it."""
    channels, externals = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    rows = Interaction.objects.filter(channel_id__in=channels, external_id__in=externals)
    return {(row[1], row[2]): row[0] for row in rows.values_list("id", "channel_id", "external_id")}
