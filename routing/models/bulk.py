from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BulkChange(models.Model):
    """One change asked for many conversations at once, done a few at a time, so that it can be watched, stopped and undone."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        UNDONE = "undone", _("Undone")

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    action = models.CharField(max_length=12)
    arguments = models.JSONField(default=dict)
    ids = ArrayField(models.BigIntegerField())  # the conversations, as they were found when it was asked
    position = models.PositiveIntegerField(default=0)  # how many of them have been looked at
    changed = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=dict)  # {sentence: how often}
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="bulk_of_user"),
            models.Index(fields=["id"], name="bulk_running", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {len(self.ids)}"

    @property
    def failed(self) -> int:
        return sum(self.problems.values())


class BulkStep(models.Model):
    """One conversation that a bulk change has changed, with what taking it back needs."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="steps", db_index=False)
    conversation = models.ForeignKey("channels_app.Conversation", on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "conversation"], name="one_step_a_conversation")]

    def __str__(self) -> str:
        return f"{self.change_id}: {self.conversation_id}"
