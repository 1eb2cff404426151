from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class MacroQuerySet(models.QuerySet["Macro"]):
    def visible_to(self, user: Any) -> MacroQuerySet:
        """One's own, those of one's teams, and everybody's; who supervises sees those of all teams."""
        if not user.is_active:
            return self.none()
        if user.supervises:
            return self.filter(Q(owner=user) | Q(owner=None))
        teams = user.teams.through.objects.filter(user_id=user.pk).values("team_id")
        return self.filter(Q(owner=user) | Q(team__in=teams) | Q(owner=None, team=None))


class Macro(models.Model):
    """A plan an agent asks for: actions in their order. It belongs to its owner, to a team, or to everybody."""

    name = models.CharField(max_length=80)
    # [{"kind": …, and the one argument of its kind}, …]: automation.services.macros.ACTIONS
    actions = models.JSONField(default=list)
    owner = models.ForeignKey("core.User", null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("core.Team", null=True, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    objects = MacroQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(owner=None) | Q(team=None), name="macro_of_one_kind"),
            models.UniqueConstraint(fields=["owner", "name"], name="one_macro_an_owner"),
            models.UniqueConstraint(fields=["team", "name"], name="one_macro_a_team"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(owner=None, team=None), name="one_macro_for_everybody"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """own, team or everybody."""
        return "own" if self.owner_id else "team" if self.team_id else "everybody"


class MacroRun(models.Model):
    """A macro carried out in one conversation, with what came of each action: all of them, or there is no row."""

    # The macro may be gone or another by now: what was done stands here.
    macro_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    conversation = models.ForeignKey("channels_app.Conversation", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    # The page's own id of a command it sends, so that a second press of the same button does nothing.
    key = models.CharField(max_length=60, blank=True)
    actions = models.JSONField(default=list)  # [{"kind", its argument, "outcome"}, …]
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "key"], condition=~Q(key=""), name="one_run_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.conversation_id}"
