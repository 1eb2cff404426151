"""Floors on small parts of public data sets that lie beside the project; skipped where they do not."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from intelligence.text.calibration import expected_calibration_error
from intelligence.text.intents import OUT_OF_SCOPE, train_intents
from intelligence.text.linear import LinearTextModel
from intelligence.text.sentiment import train_sentiment

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Pairs = list[tuple[str, str]]


def needed(*parts: str) -> Path:
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not beside the project")
    return path


def accuracy(model: LinearTextModel, held: Pairs) -> float:
    return sum(model.guess(text, explain=False).nearest == label for text, label in held) / len(held)


def test_twelve_banking_intents_are_told_apart_with_honest_confidence() -> None:
    # given every fourth text of the first twelve intents held back
    with needed("banking77", "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    chosen = set(sorted({label for _, label in rows})[:12])
    pairs = [pair for pair in rows if pair[1] in chosen]
    held = pairs[::4]

    model = train_intents([pair for pair in pairs if pair not in set(held)])

    guesses = [model.guess(text, explain=False) for text, _ in held]
    right = np.array([guess.nearest == label for guess, (_, label) in zip(guesses, held, strict=True)])
    assert right.mean() >= 0.93
    assert expected_calibration_error(np.array([guess.confidence for guess in guesses]), right) <= 0.06


def test_most_texts_about_nothing_taught_are_refused() -> None:
    # given fifteen everyday intents and some texts about none of them
    with gzip.open(needed("clinc150", "data_full_without_test.json.gz"), "rt", encoding="utf-8") as file:
        splits = json.load(file)
    chosen = set(sorted({label for _, label in splits["train"]})[::10])
    train = [(text, label) for text, label in splits["train"] if label in chosen]
    train += [(text, OUT_OF_SCOPE) for text, _ in splits["oos_train"]]

    model = train_intents(train)

    inside = [(text, label) for text, label in splits["val"] if label in chosen]
    answered = sum(model.guess(text, explain=False).label == label for text, label in inside) / len(inside)
    refused = sum(model.guess(text, explain=False).label == "" for text, _ in splits["oos_val"]) / len(
        splits["oos_val"]
    )
    assert answered >= 0.93
    assert refused >= 0.85


def test_sentiment_of_tweets_from_two_thousand_of_them() -> None:
    def tweets(split: str) -> Pairs:
        path = needed("airline_tweets", f"{split}.csv.gz")
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return [(row["text"], row["airline_sentiment"]) for row in csv.DictReader(file)]

    model = train_sentiment(tweets("train")[:2_000])

    assert accuracy(model, tweets("dev")[:500]) >= 0.70
