from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from automation.models.shared import Shared, SharedQuerySet


class MacroQuerySet(SharedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Who supervises sees those of all teams as well."""
        if user.is_active and user.supervises:
            return self.filter(Q(owner=user) | Q(owner=None))
        return super().visible_to(user)


class Macro(Shared):
    """A plan an agent asks for: actions in their order."""

    name = models.CharField(max_length=80)
    # [{"kind": …, and the one argument of its kind}, …]: automation.services.macros.ACTIONS
    actions = models.JSONField(default=list)

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
