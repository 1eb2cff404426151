"""What the text models answer, explain, refuse and cost to import."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from intelligence import seed
from intelligence.text import language
from intelligence.text.calibration import (
    expected_calibration_error,
    fit_temperature,
    softmax,
    threshold_for_precision,
)
from intelligence.text.features import character_grams, negated_words, word_grams, words
from intelligence.text.fitting import TooFewExamples
from intelligence.text.intents import train_intents
from intelligence.text.language import guess_language
from intelligence.text.linear import LinearTextModel, UnreadableModel, from_bytes
from intelligence.text.sentiment import SENTIMENTS, train_sentiment, valence


@pytest.fixture(scope="module")
def intents() -> LinearTextModel:
    return train_intents(seed.intent_examples())


@pytest.fixture(scope="module")
def sentiments() -> LinearTextModel:
    return train_sentiment(seed.sentiment_examples())


def test_importing_the_package_loads_neither_scikit_learn_nor_scipy_nor_pandas() -> None:
    code = (
        "import sys, intelligence.text.intents, intelligence.text.sentiment, intelligence.text.language\n"
        "print([name for name in ('sklearn', 'scipy', 'pandas', 'py3langid', 'django') if name in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"


def test_words_make_numbers_links_accents_and_handles_alike() -> None:
    assert words("@Shop Réclamation 4711: see https://a.example/b!!") == [
        "reclamation",
        "0",
        "see",
        "linkaddress",
    ]
    assert words("Don’t WAIT!!") == ["don't", "wait", "!!"]
    assert words("شُكراً") == words("شكرا")
    assert words("") == []


def test_grams_are_runs_of_words_and_of_characters_within_a_word() -> None:
    assert word_grams(["my", "bill"], 2) == ["my", "bill", "my bill"]
    assert character_grams(["ok"], 2, 3) == [" o", "ok", "k ", " ok", "ok "]
    assert negated_words(["not", "at", "all", "good", "today"]) == [
        "not_at",
        "not_all",
        "not_good",
    ]


def test_a_taught_intent_is_recognised_and_explained_by_its_words(
    intents: LinearTextModel,
) -> None:
    guess = intents.guess("there is a mistake on my bill")

    assert guess.label == "billing_question"
    assert guess.confidence > 0.7
    assert guess.evidence[0].word == "bill"
    assert [item.weight for item in guess.evidence] == sorted((item.weight for item in guess.evidence), reverse=True)
    assert len(guess.runners_up) == 2


def test_a_text_about_nothing_taught_gets_no_intent(intents: LinearTextModel) -> None:
    assert intents.guess("tell me a joke about penguins").label == ""
    assert intents.guess("xqzv wrrkp").label == ""
    assert intents.guess("").label == ""
    assert intents.guess("").confidence == 0.0


def test_confidences_leave_room_for_none_of_the_labels(intents: LinearTextModel, sentiments: LinearTextModel) -> None:
    known, _ = intents.scores("where is my parcel")
    strange, _ = intents.scores("tell me a joke about penguins")
    mood, _ = sentiments.scores("tell me a joke about penguins")

    assert softmax(known, intents.temperature, intents.nothing).sum() > 0.95
    assert softmax(strange, intents.temperature, intents.nothing).sum() < 0.9
    assert sentiments.nothing is None
    assert softmax(mood, sentiments.temperature).sum() == pytest.approx(1.0)


def test_training_twice_gives_the_same_model(intents: LinearTextModel) -> None:
    again = train_intents(list(reversed(seed.intent_examples())))

    assert again.labels == intents.labels
    assert np.array_equal(again.coefficients, intents.coefficients)
    assert again.temperature == intents.temperature


def test_a_model_read_back_answers_the_same(intents: LinearTextModel) -> None:
    read = from_bytes(intents.to_bytes())

    for row in seed.utterances()[::9]:
        before, after = intents.guess(row.text), read.guess(row.text)
        assert (after.label, after.nearest) == (before.label, before.nearest)
        assert after.confidence == before.confidence
    assert read.figures == intents.figures


def test_damaged_or_foreign_bytes_are_refused_and_never_unpickled(
    intents: LinearTextModel,
) -> None:
    whole = intents.to_bytes()
    pickled = io.BytesIO()
    np.savez(pickled, meta=np.array([{"format": 1}], dtype=object))

    for stored in (
        b"",
        b"\x80\x04K\x01.",
        whole[: len(whole) // 2],
        pickled.getvalue(),
    ):
        with pytest.raises(UnreadableModel):
            from_bytes(stored)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"npy"}


def test_one_label_is_not_enough_to_train() -> None:
    with pytest.raises(TooFewExamples):
        train_intents(
            [
                ("where is my order", "order"),
                ("track my parcel", "order"),
                ("hello", "greeting"),
            ]
        )


def test_sentiment_tells_anger_from_thanks_and_from_a_question(
    sentiments: LinearTextModel,
) -> None:
    assert sentiments.labels == SENTIMENTS
    assert sentiments.guess("this is the worst service ever, I am furious").label == "negative"
    assert sentiments.guess("thank you so much, you were very helpful").label == "positive"
    assert sentiments.guess("which documents do I need").label == "neutral"
    assert sentiments.guess("Der Service ist eine Katastrophe").label == "negative"
    assert sentiments.guess("merci beaucoup, je suis ravi").label == "positive"


def test_sentiment_refuses_a_label_of_its_own_invention() -> None:
    with pytest.raises(ValueError, match="'grumpy' is not a sentiment"):
        train_sentiment([("hm", "grumpy"), ("fine", "positive")])


def test_valence_runs_from_minus_one_to_one() -> None:
    assert valence({"negative": 1.0}) == -1.0
    assert valence({"positive": 0.5, "neutral": 0.5}) == 0.5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I have been waiting for my refund since Monday", "en"),
        ("Ich warte seit Montag auf meine Erstattung", "de"),
        ("J'attends mon remboursement depuis lundi", "fr"),
        ("Llevo esperando el reembolso desde el lunes", "es"),
        ("أنتظر استرداد أموالي منذ يوم الاثنين", "ar"),
        ("hello", "en"),
        ("danke!", "de"),
    ],
)
def test_language_of_a_sentence(text: str, code: str) -> None:
    assert guess_language(text).label == code


@pytest.mark.parametrize("text", ["", "ok", "12345", "👍", "???", "LG-500 X"])
def test_language_of_next_to_nothing_is_unknown(text: str) -> None:
    assert guess_language(text).label == ""


def test_seed_sentences_come_out_in_their_language() -> None:
    told = [(row.language, guess_language(row.text).label) for row in seed.utterances()]

    wrong = [pair for pair in told if pair[1] and pair[0] != pair[1]]
    unknown = [pair for pair in told if not pair[1]]
    assert len(wrong) <= len(told) * 0.02
    assert len(unknown) <= len(told) * 0.10


def test_temperature_makes_over_sure_scores_honest() -> None:
    # given scores that are right three times in four, whatever their size
    truth = np.array([0, 0, 0, 1] * 50)
    scores = np.tile([[4.0, 0.0]], (200, 1))

    temperature = fit_temperature(scores, truth)

    assert temperature == pytest.approx(4.0 / np.log(3.0), rel=1e-4)
    assert softmax(scores, temperature)[0, 0] == pytest.approx(0.75, abs=1e-4)
    assert expected_calibration_error(softmax(scores, temperature)[:, 0], truth == 0) < 0.001


def test_calibration_error_of_a_boaster_is_the_gap() -> None:
    assert expected_calibration_error(np.full(4, 0.95), np.array([True, True, False, False])) == pytest.approx(0.45)


def test_threshold_is_the_lowest_confidence_that_keeps_the_precision() -> None:
    confidences = np.array([0.9, 0.8, 0.7, 0.6])

    assert threshold_for_precision(confidences, np.array([True, True, False, True]), 0.75) == 0.6
    assert threshold_for_precision(confidences, np.array([True, True, False, False]), 0.95) == 0.8
    assert threshold_for_precision(confidences, np.array([False, False, False, False]), 0.5) == 1.0


def test_language_is_unknown_rather_than_late_while_its_statistics_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_loaded", None)

    with language._loading:
        assert guess_language("I have been waiting for my refund since Monday").label == ""
    assert guess_language("I have been waiting for my refund since Monday").label == "en"
