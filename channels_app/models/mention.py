from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from channels_app.models.conversation import Conversation, Message


class MentionQuerySet(models.QuerySet["Mention"]):
    def visible_to(self, user: Any) -> MentionQuerySet:
        """One's own, as long as one may see the conversation."""
        return self.filter(user=user, conversation__in=Conversation.objects.visible_to(user))


class Mention(models.Model):
    """A member of staff was called in a note, by name or with their team. NoteAdded.mentioned_ids tells of it."""

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    # The team by which they were called; null = by name.
    team = models.ForeignKey("core.Team", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="one_mention_a_note")]
        indexes = [models.Index(fields=["user", "-id"], name="mention_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.message_id}"
