"""Our own sentences to start with, until an installation has examples of its own.

`utterances.json`: sentences of customers with intent, sentiment and language. `tones.json`: by language and sentiment,
words and phrases that carry it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class SeedUtterance:
    text: str
    intent: str
    sentiment: str
    language: str


@cache
def utterances() -> tuple[SeedUtterance, ...]:
    return tuple(SeedUtterance(**row) for row in json.loads((_HERE / "utterances.json").read_text("utf-8")))


@cache
def tones() -> tuple[tuple[str, str], ...]:
    """(phrase, sentiment) pairs of all languages."""
    by_language = json.loads((_HERE / "tones.json").read_text("utf-8"))
    return tuple(
        (phrase, sentiment) for held in by_language.values() for sentiment, listed in held.items() for phrase in listed
    )


def intent_examples() -> list[tuple[str, str]]:
    return [(row.text, row.intent) for row in utterances()]


def sentiment_examples() -> list[tuple[str, str]]:
    return [(row.text, row.sentiment) for row in utterances()] + list(tones())
