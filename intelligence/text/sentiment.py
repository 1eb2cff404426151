"""How the writer feels: negative, neutral or positive, in five languages from our own sentences."""

from __future__ import annotations

from collections.abc import Sequence

from intelligence.text.features import FeatureShape
from intelligence.text.fitting import fit_linear
from intelligence.text.linear import LinearTextModel

NEGATIVE, NEUTRAL, POSITIVE = "negative", "neutral", "positive"
SENTIMENTS = (NEGATIVE, NEUTRAL, POSITIVE)
SHAPE = FeatureShape(longest_words=2, shortest_characters=3, longest_characters=5, negations=True)


def train_sentiment(examples: Sequence[tuple[str, str]]) -> LinearTextModel:
    """A model of (text, sentiment) examples. It always answers; read the confidence. Raises TooFewExamples."""
    unknown = {label for _, label in examples} - set(SENTIMENTS)
    if unknown:
        raise ValueError(f"{min(unknown)!r} is not a sentiment; use {', '.join(SENTIMENTS)}.")
    return fit_linear(examples, penalty=0.3, exhaustive=True, balanced=True, shape=SHAPE)


def valence(chances: dict[str, float]) -> float:
    """One number from -1 (negative) to 1 (positive) out of the three chances."""
    return chances.get(POSITIVE, 0.0) - chances.get(NEGATIVE, 0.0)
