from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SharedQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """One's own, those of one's teams, and everybody's."""
        if not user.is_active:
            return self.none()
        teams = user.teams.through.objects.filter(user_id=user.pk).values("team_id")
        return self.filter(Q(owner=user) | Q(team__in=teams) | Q(owner=None, team=None))


class Shared(models.Model):
    """What belongs to its owner, to a team, or to everybody."""

    owner = models.ForeignKey("core.User", null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("core.Team", null=True, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    @property
    def scope(self) -> str:
        """own, team or everybody."""
        return "own" if self.owner_id else "team" if self.team_id else "everybody"
