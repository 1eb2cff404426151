from __future__ import annotations

from django.db import models


class Retention(models.Model):
    """How many days rows of one kind are kept that only explain or record; 0 = for good. Without a row: as deployed."""

    kind = models.SlugField(max_length=40, unique=True)
    days = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.kind.replace("_", " ")
