"""How well the text models learn, on public data sets kept outside the project. Prints a table and one line of JSON."""

from __future__ import annotations

import csv
import gzip
import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand

from intelligence import seed
from intelligence.text.calibration import expected_calibration_error
from intelligence.text.intents import OUT_OF_SCOPE, train_intents
from intelligence.text.language import guess_language
from intelligence.text.linear import LinearTextModel
from intelligence.text.sentiment import train_sentiment

Pairs = list[tuple[str, str]]
ROUNDS = 1_000  # of the bootstrap


class Command(BaseCommand):
    help = "Measure intent, sentiment and language on development data; sets that are not there are skipped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, default=Path(settings.BASE_DIR).parent / "shared" / "data")
        parser.add_argument("--only", nargs="*", choices=sorted(MEASURES), default=sorted(MEASURES))

    def handle(self, *args: Any, data: Path, only: list[str], **options: Any) -> None:
        figures: dict[str, dict[str, float]] = {}
        for name in only:
            try:
                figures[name] = MEASURES[name](data)
            except FileNotFoundError as missing:
                self.stderr.write(f"{name}: skipped, {missing.filename} is not there")
                continue
            self.stdout.write(f"{name}: " + " · ".join(f"{what} {value:g}" for what, value in figures[name].items()))
        self.stdout.write(json.dumps(figures))


def banking(data: Path) -> dict[str, float]:
    """Banking77 by a fixed fifth of its training split, as its test split is not for choosing."""
    with (data / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        pairs = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    order = np.random.default_rng(77).permutation(len(pairs))
    held = set(order[: len(pairs) // 5].tolist())
    train = [pair for i, pair in enumerate(pairs) if i not in held]
    return measured(train_intents, train, [pairs[i] for i in sorted(held)])


def clinc(data: Path) -> dict[str, float]:
    """CLINC150 full: train → val, and how many of the out-of-scope texts are refused."""
    with gzip.open(data / "clinc150" / "data_full_without_test.json.gz", "rt", encoding="utf-8") as file:
        splits = json.load(file)
    train = [(text, label) for text, label in splits["train"]]
    train += [(text, OUT_OF_SCOPE) for text, _ in splits["oos_train"]]
    outside = [text for text, _ in splits["oos_val"]]
    return measured(train_intents, train, [(text, label) for text, label in splits["val"]], outside)


def airline(data: Path) -> dict[str, float]:
    """Airline tweets: train → dev. Measured, never shipped: the data is not ours to train on."""
    return measured(train_sentiment, tweets(data, "train"), tweets(data, "dev"))


def seed_sentiment(data: Path) -> dict[str, float]:
    """The model a new installation starts with, on tweets it was not made for."""
    return measured(train_sentiment, seed.sentiment_examples(), tweets(data, "dev"))


def seed_language(data: Path) -> dict[str, float]:
    """Language of our own sentences; unknown counts as no answer."""
    rows = seed.utterances()
    guess_language("warm up")
    started = time.perf_counter()
    told = [guess_language(row.text).label for row in rows]
    took = (time.perf_counter() - started) / len(rows)
    answered = [(row.language, label) for row, label in zip(rows, told, strict=True) if label]
    right = sum(truth == label for truth, label in answered)
    return {"answered": round(len(answered) / len(rows), 4), "accuracy": round(right / len(answered), 4),
            "ms": round(took * 1000, 3)}  # fmt: skip


def tweets(data: Path, split: str) -> Pairs:
    with gzip.open(data / "airline_tweets" / f"{split}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [(row["text"], row["airline_sentiment"]) for row in csv.DictReader(file)]


def measured(
    train: Callable[[Pairs], LinearTextModel], examples: Pairs, held: Pairs, outside: list[str] | None = None
) -> dict[str, float]:
    """Accuracy with its 95 % bootstrap interval, macro-F1, calibration, share answered and right, time and size."""
    started = time.perf_counter()
    model = train(examples)
    fitted = time.perf_counter() - started
    started = time.perf_counter()
    guesses = [model.guess(text) for text, _ in held]
    took = (time.perf_counter() - started) / len(held)
    right = np.array([guess.nearest == label for guess, (_, label) in zip(guesses, held, strict=True)])
    sure = np.array([guess.label != "" for guess in guesses])
    picked = np.random.default_rng(0).integers(0, len(right), (ROUNDS, len(right)))
    low, high = np.quantile(right[picked].mean(axis=1), [0.025, 0.975])
    figures = {
        "accuracy": right.mean(), "low": low, "high": high,
        "macro_f1": macro_f1([label for _, label in held], [guess.nearest for guess in guesses]),
        "ece": expected_calibration_error(np.array([guess.confidence for guess in guesses]), right),
        "threshold": model.threshold, "answered": sure.mean(), "answered_right": right[sure].mean(),
        "fit_s": fitted, "guess_ms": took * 1000, "stored_mb": len(model.to_bytes()) / 1e6,
    }  # fmt: skip
    if outside:
        figures["in_scope_right"] = (right & sure).mean()
        figures["out_of_scope_refused"] = float(np.mean([model.guess(text).label == "" for text in outside]))
    return {name: round(float(value), 4) for name, value in figures.items()}


def macro_f1(truth: list[str], told: list[str]) -> float:
    """Mean over the labels of the harmonic mean of precision and recall."""
    scores = []
    for label in set(truth):
        hits = sum(a == b == label for a, b in zip(truth, told, strict=True))
        scores.append(2 * hits / (truth.count(label) + told.count(label)))
    return sum(scores) / len(scores)


MEASURES: dict[str, Callable[[Path], dict[str, float]]] = {
    "airline": airline,
    "banking77": banking,
    "clinc150": clinc,
    "seed_language": seed_language,
    "seed_sentiment": seed_sentiment,
}
