from __future__ import annotations

from django.db import models
from django.db.models import Q

from automation.models.shared import Shared, SharedQuerySet


class Snippet(Shared):
    """A text that is written often, found by its shortcut."""

    shortcut = models.CharField(max_length=40)
    text = models.TextField()

    objects = SharedQuerySet.as_manager()

    class Meta:
        ordering = ["shortcut", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(owner=None) | Q(team=None), name="snippet_of_one_kind"),
            models.UniqueConstraint(fields=["owner", "shortcut"], name="one_snippet_an_owner"),
            models.UniqueConstraint(fields=["team", "shortcut"], name="one_snippet_a_team"),
            models.UniqueConstraint(
                fields=["shortcut"], condition=Q(owner=None, team=None), name="one_snippet_for_everybody"
            ),
        ]

    def __str__(self) -> str:
        return f"/{self.shortcut}"
