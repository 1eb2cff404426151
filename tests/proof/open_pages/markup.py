"""The live parts of a page or of an answer, found in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

START = re.compile(r'<([a-z][a-z-]*) [^<>]*?data-region="([^"]*)"[^>]*>')
ALWAYS_NEW = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|name="csrf-token" content="\w+"')


@dataclass(frozen=True, slots=True)
class Part:
    """`names` it listens to; `url` "" where it only hears signals; `lazy`: a placeholder that is filled at once."""

    id: str
    names: frozenset[str]
    url: str
    lazy: bool
    text: str


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


@lru_cache(maxsize=4_000)
def parts_of(text: str) -> dict[str, Part]:
    found = [
        Part(
            id=attribute(match[0], "id"),
            names=frozenset(match[2].split()),
            url=attribute(match[0], "data-url"),
            lazy="load" in attribute(match[0], "hx-trigger"),
            text=text[match.start() : end_of(text, match[1], match.start())],
        )
        for match in START.finditer(text)
    ]
    assert len(found) == text.count(' data-region="'), "a live part was not recognised"
    return {part.id: part for part in found if part.url}


def end_of(text: str, tag: str, start: int) -> int:
    """Where the element that begins at `start` ends: after as many ends as beginnings of its kind."""
    depth = 0
    for match in re.compile(rf"<(/?){tag}(?=[\s>])[^>]*>").finditer(text, start):
        depth += -1 if match[1] else 1
        if depth == 0:
            return match.end()
    raise AssertionError(f"<{tag}> at {start} has no end")


def tidy(text: str) -> str:
    """Without what no two answers have alike."""
    return re.sub(r"\s+", " ", ALWAYS_NEW.sub("", text)).strip()
