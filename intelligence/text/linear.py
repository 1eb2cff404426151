"""A trained linear text classifier: answering, explaining, and storing as arrays and JSON."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from intelligence.text.calibration import softmax
from intelligence.text.features import (
    Features,
    FeatureShape,
    character_grams,
    negated_words,
    word_grams,
    words,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
EVIDENCE_WORDS = 5
EVIDENCE_SHARE = 0.15  # a word that says less than this part of the strongest word explains nothing


class UnreadableModel(ValueError):
    """The stored bytes are not a model of a format this version reads."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word of the text and how strongly it spoke for the guess (model units, larger is stronger)."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class Guess:
    """One answer. `label` is empty when the model abstains; `nearest` is then still its best label."""

    label: str
    confidence: float
    nearest: str = ""
    evidence: tuple[Evidence, ...] = ()
    runners_up: tuple[tuple[str, float], ...] = ()


NO_GUESS = Guess(label="", confidence=0.0)


@dataclass(frozen=True, slots=True)
class LinearTextModel:
    """One row of coefficients a feature, one column a label."""

    features: Features
    labels: tuple[str, ...]
    coefficients: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    temperature: float
    nothing: float | None = None  # score of "none of the labels"
    threshold: float = 0.0
    figures: dict[str, float] = field(default_factory=dict)

    def scores(self, text: str) -> tuple[NDArray[np.float64], float]:
        """Raw scores by label, and the share (0–1) of the text's words that training knew."""
        columns, values, known = self.features.row(text)
        return (values @ self.coefficients[columns] + self.intercepts).astype(np.float64), known

    def guess(self, text: str, *, explain: bool = True) -> Guess:
        """The best label with its confidence; abstains below the threshold, and when no word is known."""
        scores, known = self.scores(text)
        if known == 0.0:
            return NO_GUESS
        chances = softmax(scores, self.temperature, self.nothing)
        order = np.argsort(-chances, kind="stable")
        best = int(order[0])
        confidence = float(chances[best])
        sure = confidence >= self.threshold
        return Guess(
            label=self.labels[best] if sure else "",
            confidence=confidence,
            nearest=self.labels[best],
            evidence=self.evidence(text, best) if explain else (),
            runners_up=tuple((self.labels[i], float(chances[i])) for i in order[1:3]),
        )

    def evidence(self, text: str, label: int) -> tuple[Evidence, ...]:
        """The words that spoke most for this label, against the average label; strongest first."""
        tokens = words(text)
        columns, values, _ = self.features.row(text)
        held = self.coefficients[columns]
        pull = dict(
            zip(
                columns.tolist(),
                (values * (held[:, label] - held.mean(axis=1))).tolist(),
                strict=True,
            )
        )
        shape, by_word = self.features.shape, Counter[str]()
        for token in dict.fromkeys(tokens):
            runs = set(character_grams([token], shape.shortest_characters, shape.longest_characters))
            at = [self.features.character_columns.get(run) for run in runs] + [self.features.word_columns.get(token)]
            by_word[token] = sum(pull.get(column, 0.0) for column in at if column is not None)
        for gram in dict.fromkeys(word_grams(tokens, shape.longest_words)[len(tokens) :]):
            share = pull.get(self.features.word_columns.get(gram, -1), 0.0) / (gram.count(" ") + 1)
            for token in gram.split(" "):
                by_word[token] += share
        if shape.negations:
            for marked in dict.fromkeys(negated_words(tokens)):
                by_word[marked.removeprefix("not_")] += pull.get(self.features.word_columns.get(marked, -1), 0.0)
        ranked = sorted(by_word.items(), key=lambda item: (-item[1], item[0]))
        least = EVIDENCE_SHARE * ranked[0][1] if ranked else 0.0
        spoke = [(word, weight) for word, weight in ranked[:EVIDENCE_WORDS] if weight > 0.0 and weight >= least]
        return tuple(Evidence(word, round(weight, 3)) for word, weight in spoke)

    def to_bytes(self) -> bytes:
        """A compressed NumPy archive holding arrays of numbers and one JSON text."""
        meta = {
            "format": FORMAT,
            "shape": asdict(self.features.shape),
            "labels": self.labels,
            "words": list(self.features.word_columns),
            "characters": list(self.features.character_columns),
            "temperature": self.temperature,
            "nothing": self.nothing,
            "threshold": self.threshold,
            "figures": self.figures,
        }
        stream = io.BytesIO()
        np.savez_compressed(
            stream,
            meta=np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8),
            weights=self.features.weights,
            coefficients=self.coefficients.astype(np.float16),
            intercepts=self.intercepts,
        )
        return stream.getvalue()


def from_bytes(stored: bytes) -> LinearTextModel:
    """Reads what `to_bytes` wrote; never unpickles. Raises UnreadableModel."""
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ("meta", "weights", "coefficients", "intercepts")}
        meta: dict[str, Any] = json.loads(arrays["meta"].tobytes())
        if meta["format"] != FORMAT:
            raise UnreadableModel(f"The model has format {meta['format']}; this version reads {FORMAT}. Train again.")
        return _assemble(meta, arrays)
    except UnreadableModel:
        raise
    except Exception as problem:  # any damage at all: zip, JSON, shapes, types
        raise UnreadableModel(f"The stored model cannot be read ({problem}). Train it again.") from problem


def _assemble(meta: dict[str, Any], arrays: dict[str, Any]) -> LinearTextModel:
    word_terms, runs = meta["words"], meta["characters"]
    features = Features(
        shape=FeatureShape(**meta["shape"]),
        word_columns={term: i for i, term in enumerate(word_terms)},
        character_columns={term: i for i, term in enumerate(runs, start=len(word_terms))},
        weights=arrays["weights"].astype(np.float32),
    )
    coefficients = arrays["coefficients"].astype(np.float32)
    if coefficients.shape != (
        features.width,
        len(meta["labels"]),
    ) or features.width != len(word_terms) + len(runs):
        raise UnreadableModel("The stored model's parts do not fit together. Train it again.")
    return LinearTextModel(
        features=features,
        labels=tuple(meta["labels"]),
        coefficients=coefficients,
        intercepts=arrays["intercepts"].astype(np.float32),
        temperature=float(meta["temperature"]),
        nothing=None if meta["nothing"] is None else float(meta["nothing"]),
        threshold=float(meta["threshold"]),
        figures=dict(meta["figures"]),
    )
