from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Example(models.Model):
    """A text whose intent or sentiment is known: what the text models are trained from."""

    text = models.TextField()
    intent = models.CharField(max_length=60, blank=True)
    sentiment = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=12, blank=True)
    source = models.CharField(max_length=60, default="seed")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.text[:60]


class TextModel(models.Model):
    """A trained model, as arrays and JSON, with the figures it reached when it was trained."""

    task = models.CharField(max_length=20)  # intent, sentiment
    version = models.PositiveIntegerField()
    body = models.BinaryField()
    labels = models.JSONField(default=list)
    figures = models.JSONField(default=dict)
    active = models.BooleanField(default=False)
    trained_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "version"], name="one_text_model_version"),
            models.UniqueConstraint(fields=["task"], condition=Q(active=True), name="one_active_text_model"),
        ]

    def __str__(self) -> str:
        return f"{self.task} v{self.version}"


class Insight(models.Model):
    """What one message seems to mean; each guess with its confidence 0–1 and its evidence. Blank = no answer."""

    message = models.OneToOneField("channels_app.Message", on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=12, blank=True)
    language_confidence = models.FloatField(default=0)
    sentiment = models.CharField(max_length=10, blank=True)
    sentiment_confidence = models.FloatField(default=0)
    intent = models.CharField(max_length=60, blank=True)
    intent_confidence = models.FloatField(default=0)
    evidence = models.JSONField(default=dict)
    took_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.intent or 'no intent'} ({self.message_id})"
