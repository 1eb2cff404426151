"""Emoji by their names, made from what Python knows of Unicode."""

from __future__ import annotations

import unicodedata
from functools import cache

# Blocks of Unicode 15 that hold pictures: symbols, pictographs, faces, transport, supplement, extended-A, dingbats.
BLOCKS = (
    (0x1F600, 0x1F64F), (0x1F300, 0x1F5FF), (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF),
    (0x2600, 0x26FF), (0x2705, 0x27BF),
)  # fmt: skip
COMMON = "🙂😀😉😊👍🙏🎉💡✅❗😕😢"
SHOW_AS_PICTURE = "\ufe0f"


@cache
def emoji_names() -> dict[str, str]:
    """character → name in lower case, in the order of BLOCKS."""
    found = {}
    for first, last in BLOCKS:
        for code in range(first, last + 1):
            character = chr(code)
            if unicodedata.category(character) == "So":
                shown = character if code > 0xFFFF else character + SHOW_AS_PICTURE
                found[shown] = unicodedata.name(character, "").lower()
    return found


def find_emoji(words: str, *, limit: int = 8) -> list[tuple[str, str]]:
    """(character, name): those whose name begins with the words first, then those that have them at the start of a word,
    then anywhere. Without words the common ones."""
    wanted = words.lower().replace("_", " ").replace("-", " ").strip()
    if not wanted:
        return [(character, emoji_names().get(character, "") or _name(character)) for character in COMMON[:limit]]
    ranked = [
        (0 if name.startswith(wanted) else 1 if f" {wanted}" in name else 2, len(name), character, name)
        for character, name in emoji_names().items()
        if wanted in name
    ]
    return [(character, name) for _rank, _length, character, name in sorted(ranked)[:limit]]


def _name(character: str) -> str:
    return unicodedata.name(character, "").lower()
