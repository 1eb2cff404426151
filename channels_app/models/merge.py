from __future__ import annotations

from django.db import models
from django.db.models import Q

from channels_app.models.conversation import Conversation


class ConversationMerge(models.Model):
    """One conversation became part of another of the same customer. `undo`: what moved and what changed, so that it can
    be taken apart again; the row stays as the history of it."""

    merged = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    survivor = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    by = models.CharField(max_length=60)  # actor_name
    at = models.DateTimeField()
    undo = models.JSONField(default=dict)
    undone_by = models.CharField(max_length=60, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="one_standing_merge"),
            models.CheckConstraint(condition=~Q(merged=models.F("survivor")), name="merge_of_two_conversations"),
        ]
        indexes = [models.Index(fields=["survivor", "-id"], name="merge_into_conversation")]

    def __str__(self) -> str:
        return f"#{self.merged_id} → #{self.survivor_id}"
