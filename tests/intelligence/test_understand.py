"""Understanding a message: stored once, never raising, within its time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.models import AuditEntry, User
from intelligence import seed
from intelligence.models import Example, Insight, TextModel
from intelligence.services import text_models, training, understand as understanding
from intelligence.services.understand import read_text, understand
from intelligence.text.intents import train_intents
from intelligence.text.linear import Guess, LinearTextModel
from intelligence.text.sentiment import train_sentiment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_models() -> Iterator[None]:
    text_models.forget_models()
    yield
    text_models.forget_models()


@cache
def seed_bodies() -> dict[str, LinearTextModel]:
    """Trained once for all tests here: it is the slow part."""
    return {"intent": train_intents(seed.intent_examples()), "sentiment": train_sentiment(seed.sentiment_examples())}


@pytest.fixture
def models(now: datetime) -> list[TextModel]:
    training.load_seed_examples(now=now)
    return [
        TextModel.objects.create(
            task=task, version=1, body=model.to_bytes(), labels=list(model.labels), active=True, trained_at=now
        )
        for task, model in seed_bodies().items()
    ]


@pytest.fixture
def conversation(kim: Customer, webchat: Channel) -> Conversation:
    return Conversation.objects.create(customer=kim, channel=webchat, thread_key="t1")


def said(conversation: Conversation, text: str) -> Message:
    return Message.objects.create(
        conversation=conversation, author_kind=Message.Author.CUSTOMER, text=text, state=Message.State.RECEIVED
    )


def test_a_message_gets_its_insight_with_evidence(
    models: list[TextModel], conversation: Conversation, now: datetime
) -> None:
    message = said(conversation, "I was billed twice on my invoice, this is terrible")

    insight = understand(message, now=now, deadline_ms=30_000)

    assert (insight.language, insight.sentiment, insight.intent) == ("en", "negative", "billing_question")
    assert 0.4 <= insight.intent_confidence <= 1
    assert "invoice" in [word for word, _ in insight.evidence["intent"]["words"]]
    assert insight.evidence["versions"] == {"intent": 1, "sentiment": 1}
    assert insight.created_at == now
    assert Insight.objects.get(message=message).intent == "billing_question"


def test_understanding_twice_gives_the_first_insight(
    models: list[TextModel], conversation: Conversation, now: datetime
) -> None:
    message = said(conversation, "where is my parcel")
    first = understand(message, now=now, deadline_ms=30_000)
    Message.objects.filter(pk=message.pk).update(text="something else")

    again = understand(message, now=now)

    assert again.pk == first.pk
    assert Insight.objects.count() == 1


def test_without_models_the_language_is_still_told(conversation: Conversation, now: datetime) -> None:
    message = said(conversation, "Ich warte seit drei Wochen auf mein Paket")

    insight = understand(message, now=now, deadline_ms=30_000)

    assert (insight.language, insight.intent, insight.sentiment) == ("de", "", "")


def test_a_failure_gives_an_empty_insight_and_stores_nothing(
    models: list[TextModel], conversation: Conversation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = said(conversation, "where is my parcel")

    def broken() -> Any:
        raise RuntimeError("no models today")

    monkeypatch.setattr(understanding, "active_models", broken)

    insight = understand(message, now=now)

    assert (insight.intent, insight.language, insight.sentiment) == ("", "", "")
    assert Insight.objects.count() == 0


def test_an_empty_message_means_nothing(models: list[TextModel], conversation: Conversation, now: datetime) -> None:
    insight = understand(said(conversation, ""), now=now, deadline_ms=30_000)

    assert (insight.intent, insight.language, insight.sentiment) == ("", "", "")
    assert insight.intent_confidence == 0


def test_a_parallel_understanding_of_the_same_message_is_no_failure(
    models: list[TextModel], conversation: Conversation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given another process that stores its insight while we read the text
    message = said(conversation, "where is my parcel")
    ours = understanding.read_text

    def overtaken(text: str, *, deadline_ms: int) -> understanding.Reading:
        Insight.objects.create(message=message, intent="order_status")
        return ours(text, deadline_ms=deadline_ms)

    monkeypatch.setattr(understanding, "read_text", overtaken)

    insight = understand(message, now=now, deadline_ms=30_000)

    assert insight.intent == "order_status"
    assert Insight.objects.count() == 1


def test_understanding_costs_a_look_and_an_insert(
    models: list[TextModel], conversation: Conversation, now: datetime, django_assert_num_queries: Any
) -> None:
    read_text("warm up", deadline_ms=30_000)
    message = said(conversation, "where is my parcel")

    with django_assert_num_queries(4):  # with the savepoint's two, which outside of a test are none
        understand(message, now=now, deadline_ms=30_000)


class ImpatientReader:
    """Lets the work begin in another thread, and calls time as soon as the work is stuck."""

    def __init__(self, stuck: threading.Event) -> None:
        self.stuck = stuck

    def submit(self, work: Callable[..., None], *args: Any) -> ImpatientReader:
        threading.Thread(target=work, args=args, daemon=True).start()
        return self

    def result(self, timeout: float) -> None:
        assert timeout > 0
        self.stuck.wait(30)
        raise TimeoutError


def test_running_out_of_time_keeps_what_was_found(models: list[TextModel], monkeypatch: pytest.MonkeyPatch) -> None:
    # given language statistics that never come back
    stuck, over = threading.Event(), threading.Event()

    def never(text: str) -> Guess:
        stuck.set()
        over.wait(30)
        return Guess("fr", 1.0)

    monkeypatch.setattr(understanding, "guess_language", never)
    monkeypatch.setattr(understanding, "_reader", lambda process_id: ImpatientReader(stuck))

    reading = read_text("where is my parcel", deadline_ms=30_000)

    # then the intent is there and the language is not, also when it comes after all
    over.set()
    assert reading.intent.label == "order_status"
    assert reading.sentiment.label == "neutral"
    assert reading.language.label == ""


def test_an_unreadable_model_answers_nothing(models: list[TextModel]) -> None:
    TextModel.objects.filter(task="intent").update(body=b"\x80\x04K\x01.")

    reading = read_text("where is my parcel", deadline_ms=30_000)

    assert reading.intent.label == ""
    assert reading.sentiment.label == "neutral"


def test_models_are_looked_up_once_not_for_each_text(models: list[TextModel], django_assert_num_queries: Any) -> None:
    read_text("hello", deadline_ms=30_000)

    with django_assert_num_queries(0):
        read_text("hello again", deadline_ms=30_000)


def test_seed_models_are_made_once(now: datetime) -> None:
    models = training.train_seed_models(now=now)
    assert [(model.task, model.version, model.active) for model in models] == [
        ("intent", 1, True),
        ("sentiment", 1, True),
    ]
    held = Example.objects.count()

    assert training.train_seed_models(now=now) == []
    assert Example.objects.count() == held


def test_a_taught_intent_is_known_after_training(models: list[TextModel], adi: User, now: datetime) -> None:
    for text in (
        "my piano is out of tune",
        "please tune the piano",
        "the piano tuner did not come",
        "piano tuning price",
    ):
        training.add_example(text, intent="piano_tuning", actor=adi, now=now)

    made = training.train("intent", actor=adi, now=now)

    assert (made.version, made.active) == (2, True)
    assert TextModel.objects.filter(task="intent", active=True).count() == 1
    assert "piano_tuning" in made.labels
    assert "piano_tuning" in training.intent_names()
    assert read_text("who can tune my piano", deadline_ms=30_000).intent.label == "piano_tuning"
    assert AuditEntry.objects.filter(verb="trained a text model", actor=f"user:{adi.pk}").count() == 1


def test_an_older_version_can_be_taken_back_into_use(models: list[TextModel], adi: User, now: datetime) -> None:
    training.train("intent", actor=adi, now=now)

    training.activate_version("intent", 1, actor=adi)

    assert list(TextModel.objects.filter(task="intent", active=True).values_list("version", flat=True)) == [1]
    assert read_text("where is my parcel", deadline_ms=30_000).versions["intent"] == 1
    with pytest.raises(NotFound, match="no version 9"):
        training.activate_version("intent", 9, actor=adi)


def test_out_of_scope_examples_are_never_an_answer(models: list[TextModel], adi: User, now: datetime) -> None:
    for text in ("will it rain tomorrow", "what is the capital of Peru", "sing a song for me"):
        training.add_example(text, intent="out_of_scope", actor=adi, now=now)

    made = training.train("intent", actor=adi, now=now)

    assert "out_of_scope" not in made.labels
    assert read_text("what is the capital of Peru", deadline_ms=30_000).intent.label == ""


@pytest.mark.parametrize(
    ("text", "labels", "field"),
    [
        ("  ", {"intent": "refund"}, "text"),
        ("x" * 2_001, {"intent": "refund"}, "text"),
        ("money back", {}, "intent"),
        ("money back", {"sentiment": "grumpy"}, "sentiment"),
    ],
)
def test_a_bad_example_is_refused(adi: User, now: datetime, text: str, labels: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        training.add_example(text, actor=adi, now=now, **labels)  # type: ignore[arg-type]

    assert refusal.value.field == field
    assert Example.objects.count() == 0


def test_training_without_enough_examples_is_refused_and_keeps_the_old_model(
    models: list[TextModel], adi: User, now: datetime
) -> None:
    Example.objects.all().delete()

    with pytest.raises(Conflict, match="at least two labels"):
        training.train("intent", actor=adi, now=now)

    assert TextModel.objects.get(task="intent", active=True).version == 1
    with pytest.raises(Invalid, match="no text model for 'mood'"):
        training.train("mood", actor=adi, now=now)
