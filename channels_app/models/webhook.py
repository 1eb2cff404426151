from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cxos.core.sealed import SealedField


class WebhookSubscription(models.Model):
    """An external system that hears of events. `events` empty = all."""

    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    events = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    secrets = SealedField()  # newest first; both sign during a rotation
    enabled = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class WebhookAttempt(models.Model):
    """One event owed to one subscription, with what happened so far."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        DELIVERED = "delivered", _("Delivered")
        DEAD = "dead", _("Given up")

    subscription = models.ForeignKey(WebhookSubscription, on_delete=models.CASCADE, related_name="attempts")
    event_id = models.BigIntegerField()
    event_name = models.CharField(max_length=60)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscription", "event_id"], name="one_attempt_per_event")]
        indexes = [models.Index(fields=["subscription", "due_at"], name="webhook_due", condition=Q(state="pending"))]

    def __str__(self) -> str:
        return f"{self.event_name} → {self.subscription_id}"
