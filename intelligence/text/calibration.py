"""Scores to honest probabilities, and how honest they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GOLDEN = (5**0.5 - 1) / 2


def softmax(scores: NDArray[np.float64], temperature: float, nothing: float | None = None) -> NDArray[np.float64]:
    """Probabilities along the last axis. A low temperature sharpens, a high one flattens.

    `nothing` is the score of "none of these": its probability is what the others lack to 1. None: it cannot be.
    """
    scaled = scores / temperature
    top = scaled.max(axis=-1, keepdims=True)
    rest: NDArray[np.float64] | float = 0.0
    if nothing is not None:
        top = np.maximum(top, nothing / temperature)
        rest = np.exp(nothing / temperature - top)
    scaled = np.exp(scaled - top)
    return np.asarray(scaled / (scaled.sum(axis=-1, keepdims=True) + rest))


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


def fit_scope(scores: NDArray[np.float64], truth: NDArray[np.intp], outside_share: float) -> tuple[float, float]:
    """(temperature, score of "none of these") with the least log loss on scores of texts the model did not see.

    What a text about nothing taught looks like is learnt from the same texts: take away the score of the true label, and
    what is left are the scores of a text that is about none of the rest. `outside_share` weighs the two.
    """
    from scipy.optimize import minimize

    rows = np.arange(len(truth))
    bereft = scores.copy()
    bereft[rows, truth] = -1e9

    def loss(parameters: NDArray[np.float64]) -> float:
        temperature, nothing = float(np.exp(parameters[0])), float(parameters[1])
        known = softmax(scores, temperature, nothing)[rows, truth]
        strange = 1.0 - softmax(bereft, temperature, nothing).sum(axis=1)
        logs = np.log(np.maximum([known, strange], 1e-12)).mean(axis=1)
        return float(-(1 - outside_share) * logs[0] - outside_share * logs[1])

    found = minimize(loss, np.array([-2.0, -0.3]), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(found[1])


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
