"""The words in use: learned from what is written, asked for what somebody may have meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, transaction

from cxos.core.models import Word
from cxos.core.search.words import (
    MOST_ASKED,
    Segments,
    distance,
    excerpt,
    fold,
    is_learned,
    marked,
    mistakes_allowed,
    near_keys,
    words_of,
)

COMPLETIONS = 24
CANDIDATES = 100
CORRECTIONS = 4
COUNT = """
UPDATE core_word SET uses = core_word.uses + given.uses
FROM unnest(%s::text[], %s::bigint[]) AS given(text, uses) WHERE core_word.text = given.text RETURNING core_word.text
"""


def learn(texts: Iterable[str]) -> int:
    """Count the words of these texts, and enter new ones; returns how many were new. 2 statements at most."""
    counted = Counter(word for text in texts for word in words_of(text) if is_learned(word))
    if not counted:
        return 0
    words = sorted(counted)  # in one order, so that two learners wait for each other instead of for ever
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(COUNT, (words, [counted[word] for word in words]))
            known = {row[0] for row in cursor.fetchall()}
        fresh = [entry(word, uses=counted[word]) for word in words if word not in known]
        fresh = [word for word in fresh if len(word.folded) <= 64]  # one letter may unfold into many
        Word.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def entry(text: str, *, uses: int = 0) -> Word:
    folded = fold(text)
    return Word(text=text, folded=folded, near=near_keys(folded), uses=uses)


@dataclass(frozen=True, slots=True)
class Term:
    """One word as it was typed. `words`: what it is or begins; `near`: what it may have been meant to be, nearest first.

    `uses`: how often all of these were written at most, None where the dictionary knows nothing (numbers). `is_open`:
    still being typed, so that it may be a beginning.
    """

    typed: str
    folded: str
    words: tuple[str, ...]
    near: tuple[str, ...]
    uses: int | None
    is_open: bool

    @property
    def is_known(self) -> bool:
        """Found in the dictionary, or (numbers, short words) none of its business."""
        return bool(self.words) or not is_learned(self.typed)


@dataclass(frozen=True)
class Asked:
    """What was typed, understood. `text` is as typed, trimmed."""

    text: str
    terms: tuple[Term, ...]

    @property
    def number(self) -> int | None:
        """ "#123" or "123" as a number."""
        digits = self.text.removeprefix("#").strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None

    @property
    def meant(self) -> str:
        """What is looked for instead of words nobody has ever written; "" when all are known or nothing is near."""
        if all(term.is_known or not term.near for term in self.terms):
            return ""
        return " ".join(term.typed if term.is_known or not term.near else term.near[0] for term in self.terms)

    def queries(self, *, forgiving: bool = False) -> list[str]:
        """A tsquery for each term, as any of its words. Corrections only for unknown words, or everywhere if forgiving."""
        return [_alternatives(term, forgiving) for term in self.terms]

    def uses(self) -> int | None:
        """At most so many texts hold all terms, as far as the dictionary knows; None when it knows none of them."""
        return min((term.uses for term in self.terms if term.uses is not None), default=None)

    def mark(self, text: str) -> Segments:
        return marked(text, self._hits, beginnings=self._beginnings)

    def excerpt(self, text: str, *, length: int = 160) -> Segments:
        return excerpt(text, self._hits, beginnings=self._beginnings, length=length)

    def distance(self, text: str) -> int:
        """0 when the text holds every term as a whole word, 1 when one is only a beginning, 2 when one is a correction."""
        found = {fold(word) for word in words_of(text)}
        return max((self._distance(term, found) for term in self.terms), default=0)

    @staticmethod
    def _distance(term: Term, found: set[str]) -> int:
        if term.folded in found:
            return 0
        return 1 if term.is_open and any(word.startswith(term.folded) for word in found) else 2

    @cached_property
    def _hits(self) -> frozenset[str]:
        return frozenset(fold(word) for term in self.terms for word in (term.typed, *term.words, *term.near))

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        return tuple(term.folded for term in self.terms if term.is_open)


def _alternatives(term: Term, forgiving: bool) -> str:
    words = {term.typed, *term.words}
    if forgiving or not term.is_known:
        words |= set(term.near)
    quoted = [_quoted(word) for word in sorted(words)]
    if term.is_open and not is_learned(term.typed) and len(term.typed) >= 3:
        quoted.append(f"{_quoted(term.typed)}:*")  # numbers are not in the dictionary, and few begin alike
    return " | ".join(quoted)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def understand(text: str) -> Asked:
    """What somebody may mean by what they have typed so far; the last word may be a beginning. 1 query, or none."""
    shown = " ".join(text.replace("\0", " ").split())[:200]
    typed = list(dict.fromkeys(words_of(shown)))[:MOST_ASKED]
    last = len(typed) - 1
    looked_up = [(at, word) for at, word in enumerate(typed) if is_learned(word) or (at == last and len(word) == 2)]
    found = _look_up(looked_up, last)
    return Asked(shown, tuple(_term(word, found.get(at, []), is_open=at == last) for at, word in enumerate(typed)))


Row = tuple[str, str, int, bool]  # text, folded, uses, whether by its beginning


def _look_up(typed: list[tuple[int, str]], last: int) -> dict[int, list[Row]]:
    parts, values = list[str](), list[Any]()
    for at, word in typed:
        folded = fold(word)
        begins = _escaped(folded) + ("%" if at == last else "")
        parts.append(
            "(SELECT %s AS at, text, folded, uses, true FROM core_word WHERE folded LIKE %s ORDER BY uses DESC LIMIT %s)"
        )
        values += [at, begins, COMPLETIONS]
        if mistakes_allowed(folded):
            parts.append(
                "(SELECT %s, text, folded, uses, false FROM core_word WHERE near && %s::integer[] ORDER BY uses DESC LIMIT %s)"
            )
            values += [at, near_keys(folded), CANDIDATES]
    rows: dict[int, list[Row]] = {}
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for at, *row in cursor.fetchall():
                rows.setdefault(at, []).append(tuple(row))
    return rows


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _term(typed: str, rows: list[Row], *, is_open: bool) -> Term:
    folded, most = fold(typed), mistakes_allowed(fold(typed))
    begun = [(text, uses) for text, _, uses, by_beginning in rows if by_beginning]
    known = {text for text, _ in begun}
    measured = [
        (distance(folded, other, most=most), -uses, text)
        for text, other, uses, by_beginning in rows
        if not by_beginning and text not in known
    ]
    near = [(text, -uses) for far, uses, text in sorted(measured) if 0 < far <= most][:CORRECTIONS]
    uses = sum(uses for _, uses in [*begun, *near]) if known or near or is_learned(typed) else None
    return Term(typed, folded, tuple(sorted(known)), tuple(text for text, _ in near), uses, is_open)
