from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from routing.models.queue import Queue


class Threshold(models.Model):
    """What must not be the case for longer than so many minutes, in one queue or (without one) on the whole floor."""

    class Measure(models.TextChoices):
        WAITING = "waiting", _("Customers waiting, more than")
        LONGEST_WAIT = "longest_wait", _("Longest wait in seconds, more than")
        SERVICE_LEVEL = "service_level", _("Service level of the last half hour in %, less than")
        ABANDON_RATE = "abandon_rate", _("Abandoned in the last half hour in %, more than")
        AVAILABLE = "available", _("Agents available, fewer than")

    BELOW = (Measure.SERVICE_LEVEL, Measure.AVAILABLE)

    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    measure = models.CharField(max_length=16, choices=Measure)
    limit = models.FloatField()
    minutes = models.PositiveSmallIntegerField(default=0)
    sound = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    # The clock of the hysteresis (see routing.steadying).
    since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(limit__gte=0), name="threshold_limit_is_positive"),
            models.CheckConstraint(condition=Q(minutes__lte=240), name="threshold_within_four_hours"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.limit:g}"

    @property
    def is_above(self) -> bool:
        return self.measure not in self.BELOW


class Alert(models.Model):
    """A threshold that was crossed, from when to when. `value` as it was raised, `worst` so far."""

    threshold = models.ForeignKey(Threshold, on_delete=models.CASCADE, related_name="alerts")
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
    value = models.FloatField()
    worst = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["threshold"], condition=Q(cleared_at=None), name="one_open_alert_per_threshold"
            )
        ]
        indexes = [models.Index(fields=["-raised_at", "-id"], name="alert_newest")]

    def __str__(self) -> str:
        return f"{self.threshold_id} {self.raised_at:%Y-%m-%d %H:%M}"
