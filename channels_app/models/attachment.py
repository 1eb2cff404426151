from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from channels_app.models.conversation import Conversation, Message
from channels_app.models.draft import Draft


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: Any) -> AttachmentQuerySet:
        """What belongs to a conversation the user may see, and what they uploaded themselves."""
        if not user.is_active:
            return self.none()
        taken = Q(message__isnull=False) | Q(held__isnull=False)
        said = taken & Q(conversation__in=Conversation.objects.visible_to(user))
        return self.filter(said | Q(uploader=user))

    def unused(self) -> AttachmentQuerySet:
        """Uploaded, and part of nothing that was said yet."""
        return self.filter(message=None, held=None)


class Attachment(models.Model):
    """A file somebody uploaded. Its bytes lie under their own digest, once however often they come; `key` names it
    outside. It belongs to its uploader until a message takes it."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    mime = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    # Who uploaded it: a member of staff, or the visitor `<channel id>:<visitor id>`.
    uploader = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    visitor = models.CharField(max_length=80, blank=True)
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # Of which of the uploader's drafts there it is a part: a note's file goes to no customer.
    mode = models.CharField(max_length=5, choices=Draft.Mode, default=Draft.Mode.REPLY, db_default=Draft.Mode.REPLY)
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    # A reply that waits to be sent has taken it.
    held = models.ForeignKey("HeldReply", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["digest"], name="attachment_by_digest"),
            models.Index(fields=["conversation", "uploader"], name="attachment_unsent", condition=Q(message=None)),
            models.Index(fields=["created_at"], name="attachment_orphaned", condition=Q(message=None)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where its bytes lie in the storage."""
        return f"files/{self.digest[:2]}/{self.digest[2:4]}/{self.digest}"

    @property
    def descriptor(self) -> dict[str, Any]:
        """What a message keeps of it."""
        kept = {"id": str(self.key), "name": self.name, "mime": self.mime, "size": self.size}
        return kept | ({"width": self.width, "height": self.height} if self.width else {})
