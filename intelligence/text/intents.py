"""What the writer wants: one of the intents an administrator taught by example, or none of them."""

from __future__ import annotations

from collections.abc import Sequence

from intelligence.text.fitting import fit_linear
from intelligence.text.linear import LinearTextModel


def train_intents(examples: Sequence[tuple[str, str]]) -> LinearTextModel:
    """A model of (text, intent) examples; an empty intent marks a text that is about none. Raises TooFewExamples.

    15,000 examples take well under a minute of one core. The model abstains where cross-validation shows that fewer
    than 95 % of its answers would be right.
    """
    return fit_linear(examples)
