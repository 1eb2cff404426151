from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Word(models.Model):
    """A word somebody has used: what a search completes and corrects with."""

    text = models.CharField(max_length=32, primary_key=True)
    folded = models.CharField(max_length=64)  # without accents; ß is two letters
    near = ArrayField(models.IntegerField())  # see search.words.near_keys
    uses = models.BigIntegerField(default=0)  # never indexed, so that counting stays cheap

    class Meta:
        indexes = [
            models.Index(fields=["folded"], opclasses=["text_pattern_ops"], name="word_by_beginning"),
            GinIndex(fields=["near"], name="word_near"),
        ]

    def __str__(self) -> str:
        return self.text
