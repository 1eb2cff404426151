"""Who is called in a note: `@Ana`, `@Care team`, `@ana@example.com`. Pure.

A name is found as it is written, whatever its case; of several that fit the longest counts, so that "@Ana Ruiz" does not
call Ana. What stands directly behind a letter or digit ("kim@example.com") calls nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key")
MOST = 50


@dataclass(frozen=True, slots=True)
class Call:
    """`text[start:end]` is the name with its @."""

    start: int
    end: int


def find_calls(text: str, names: Iterable[str]) -> list[Call]:
    """Where any of these names is called, in order."""
    known = sorted({name for name in names if name.strip()}, key=len, reverse=True)
    if not known or "@" not in text:
        return []
    one_of = "|".join(re.escape(name) for name in known)
    calls = re.finditer(rf"(?<![\w@.])@(?:{one_of})(?!\w)", text, re.IGNORECASE)
    return [Call(found.start(), found.end()) for found in calls][:MOST]


def who_is_called(text: str, names: Mapping[str, Iterable[Key]]) -> list[Key]:
    """The keys behind the names that are called, each once, in the order of the text."""
    lowered: dict[str, list[Key]] = {}
    for name, keys in names.items():
        lowered.setdefault(name.lower(), []).extend(keys)
    found = [key for call in find_calls(text, names) for key in lowered[text[call.start + 1 : call.end].lower()]]
    return list(dict.fromkeys(found))
