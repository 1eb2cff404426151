from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cxos.core.sealed import SealedField


class Notification(models.Model):
    """Something one person should know. What happens again to the same thing before it was read is counted, not repeated.

    `kind` is one of cxos.core.notices.KINDS; `about` names the thing (`conversation:5`); `details` fills its sentence.
    """

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=24)
    about = models.CharField(max_length=80)
    details = models.JSONField(default=dict)
    times = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "about"], condition=Q(read_at=None), name="one_unread_notice_a_thing"
            )
        ]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notice_of_user"),
            models.Index(fields=["at"], name="notice_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about} for {self.user_id}"


class PushSubscription(models.Model):
    """A browser that wants to be told while no page is open. `keys` are the browser's: {"p256dh": …, "auth": …}."""

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=1000, unique=True)
    keys = SealedField()
    browser = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.browser} of {self.user_id}"


class PushIdentity(models.Model):
    """The key pair by which push services know this installation (VAPID, RFC 8292). There is one, made when first needed."""

    public = models.CharField(max_length=100)  # uncompressed point, base64url
    private = SealedField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_push_identity")]

    def __str__(self) -> str:
        return self.public
