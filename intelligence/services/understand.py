"""What a message seems to mean: language, sentiment, intent. Time-boxed; without an answer the insight is empty."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor, TimeoutError as OutOfTime
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from channels_app.models import Message
from cxos.core.rows import insert
from intelligence.models import Insight
from intelligence.services.text_models import ActiveModels, active_models
from intelligence.text.language import guess_language
from intelligence.text.linear import NO_GUESS, Guess

log = structlog.get_logger(__name__)
DEADLINE_MS = 400  # a customer waits; an answer takes about 2 ms once the models are loaded


@dataclass(slots=True)
class Reading:
    """The three guesses about one text. Filled one by one, so that running out of time keeps those already made."""

    intent: Guess = NO_GUESS
    sentiment: Guess = NO_GUESS
    language: Guess = NO_GUESS
    took_ms: int = 0
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.intent.nearest or self.sentiment.nearest or self.language.nearest)


def understand(message: Message, *, is_new: bool = False, now: datetime, deadline_ms: int = DEADLINE_MS) -> Insight:
    """The stored insight of a message, made at the first call. Never raises: on failure it is empty and not stored.

    `is_new`: nobody can have looked at it before, so nothing is searched for. One query then, else two, and now and then
    one for a new model.
    """
    try:
        known = None if is_new else Insight.objects.filter(message=message).first()
        if known:
            return known
        reading = read_text(message.text, deadline_ms=deadline_ms)
        if reading.is_empty and message.text.strip() and not reading.versions:
            return Insight(message=message)
        return _store(message, reading, now=now)
    except Exception:
        log.warning("understanding failed", message_id=message.pk, exc_info=True)
        return Insight(message=message)


def _store(message: Message, reading: Reading, *, now: datetime) -> Insight:
    insight = Insight(message=message, **insight_fields(reading, now=now))
    try:
        with transaction.atomic():
            insert(insight)
    except IntegrityError:  # a parallel run was faster
        return Insight.objects.get(message=message)
    return insight


def read_text(text: str, *, deadline_ms: int = DEADLINE_MS) -> Reading:
    """The guesses about any text, stored nowhere. Never raises; what is not ready in time is left out."""
    started = time.monotonic()
    reading = Reading()
    try:
        models = active_models()
        reading.versions = models.versions
        left = deadline_ms / 1000 - (time.monotonic() - started)
        _reader(os.getpid()).submit(_fill, reading, text, models).result(timeout=max(left, 0.0))
    except OutOfTime:
        log.warning("understanding ran out of time", deadline_ms=deadline_ms)
    except Exception:
        log.warning("understanding failed", exc_info=True)
    made = Reading(reading.intent, reading.sentiment, reading.language, versions=reading.versions)
    made.took_ms = round((time.monotonic() - started) * 1000)
    return made


def insight_fields(reading: Reading, *, now: datetime) -> dict[str, Any]:
    """The columns of an Insight row."""
    return {
        "language": reading.language.label,
        "language_confidence": round(reading.language.confidence, 4),
        "sentiment": reading.sentiment.label,
        "sentiment_confidence": round(reading.sentiment.confidence, 4),
        "intent": reading.intent.label,
        "intent_confidence": round(reading.intent.confidence, 4),
        "evidence": {
            "intent": _evidence(reading.intent),
            "sentiment": _evidence(reading.sentiment),
            "language": _evidence(reading.language),
            "versions": reading.versions,
        },
        "took_ms": reading.took_ms,
        "created_at": now,
    }


def warm_up() -> None:
    """Load everything before the first customer writes: for the start of a worker process."""
    read_text("Hello, where is my order?", deadline_ms=30_000)


@cache
def _reader(process_id: int) -> ThreadPoolExecutor:
    """Two threads for each process (a forked child needs its own): a caller can walk away from one, not stop it."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix=f"understand-{process_id}")


def _fill(reading: Reading, text: str, models: ActiveModels) -> None:
    """Cheap guesses first; the language statistics take most of a second to load, once."""
    if models.intent:
        reading.intent = models.intent.guess(text)
    if models.sentiment:
        reading.sentiment = models.sentiment.guess(text)
    reading.language = guess_language(text)


def _evidence(guess: Guess) -> dict[str, Any]:
    return {
        "nearest": guess.nearest,
        "words": [[item.word, item.weight] for item in guess.evidence],
        "others": [[label, round(chance, 4)] for label, chance in guess.runners_up],
    }
