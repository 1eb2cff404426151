from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models.conversation import Conversation, Message


class Draft(models.Model):
    """What a member of staff is writing in a conversation, one for replies and one for notes. `seen_id`: the newest
    line that was there when they began, so that an answer of somebody else's since then can be told."""

    class Mode(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=5, choices=Mode)
    text = models.TextField(blank=True)
    seen_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation", "mode"], name="one_draft_a_mode")]

    def __str__(self) -> str:
        return f"{self.mode} of {self.user_id} in {self.conversation_id}"


class HeldReply(models.Model):
    """A reply that is written and not yet said: for the seconds in which it can be taken back, or until its time."""

    class Kind(models.TextChoices):
        UNDO = "undo", _("Can be taken back")
        LATER = "later", _("Sent later")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        CANCELED = "canceled", _("Canceled")
        FAILED = "failed", _("Could not be sent")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    kind = models.CharField(max_length=5, choices=Kind)
    text = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True)
    # What was filled in when it is an approved text (services.templates.Filled); free text has none.
    template = models.JSONField(null=True)
    send_at = models.DateTimeField()
    then_resolve = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    # The newest customer message when it was written: a newer one cancels what was to be sent later.
    heard_id = models.BigIntegerField(default=0)
    client_id = models.CharField(max_length=80, blank=True)
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "client_id"], condition=~Q(client_id=""), name="one_held_reply_per_client_id"
            )
        ]
        indexes = [
            models.Index(fields=["send_at"], name="held_reply_due", condition=Q(state="waiting")),
            models.Index(
                fields=["conversation", "id"], name="held_reply_open", condition=Q(state__in=["waiting", "failed"])
            ),
        ]

    def __str__(self) -> str:
        return f"held {self.pk}"
