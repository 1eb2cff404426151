"""Getting what we say to the customer: tries, retries, and states that only move forward."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from channels_app.adapters import Outcome, adapter_of
from channels_app.models import Message
from channels_app.services.pushing import LEASE, Job, claim_ids, push
from cxos.core.events.channels import MessageDelivered, MessageFailed
from cxos.core.outbox import emit_all

State = Message.State
# A state is only left for a higher one. Failed is final, unless the message turns out to have arrived after all.
RANK = {State.PENDING: 0, State.SENT: 1, State.FAILED: 2, State.DELIVERED: 3, State.READ: 4}
FIRST_TRY_SECONDS = 3.0
WAIT_SECONDS = (5, 15, 60, 300, 900, 1800, 3600)  # after the first, second … try
MAX_TRIES = len(WAIT_SECONDS) + 1

# Per channel the first due message of each conversation: what was said first leaves first.
CLAIM = """
UPDATE channels_app_message SET attempts = attempts + 1, due_at = %(leased_until)s
WHERE id = ANY(ARRAY(
    SELECT found.id FROM channels_app_channel c CROSS JOIN LATERAL (
        SELECT m.id FROM channels_app_message m JOIN channels_app_conversation k ON k.id = m.conversation_id
        WHERE k.channel_id = c.id AND m.state = 'pending' AND m.due_at <= %(now)s AND NOT EXISTS (
            SELECT 1 FROM channels_app_message earlier
            WHERE earlier.conversation_id = m.conversation_id AND earlier.id < m.id AND earlier.state = 'pending')
        ORDER BY m.due_at, m.id LIMIT %(each)s FOR UPDATE OF m SKIP LOCKED) found
    WHERE NOT c.id = ANY(%(leave)s) AND %(failing)s = EXISTS (
        SELECT 1 FROM channels_app_message m JOIN channels_app_conversation k ON k.id = m.conversation_id
        WHERE k.channel_id = c.id AND m.state = 'pending' AND m.problem <> '')
    LIMIT %(room)s))
RETURNING id
"""


def deliver(message_id: int, *, now: datetime) -> None:
    """The first try, right after it was said. Safe to repeat; whatever does not work out is left to the sweep.

    Opens no transaction while the other side thinks.
    """
    job = _claim_one(message_id, now)
    if job is not None:
        _finish(job, job.send(FIRST_TRY_SECONDS), now=now)


def sweep_replies(*, now: datetime, seconds: float = 8.0) -> int:
    """Try what is due (again); returns how many were tried. Several at once share the work."""
    return push(
        lambda lane, leave, room: _claim(lane, leave, room, now=now),
        lambda job, outcome: _finish(job, outcome, now=now),
        seconds=seconds,
    )


def record_state(message_ids: Iterable[int], *, state: str, problem: str = "", actor: Any = None) -> list[int]:
    """What the channel told about messages, in whatever order it told it; returns the ids of those that moved on."""
    lower = [one for one in RANK if RANK[one] < RANK[State(state)]]
    with transaction.atomic():
        rows = list(
            Message.objects.select_for_update(of=("self",), no_key=True)
            .filter(id__in=list(message_ids), kind=Message.Kind.MESSAGE, state__in=lower)
            .order_by("id")
            .values_list("id", "conversation_id", "conversation__channel_id")
        )
        _move(rows, state, problem, actor)
    return [row[0] for row in rows]


def _move(rows: Sequence[tuple[int, int, int]], state: str, problem: str, actor: Any = None) -> None:
    """Write the state of (message, conversation, channel) and tell of it."""
    if not rows:
        return
    problem = problem[:300]
    Message.objects.filter(id__in=[row[0] for row in rows]).update(state=state, problem=problem, due_at=None)
    events: list[tuple[Any, str]] = []
    for message_id, conversation_id, channel_id in rows:
        about = {"conversation_id": conversation_id, "message_id": message_id, "channel_id": channel_id}
        event = (
            MessageFailed(**about, problem=problem)
            if state == State.FAILED
            else MessageDelivered(**about, state=str(state))
        )
        events.append((event, f"conversation:{conversation_id}"))
    emit_all(events, actor=actor)


def _claim_one(message_id: int, now: datetime) -> Job[Message] | None:
    """The message, if it is due, nothing before it in its conversation waits, and its channel is not failing."""
    waiting = Message.objects.filter(state=State.PENDING)
    before = waiting.filter(conversation_id=OuterRef("conversation_id"), id__lt=OuterRef("id"))
    failing = waiting.exclude(problem="").filter(conversation__channel_id=OuterRef("conversation__channel_id"))
    with transaction.atomic():
        message = (
            _with_all(waiting.filter(id=message_id, due_at__lte=now))
            .filter(~Exists(before), ~Exists(failing))
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .first()
        )
        if message is None:
            return None
        message.attempts, message.due_at = message.attempts + 1, now + LEASE
        message.save(update_fields=["attempts", "due_at"])
    return _job(message)


def _claim(lane: str, leave: Sequence[int], room: int, *, now: datetime) -> list[Job[Message]]:
    ids = claim_ids(CLAIM, lane, leave, room, now=now)
    return [_job(message) for message in _with_all(Message.objects.filter(id__in=ids)).order_by("id")] if ids else []


def _with_all(messages: Any) -> Any:
    return messages.select_related("conversation__channel", "author")


def _job(message: Message) -> Job[Message]:
    channel = message.conversation.channel
    send = adapter_of(channel.kind).prepare(message)
    return Job(row=message, target=channel.id, attempt=message.attempts, send=send)


def _finish(job: Job[Message], outcome: Outcome, *, now: datetime) -> Outcome:
    """Write what became of the try, unless somebody else has taken the message over or it has arrived meanwhile."""
    message, last = job.row, job.attempt >= MAX_TRIES
    mine = Message.objects.filter(id=message.id, state=State.PENDING, attempts=job.attempt)
    if outcome.state == "later" and not last:
        wait = WAIT_SECONDS[job.attempt - 1] * random.uniform(0.8, 1.2)
        mine.update(due_at=now + timedelta(seconds=wait), problem=outcome.problem[:300])
        return outcome
    with transaction.atomic():
        row = mine.select_for_update(no_key=True).values_list("id", "conversation_id").first()
        if row is not None:
            state = State.SENT if outcome.state == "sent" else State.FAILED
            _move([(*row, message.conversation.channel_id)], state, outcome.problem)
    return outcome
