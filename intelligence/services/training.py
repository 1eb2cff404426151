"""Examples in, model versions out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.services import audit
from intelligence import seed
from intelligence.models import Example, TextModel
from intelligence.services.text_models import INTENT, SENTIMENT, TASKS, forget_models
from intelligence.text.fitting import TooFewExamples
from intelligence.text.intents import OUT_OF_SCOPE, train_intents
from intelligence.text.linear import LinearTextModel
from intelligence.text.sentiment import SENTIMENTS, train_sentiment

TRAINING_LOCK = 0x0C11  # advisory: one training at a time numbers the versions
LONGEST_EXAMPLE = 2_000


def add_example(
    text: str,
    *,
    actor: Any,
    now: datetime,
    intent: str = "",
    sentiment: str = "",
    language: str = "",
    source: str = "agent",
) -> Example:
    """Keep a text whose intent or sentiment is known, for the next training. Intent `out_of_scope`: it has none."""
    text = text.replace("\x00", "").strip()
    if not text or len(text) > LONGEST_EXAMPLE:
        raise Invalid(
            "bad_example",
            _("An example needs 1 to %(most)s characters of text.") % {"most": LONGEST_EXAMPLE},
            field="text",
        )
    if not intent and not sentiment:
        raise Invalid("bad_example", _("Say what the example shows: an intent, a sentiment, or both."), field="intent")
    if sentiment and sentiment not in SENTIMENTS:
        raise Invalid(
            "bad_example",
            _("A sentiment is one of %(choices)s.") % {"choices": ", ".join(SENTIMENTS)},
            field="sentiment",
        )
    with transaction.atomic():
        example = Example.objects.create(
            text=text, intent=intent, sentiment=sentiment, language=language, source=source, created_at=now
        )
        audit.record(actor, "added an example", example, after={"intent": intent, "sentiment": sentiment})
    return example


def load_seed_examples(*, now: datetime) -> int:
    """Put our own sentences among the examples, once; returns how many were new."""
    known = set(Example.objects.filter(source="seed").values_list("text", flat=True))
    rows = [
        Example(
            text=row.text,
            intent=row.intent,
            sentiment=row.sentiment,
            language=row.language,
            source="seed",
            created_at=now,
        )
        for row in seed.utterances()
        if row.text not in known
    ]
    known.update(row.text for row in rows)
    for phrase, sentiment in seed.tones():
        if phrase not in known:
            known.add(phrase)
            rows.append(Example(text=phrase, sentiment=sentiment, source="seed", created_at=now))
    Example.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def train(task: str, *, actor: Any, now: datetime, activate: bool = True) -> TextModel:
    """A new version of the model of this task (`intent` or `sentiment`) from all examples that are labelled for it.

    Takes seconds to a minute; the fitting itself holds no transaction. Its figures come from cross-validation.
    """
    if task not in TASKS:
        raise Invalid(
            "unknown_task",
            _("There is no text model for %(task)s; train one of %(choices)s.")
            % {"task": f"{task!r}", "choices": ", ".join(TASKS)},
            field="task",
        )
    labelled = Example.objects.exclude(Q(**{task: ""})).order_by("id").values_list("text", task)
    try:
        fitted = (train_intents if task == INTENT else train_sentiment)(list(labelled))
    except TooFewExamples as problem:
        raise Conflict("too_few_examples", str(problem)) from problem
    with transaction.atomic():
        _lock_versions()
        made = _store(task, fitted, now=now)
        audit.record(actor, "trained a text model", made, after=fitted.figures)
        if activate:
            _activate(made)
    forget_models()
    return made


def activate_version(task: str, version: int, *, actor: Any) -> TextModel:
    """Answer with this version from now on: a newer one, or an older one that was better."""
    with transaction.atomic():
        _lock_versions()
        model = TextModel.objects.filter(task=task, version=version).first()
        if model is None:
            raise NotFound(
                "no_such_version",
                _("The %(task)s model has no version %(version)s.") % {"task": task, "version": version},
            )
        before = TextModel.objects.filter(task=task, active=True).values_list("version", flat=True).first()
        _activate(model)
        audit.record(actor, "activated a text model", model, before={"version": before}, after={"version": version})
    forget_models()
    return model


def train_seed_models(*, now: datetime, actor: Any = None) -> list[TextModel]:
    """On a new installation: the seed examples and a first model of each task. Does nothing where one is active."""
    load_seed_examples(now=now)
    active = set(TextModel.objects.filter(active=True).values_list("task", flat=True))
    return [train(task, actor=actor, now=now) for task in (INTENT, SENTIMENT) if task not in active]


def intent_names() -> list[str]:
    """The intents that examples exist for, in order of the alphabet. One query."""
    return list(
        Example.objects.exclude(intent__in=["", OUT_OF_SCOPE])
        .order_by("intent")
        .values_list("intent", flat=True)
        .distinct()
    )


def _lock_versions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TRAINING_LOCK])


def _store(task: str, fitted: LinearTextModel, *, now: datetime) -> TextModel:
    newest = TextModel.objects.filter(task=task).aggregate(newest=Max("version"))["newest"] or 0
    return TextModel.objects.create(
        task=task,
        version=newest + 1,
        body=fitted.to_bytes(),
        labels=list(fitted.labels),
        figures=fitted.figures,
        trained_at=now,
    )


def _activate(model: TextModel) -> None:
    TextModel.objects.filter(task=model.task, active=True).exclude(id=model.pk).update(active=False)
    model.active = True
    model.save(update_fields=["active"])
