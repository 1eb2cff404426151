from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SnippetQuerySet(models.QuerySet["Snippet"]):
    def visible_to(self, user: Any) -> SnippetQuerySet:
        """One's own, those of one's teams, and everybody's."""
        if not user.is_active:
            return self.none()
        teams = user.teams.through.objects.filter(user_id=user.pk).values("team_id")
        return self.filter(Q(owner=user) | Q(team__in=teams) | Q(owner=None, team=None))


class Snippet(models.Model):
    """A text that is written often, found by its shortcut. It belongs to its owner, to a team, or to everybody."""

    shortcut = models.CharField(max_length=40)
    text = models.TextField()
    owner = models.ForeignKey("core.User", null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("core.Team", null=True, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    objects = SnippetQuerySet.as_manager()

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

    @property
    def scope(self) -> str:
        """own, team or everybody."""
        return "own" if self.owner_id else "team" if self.team_id else "everybody"
