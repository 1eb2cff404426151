"""Training of linear text classifiers. The one place that imports scikit-learn, and only when called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from intelligence.text.calibration import (
    expected_calibration_error,
    fit_scope,
    fit_temperature,
    softmax,
    threshold_for_precision,
    threshold_for_scope,
)
from intelligence.text.features import FeatureShape, fit_features
from intelligence.text.linear import LinearTextModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANY_EXAMPLES = 1_000  # from here on an n-gram seen once is noise, not knowledge
ANSWER_PRECISION = 0.95
# A text about nothing taught still resembles something: below this an answer is not worth giving.
LEAST_THRESHOLD = 0.6
# Few examples make cross-validation gloomy, as each fold trains on texts the others lack; confidence is honest enough.
HIGHEST_THRESHOLD = 0.7
OUTSIDE_SHARE = 0.1  # of real texts, taken to be about none of the labels
ENOUGH_OUTSIDE = 20  # out-of-scope examples from which on they set the threshold


class TooFewExamples(ValueError):
    """A classifier needs at least two labels with two different texts each."""


def fit_linear(
    examples: Sequence[tuple[str, str]],
    *,
    penalty: float = 1.0,
    exhaustive: bool = False,
    outside: Sequence[str] = (),
    balanced: bool = False,
    shape: FeatureShape | None = None,
) -> LinearTextModel:
    """A classifier of (text, label) examples; seconds for 15,000 of them. Raises TooFewExamples.

    `penalty` is the C of the support vector machine. `exhaustive`: every text has one of the labels, so the model always
    answers; else it abstains below the confidence under which cross-validation finds fewer than 95 % right answers.
    `outside` are texts about none of the labels; with some of them the threshold is where most decisions are right.
    """
    texts, truth, labels = _usable(examples)
    features = fit_features(texts, shape or FeatureShape(rarest=2 if len(texts) > MANY_EXAMPLES else 1))
    matrix = features.matrix(texts)
    unseen, folds = _scores_of_unseen(matrix, truth, len(labels), penalty, balanced)
    coefficients, intercepts = _fit_svm(matrix, truth, len(labels), penalty, balanced)
    if exhaustive:
        temperature, nothing = fit_temperature(unseen, truth), None
    else:
        temperature, nothing = fit_scope(unseen, truth, OUTSIDE_SHARE)
    chances = softmax(unseen, temperature, nothing)
    confidences, correct = chances.max(axis=1), chances.argmax(axis=1) == truth
    strange = np.empty(0)
    if outside:
        strange = softmax(features.matrix(outside) @ coefficients + intercepts, temperature, nothing).max(axis=1)
    threshold = 0.0 if exhaustive else _threshold(confidences, correct, strange)
    return LinearTextModel(
        features=features,
        labels=labels,
        coefficients=coefficients,
        intercepts=intercepts,
        temperature=temperature,
        nothing=nothing,
        threshold=threshold,
        figures={
            "examples": float(len(texts)),
            "labels": float(len(labels)),
            "folds": float(folds),
            **_figures(confidences, correct, strange, threshold),
        },
    )


def _threshold(confidences: NDArray[np.float64], correct: NDArray[np.bool_], strange: NDArray[np.float64]) -> float:
    if len(strange) >= ENOUGH_OUTSIDE:
        return threshold_for_scope(confidences, correct, strange, OUTSIDE_SHARE)
    precise = threshold_for_precision(confidences, correct, ANSWER_PRECISION)
    return min(max(precise, LEAST_THRESHOLD), HIGHEST_THRESHOLD)


def _figures(
    confidences: NDArray[np.float64], correct: NDArray[np.bool_], strange: NDArray[np.float64], threshold: float
) -> dict[str, float]:
    """What the model card shows; shares from 0 to 1, by cross-validation."""
    answered = confidences >= threshold
    figures = {
        "accuracy": float(correct.mean()),
        "calibration_error": expected_calibration_error(confidences, correct),
        "answered_share": float(answered.mean()),
        "answered_accuracy": float(correct[answered].mean()) if answered.any() else 0.0,
    }
    if len(strange):
        figures["outside_refused"] = float((strange < threshold).mean())
    return {name: round(value, 4) for name, value in figures.items()}


def _usable(
    examples: Sequence[tuple[str, str]],
) -> tuple[list[str], NDArray[np.intp], tuple[str, ...]]:
    """Distinct, non-empty texts of labels that have at least two of them."""
    distinct = sorted({(text.strip(), label) for text, label in examples if text.strip() and label})
    counts = Counter(label for _, label in distinct)
    labels = tuple(sorted(label for label, count in counts.items() if count >= 2))
    if len(labels) < 2:
        raise TooFewExamples("Give at least two labels with two different texts each, then train again.")
    number = {label: i for i, label in enumerate(labels)}
    kept = [(text, number[label]) for text, label in distinct if label in number]
    return (
        [text for text, _ in kept],
        np.array([label for _, label in kept], dtype=np.intp),
        labels,
    )


def _scores_of_unseen(
    matrix: Any,
    truth: NDArray[np.intp],
    label_count: int,
    penalty: float,
    balanced: bool,
) -> tuple[NDArray[np.float64], int]:
    """Every text scored by a machine that was not trained on it."""
    fold_of, folds = assign_folds(truth)
    scores = np.zeros((len(truth), label_count), dtype=np.float64)
    for fold in range(folds):
        inside = fold_of == fold
        coefficients, intercepts = _fit_svm(matrix[~inside], truth[~inside], label_count, penalty, balanced)
        scores[inside] = matrix[inside] @ coefficients + intercepts
    return scores, folds


def assign_folds(truth: NDArray[np.intp]) -> tuple[NDArray[np.intp], int]:
    """Texts dealt out by label in turn, so that each label is in each fold as evenly as can be. No chance in it."""
    folds = 3 if len(truth) > 5 * MANY_EXAMPLES else 5
    folds = max(
        2,
        min(
            folds,
            int(np.bincount(truth).min()) if len(truth) < MANY_EXAMPLES else folds,
        ),
    )
    fold_of = np.empty(len(truth), dtype=np.intp)
    for label in np.unique(truth):
        places = np.flatnonzero(truth == label)
        fold_of[places] = np.arange(len(places)) % folds
    return fold_of, folds


def _fit_svm(
    matrix: Any,
    truth: NDArray[np.intp],
    label_count: int,
    penalty: float,
    balanced: bool,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coefficients (features × labels) and intercepts; a label without texts gets a score no other falls below."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=penalty, class_weight="balanced" if balanced else None, random_state=0)
    machine.fit(matrix, truth)
    weights, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        weights, intercepts = (
            np.vstack([-weights, weights]),
            np.array([-intercepts[0], intercepts[0]]),
        )
    coefficients = np.zeros((matrix.shape[1], label_count), dtype=np.float32)
    biases = np.full(label_count, -2.0, dtype=np.float32)
    coefficients[:, machine.classes_] = weights.T.astype(np.float16)  # as precise as it will be stored
    biases[machine.classes_] = intercepts
    return coefficients, biases
