"""Texts with {{1}}, {{2}} …: what a provider approves once, and what is put in their place each time. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_PLACES = 20
PLACE = re.compile(r"\{\{\s*(\d{1,2})\s*\}\}")


def places_of(body: str) -> list[int]:
    """The numbers in it, each once, in order."""
    return sorted({int(found[1]) for found in PLACE.finditer(body)})


def problem_of(body: str) -> str:
    """What no provider would take, as a sentence; "" when it is right."""
    places = places_of(body)
    if places != list(range(1, len(places) + 1)) or len(places) > MOST_PLACES:
        return f"Number the places {{{{1}}}}, {{{{2}}}} and so on without a gap, {MOST_PLACES} at most."
    return ""


def filled(body: str, values: Sequence[str]) -> str:
    """Each place replaced once by its value, what has none left as it is: a value is never a place itself."""

    def value(found: re.Match[str]) -> str:
        number = int(found[1])
        return values[number - 1] if 0 < number <= len(values) and values[number - 1] else found[0]

    return PLACE.sub(value, body)
