"""Text to numbers: word and character n-grams, weighted by TF-IDF. Used alike by training and by answering."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CHARACTERS = 2_000  # a customer's point stands at the start; the rest is quotation and signature
NEGATION_REACH = 3
MAX_WORD_CHARACTERS = 40  # longer "words" are tokens, hashes or noise

_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+")
_HANDLE = re.compile(r"(?<!\w)@\w+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[!?]+|[:;]-?[()DP]|[\U0001F300-\U0001FAFF☀-➿]")
_NEGATIONS = frozenset(
    [
        *(
            "not",
            "no",
            "never",
            "without",
            "nicht",
            "kein",
            "keine",
            "nie",
            "ne",
            "pas",
            "jamais",
            "sans",
            "nunca",
            "sin",
        ),
        *("لا", "ليس", "لم", "لن", "غير"),
    ]
)
_DIGITS = re.compile(r"\d+")
# Accents of Latin letters, Arabic vowel marks and the Arabic stretching character: often left out by those who type.
_OPTIONAL_MARKS = dict.fromkeys([*range(0x300, 0x370), *range(0x64B, 0x660), 0x670, 0x640])


def words(text: str) -> list[str]:
    """Lower-cased words, punctuation of feeling and pictographs, in order; numbers, links and handles made alike."""
    text = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS]).translate(_OPTIONAL_MARKS)
    text = unicodedata.normalize("NFC", text).casefold().replace("’", "'")
    text = _ADDRESS.sub(" linkaddress ", text)
    text = _HANDLE.sub(" ", text)
    text = _DIGITS.sub("0", text)
    return [word[:MAX_WORD_CHARACTERS] for word in _WORD.findall(text)]


def word_grams(tokens: Sequence[str], longest: int) -> list[str]:
    """Runs of one to `longest` words, joined by a space."""
    grams = list(tokens)
    for size in range(2, longest + 1):
        grams.extend(" ".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1))
    return grams


def character_grams(tokens: Sequence[str], shortest: int, longest: int) -> list[str]:
    """Runs of characters inside each word, the word's edges marked by a space."""
    grams: list[str] = []
    for token in tokens:
        padded = f" {token} "
        length = len(padded)
        for size in range(shortest, longest + 1):
            if size >= length:
                grams.append(padded)
                break
            grams.extend([padded[i : i + size] for i in range(length - size + 1)])
    return grams


def negated_words(tokens: Sequence[str]) -> list[str]:
    """Each word within reach of a negation, marked."""
    marked: list[str] = []
    reach = 0
    for token in tokens:
        if token in _NEGATIONS or token.endswith("n't"):
            reach = NEGATION_REACH
        elif reach:
            marked.append(f"not_{token}")
            reach -= 1
    return marked


@dataclass(frozen=True, slots=True)
class FeatureShape:
    """Which n-grams are read. `rarest` = examples that must hold an n-gram for it to count; `negations` = also read
    "not_happy" where one of the three words before is a "not"."""

    longest_words: int = 2
    shortest_characters: int = 2
    longest_characters: int = 5
    rarest: int = 1
    negations: bool = False
    word_weight: float = 1.0
    character_weight: float = 1.0


def terms(text: str, shape: FeatureShape) -> tuple[list[str], list[str], list[str]]:
    """The words of a text, the word terms read from them, and the character runs."""
    tokens = words(text)
    found = word_grams(tokens, shape.longest_words)
    if shape.negations:
        found.extend(negated_words(tokens))
    return (
        tokens,
        found,
        character_grams(tokens, shape.shortest_characters, shape.longest_characters),
    )


@dataclass(frozen=True, slots=True)
class Features:
    """A fitted vocabulary with weights. Words take the first columns, character runs the rest."""

    shape: FeatureShape
    word_columns: dict[str, int]
    character_columns: dict[str, int]
    weights: NDArray[np.float32]

    @property
    def width(self) -> int:
        return len(self.weights)

    def row(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32], float]:
        """Columns, values, and the share (0–1) of the text's words that the vocabulary knows."""
        tokens, found, runs = terms(text, self.shape)
        word_part = self._block(Counter(found), self.word_columns, self.shape.word_weight)
        run_part = self._block(Counter(runs), self.character_columns, self.shape.character_weight)
        known = sum(token in self.word_columns for token in tokens) / len(tokens) if tokens else 0.0
        return (
            np.concatenate([word_part[0], run_part[0]]),
            np.concatenate([word_part[1], run_part[1]]),
            known,
        )

    def _block(
        self, counts: Counter[str], columns: dict[str, int], weight: float
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        known = [(columns[term], count) for term, count in counts.items() if term in columns]
        if not known:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32)
        where = np.array([column for column, _ in known], dtype=np.intp)
        values = np.array([1.0 + math.log(count) for _, count in known], dtype=np.float32) * self.weights[where]
        values *= np.float32(weight / math.sqrt(float(values @ values)))
        return where, values

    def matrix(self, texts: Iterable[str]) -> Any:
        """SciPy CSR matrix, one row a text. For training; imports SciPy."""
        from scipy.sparse import csr_matrix

        rows = [self.row(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _, _ in rows)])
        columns = np.concatenate([row[0] for row in rows]) if rows else np.empty(0, dtype=np.intp)
        values = np.concatenate([row[1] for row in rows]) if rows else np.empty(0, dtype=np.float32)
        return csr_matrix((values.astype(np.float64), columns, ends), shape=(len(rows), self.width))


def fit_features(texts: Sequence[str], shape: FeatureShape) -> Features:
    """The vocabulary of these texts, in alphabetical order so that training twice gives the same model."""
    word_counts: Counter[str] = Counter()
    run_counts: Counter[str] = Counter()
    for text in texts:
        _, found, runs = terms(text, shape)
        word_counts.update(set(found))
        run_counts.update(set(runs))
    kept_words = sorted(term for term, count in word_counts.items() if count >= shape.rarest)
    kept_runs = sorted(term for term, count in run_counts.items() if count >= shape.rarest)
    weights = [_inverse_frequency(word_counts[term], len(texts)) for term in kept_words]
    weights += [_inverse_frequency(run_counts[term], len(texts)) for term in kept_runs]
    return Features(
        shape=shape,
        word_columns={term: i for i, term in enumerate(kept_words)},
        character_columns={term: i for i, term in enumerate(kept_runs, start=len(kept_words))},
        weights=np.array(weights, dtype=np.float32),
    )


def _inverse_frequency(holding: int, total: int) -> float:
    """Smoothed IDF: as if one more text held every term."""
    return math.log((1 + total) / (1 + holding)) + 1.0
