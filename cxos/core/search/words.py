"""Words, and how near they are to each other. Pure.

Two words are looked up as neighbours by deletion: a word of one mistake shares with the right one what is left of both
when one letter is taken out (Garbe, "Symmetric Delete spelling correction"). Only the beginning is treated so; the true
distance is measured afterwards.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Collection, Iterable
from itertools import combinations

# Characters that stand between words for us, though Postgres' parser keeps them inside addresses and numbers. The
# indexes (vectors.SEPARATORS in their migrations) take out the same ones.
SEPARATORS = "@./-_+:<>&'’#"
_APART = str.maketrans(dict.fromkeys(SEPARATORS, " "))
WORD = re.compile(r"[^\W_]+")
SHORTEST_LEARNED, LONGEST_LEARNED = 3, 32
BEGINNING = 7
MOST_ASKED = 6


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order. At most 20,000 characters are read."""
    return WORD.findall(text[:20_000].translate(_APART).lower())


def is_learned(word: str) -> bool:
    """Whether a word belongs in the dictionary: no number, no order id, nothing endless."""
    return SHORTEST_LEARNED <= len(word) <= LONGEST_LEARNED and word.isalpha()


def fold(word: str) -> str:
    """The word without accents and case: "Müller" → "muller", "Straße" → "strasse"."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def mistakes_allowed(folded: str) -> int:
    """0 for short words, where every mistake makes another word, then 1, then 2."""
    return 0 if len(folded) < 4 else 1 if len(folded) < 8 else 2


def near_keys(folded: str) -> list[int]:
    """Numbers that two words share when they are near: of the beginning with up to so many letters taken out."""
    beginning = folded[:BEGINNING]
    left = {beginning}
    for taken in range(1, mistakes_allowed(folded) + 1):
        kept = len(beginning) - taken
        left |= {"".join(letters) for letters in combinations(beginning, kept)}
    return sorted({_number(text) for text in left})


def _number(text: str) -> int:
    """32 bits with a sign, as Postgres' integer."""
    value = zlib.crc32(text.encode())
    return value - 2**32 if value >= 2**31 else value


def distance(one: str, other: str, *, most: int) -> int:
    """Letters to change, add, take out or swap with their neighbour; `most` + 1 when it is more than that."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


Segments = list[tuple[str, bool]]


def marked(text: str, folded: Collection[str], *, beginnings: Iterable[str] = ()) -> Segments:
    """The text in pieces, each with whether it is one of these words (or begins like one of `beginnings`)."""
    starts, pieces, at = tuple(beginnings), list[tuple[str, bool]](), 0
    for found in WORD.finditer(text):
        word = fold(found.group())
        if word in folded or (starts and word.startswith(starts)):
            if found.start() > at:
                pieces.append((text[at : found.start()], False))
            pieces.append((found.group(), True))
            at = found.end()
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


def excerpt(text: str, folded: Collection[str], *, beginnings: Iterable[str] = (), length: int = 160) -> Segments:
    """About `length` characters around the first such word, marked; on one line."""
    starts = tuple(beginnings)
    line = " ".join(text[:20_000].split())
    first = 0
    for found in WORD.finditer(line):
        word = fold(found.group())
        if word in folded or (starts and word.startswith(starts)):
            first = found.start()
            break
    begin = 0
    if first > length // 2:
        begin = max(0, line.rfind(" ", 0, max(0, first - length // 3)) + 1)
    end = min(len(line), begin + length)
    cut = ("… " if begin else "") + line[begin:end] + (" …" if end < len(line) else "")
    return marked(cut, folded, beginnings=starts)
