"""A command sent twice under one Idempotency-Key runs once, and both get the first answer (kept for a day)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Invalid
from cxos.core.models import IdempotentAnswer

MAX_KEY_LENGTH = 255
CLAIM = """
INSERT INTO core_idempotentanswer (principal, key, request_hash, status, body, created_at)
VALUES (%s, %s, %s, 0, 'null', clock_timestamp()) ON CONFLICT (principal, key) DO NOTHING RETURNING id
"""
LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered. `replayed`: an earlier request with this key did the work."""

    status: int
    body: Any
    replayed: bool = False


def check_key(key: str) -> str:
    """The key, if it is 1–255 printable ASCII characters; raises Invalid."""
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise Invalid(
            "idempotency_key",
            _("Idempotency-Key must be 1 to %(most)s printable ASCII characters, such as a UUID.")
            % {"most": MAX_KEY_LENGTH},
            field="Idempotency-Key",
            status=400,
        )
    return key


def fingerprint(method: str, path: str, body: Any) -> str:
    """SHA-256 of what was asked; order of members and white space of the JSON do not count."""
    asked = orjson.dumps([method, path, body], option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(asked).hexdigest()


def answer_once(
    principal: str,
    key: str,
    *,
    asked: str,
    run: Callable[[], tuple[int, Any]],
    kept: Callable[[Any], Any] = lambda body: body,
) -> Answer:
    """Run once per (principal, key), in one transaction with the stored answer; a crash keeps both or neither.

    `asked` is the request's fingerprint: another one under the same key raises Conflict. `run` returns (status, JSON
    body); what it raises, and a status of 500 or more, stores nothing. A parallel request waits for the first.
    `kept` takes out of the body what must not be stored.
    """
    with transaction.atomic():
        if not _claim(principal, check_key(key), asked):
            return _earlier(principal, key, asked)
        status, body = run()
        if status >= 500:
            transaction.set_rollback(True)
            return Answer(status, body)
        stored = orjson.loads(orjson.dumps(kept(body), default=str, option=orjson.OPT_NON_STR_KEYS))
        IdempotentAnswer.objects.filter(principal=principal, key=key).update(status=status, body=stored)
    return Answer(status, body)


def _claim(principal: str, key: str, asked: str) -> bool:
    """Whether this request is the first; waits while another with the key is running."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, [principal, key, asked])
            return cursor.fetchone() is not None
    except OperationalError as problem:
        if getattr(problem.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        raise Conflict(
            "still_running", _("The first request with this Idempotency-Key is still running. Ask again in a moment.")
        ) from None


def _earlier(principal: str, key: str, asked: str) -> Answer:
    first = IdempotentAnswer.objects.get(principal=principal, key=key)
    if first.request_hash != asked:
        raise Conflict(
            "idempotency_key_reused",
            _("This Idempotency-Key was used for another request. Draw a new key for each command."),
            field="Idempotency-Key",
        )
    return Answer(first.status, first.body, replayed=True)
