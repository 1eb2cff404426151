from __future__ import annotations

from django.db import models
from django.utils import timezone


class Rule(models.Model):
    """Event → conditions → actions. Rules of an event run in order of `position`; `stops` ends the list."""

    name = models.CharField(max_length=120)
    event = models.CharField(max_length=60)
    conditions = models.JSONField(default=dict, blank=True)
    actions = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)
    stops = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["event", "position"], name="rule_by_event")]

    def __str__(self) -> str:
        return self.name
