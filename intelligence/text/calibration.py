"""Scores to honest probabilities, and how honest they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GOLDEN = (5**0.5 - 1) / 2


def softmax(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Probabilities along the last axis. A low temperature sharpens, a high one flattens."""
    scaled = scores / temperature
    scaled = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True))


def fit_temperature(scores: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    """The temperature with the least log loss on scores of texts the model did not see. Guo et al. 2017."""

    def loss(log_temperature: float) -> float:
        chosen = softmax(scores, float(np.exp(log_temperature)))[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    low, high = -5.0, 3.0
    for _ in range(40):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def expected_calibration_error(confidences: NDArray[np.float64], correct: NDArray[np.bool_], bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by bin size. 0 is perfect."""
    if not len(confidences):
        return 0.0
    bin_of = np.minimum((confidences * bins).astype(int), bins - 1)
    gap = 0.0
    for number in np.unique(bin_of):
        inside = bin_of == number
        gap += abs(float(confidences[inside].mean()) - float(correct[inside].mean())) * float(inside.mean())
    return gap


def threshold_for_precision(confidences: NDArray[np.float64], correct: NDArray[np.bool_], precision: float) -> float:
    """The lowest confidence from which on the answers are right in at least `precision` of the cases; 1 if none is."""
    order = np.argsort(-confidences, kind="stable")
    right = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(right >= precision)
    return float(confidences[order[good[-1]]]) if len(good) else 1.0


def threshold_for_scope(
    confidences: NDArray[np.float64], correct: NDArray[np.bool_], outside: NDArray[np.float64], outside_share: float
) -> float:
    """The lowest confidence at which most decisions are right: known texts answered correctly, strange ones refused.

    `confidences` and `correct` are of texts about a label, `outside` are confidences about texts of none;
    `outside_share` says how many of the real texts are such.
    """
    candidates = np.linspace(0.0, 1.0, 101)
    right = [
        (1 - outside_share) * float((correct & (confidences >= at)).mean())
        + outside_share * float((outside < at).mean())
        for at in candidates
    ]
    return float(candidates[int(np.argmax(np.round(right, 6)))])
