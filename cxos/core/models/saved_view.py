from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cxos.core.models.user import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> SavedViewQuerySet:
        """One's own and what colleagues share."""
        return self.filter(Q(owner=user) | Q(shared=True)) if user.is_active else self.none()


class SavedView(models.Model):
    """A filter somebody gave a name: a tree of conditions (see automation.conditions) and an order, as the screen reads it."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    shared = models.BooleanField(default=False)
    conditions = models.JSONField(default=dict)
    order = models.CharField(max_length=20, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_of_a_name")]
        indexes = [models.Index(fields=["name"], name="view_shared", condition=Q(shared=True))]

    def __str__(self) -> str:
        return self.name
