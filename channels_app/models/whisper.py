from __future__ import annotations

from django.db import models
from django.db.models import Q

from channels_app.models.conversation import Conversation


class Whisper(models.Model):
    """A note for one colleague in the middle of a conversation: nobody else reads it, and it is no part of the thread.

    It has a table of its own, so that no list, search, export or channel that knows messages can ever show one.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    recipient = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    text = models.TextField()
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "-id"], name="whisper_of_conversation"),
            models.Index(fields=["recipient", "-id"], name="whisper_unseen", condition=Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.author_id} to {self.recipient_id}"
