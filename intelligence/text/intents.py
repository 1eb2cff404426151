"""What the writer wants: one of the intents an administrator taught by example, or none of them."""

from __future__ import annotations

from collections.abc import Sequence

from intelligence.text.fitting import fit_linear
from intelligence.text.linear import LinearTextModel

OUT_OF_SCOPE = "out_of_scope"  # the label of examples that are about none of the intents; never an answer


def train_intents(examples: Sequence[tuple[str, str]]) -> LinearTextModel:
    """A model of (text, intent) examples, some of them out of scope if there are any. Raises TooFewExamples.

    15,000 examples take less than a minute of one core. The model abstains below a confidence chosen by
    cross-validation: so that 95 % of its answers are right or, with twenty
    out-of-scope examples, so that most decisions are.
    """
    inside = [(text, intent) for text, intent in examples if intent != OUT_OF_SCOPE]
    return fit_linear(inside, outside=[text for text, intent in examples if intent == OUT_OF_SCOPE])
