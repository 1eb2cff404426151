"""Where every inbound thing enters: stored raw, once, together with its event. A 2xx means this has committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from channels_app.envelope import Envelope
from channels_app.models import Interaction
from cxos.core import errands, outbox
from cxos.core.actor import actor_name
from cxos.core.catalogue import HANDLERS_OF, HINTS_OF, Received
from cxos.core.events.channels import InteractionReceived
from cxos.core.prepared import Prepared

NAME = InteractionReceived.__name__

ONE = Prepared(
    """
WITH stored AS (
    INSERT INTO channels_app_interaction (channel_id, external_id, thread_key, payload, occurred_at, received_at)
    VALUES (%(channel)s, %(external)s, %(thread)s, %(payload)s, %(occurred)s, %(now)s)
    ON CONFLICT (channel_id, external_id) DO NOTHING
    RETURNING id
), written AS (
    INSERT INTO core_event (name, key, payload, actor, cause_id, depth)
    SELECT %(name)s, %(key)s, jsonb_build_object('interaction_id', id, 'channel_id', %(channel)s), %(actor)s, %(cause)s,
        %(depth)s
    FROM stored
    RETURNING id, key, at
), owed AS (
    INSERT INTO core_delivery (event_id, handler, lane, key)
    SELECT written.id, h.handler, h.lane, written.key
    FROM written CROSS JOIN unnest(%(handlers)s, %(lanes)s) AS h(handler, lane)
)
SELECT stored.id, %(channel)s, %(external)s, written.id, written.key, written.at FROM stored, written
""",
    channel="bigint",
    external="text",
    thread="text",
    payload="jsonb",
    occurred="timestamptz",
    now="timestamptz",
    name="text",
    key="text",
    actor="text",
    cause="bigint",
    depth="smallint",
    handlers="text[]",
    lanes="text[]",
)
# Ids are drawn in the order given and rows inserted in the order of their unique key: two batches that share rows wait for
# each other in the same order and so never deadlock, and events still follow the order given.
MANY = Prepared(
    """
WITH given AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('channels_app_interaction', 'id')) AS id, r.*
    FROM jsonb_to_recordset(%(rows)s)
        AS r(channel_id bigint, external_id text, thread_key text, payload jsonb, occurred_at timestamptz)
), stored AS (
    INSERT INTO channels_app_interaction
        (id, channel_id, external_id, thread_key, payload, occurred_at, received_at)
    SELECT id, channel_id, external_id, thread_key, payload, occurred_at, %(now)s
    FROM given ORDER BY channel_id, external_id, id
    ON CONFLICT (channel_id, external_id) DO NOTHING
    RETURNING id, channel_id, external_id, thread_key
), written AS (
    INSERT INTO core_event (name, key, payload, actor, cause_id, depth)
    SELECT %(name)s, 'thread:' || channel_id || ':' || thread_key,
        jsonb_build_object('interaction_id', id, 'channel_id', channel_id), %(actor)s, %(cause)s, %(depth)s
    FROM stored ORDER BY id
    RETURNING id, key, at, (payload->>'interaction_id')::bigint AS interaction_id
), owed AS (
    INSERT INTO core_delivery (event_id, handler, lane, key)
    SELECT written.id, h.handler, h.lane, written.key
    FROM written CROSS JOIN unnest(%(handlers)s, %(lanes)s) AS h(handler, lane)
    ORDER BY written.id
)
SELECT stored.id, stored.channel_id, stored.external_id, written.id, written.key, written.at
FROM stored JOIN written ON written.interaction_id = stored.id ORDER BY written.id
""",
    rows="jsonb",
    now="timestamptz",
    name="text",
    actor="text",
    cause="bigint",
    depth="smallint",
    handlers="text[]",
    lanes="text[]",
)


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
    told = {
        "name": NAME,
        "actor": actor,
        "cause": cause.id if cause else None,
        "depth": depth,
        "handlers": [one.name for one in owed],
        "lanes": [one.lane for one in owed],
        "now": now,
    }
    if len(envelopes) == 1:
        [one] = envelopes
        thread = one.thread()
        row = {
            "channel": one.channel_id,
            "external": one.external_id,
            "thread": thread,
            "payload": orjson.dumps(one.payload()).decode(),
            "occurred": one.occurred_at,
            "key": f"thread:{one.channel_id}:{thread}",
        }
        stored = ONE.run(told | row)
    else:
        stored = MANY.run(told | {"rows": orjson.dumps([_row(one) for one in envelopes]).decode()})
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
