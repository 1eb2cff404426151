from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

LONGEST_SHIFT = timedelta(hours=24)


class Activity(models.Model):
    """Something people are planned for: work on the queue, a break, a training."""

    class Kind(models.TextChoices):
        """Its class: what a plan and a presence are compared by."""

        ON_QUEUE = "on_queue", _("On the queue")
        OFF_QUEUE = "off_queue", _("Other work")
        BREAK = "break", _("Break")
        MEAL = "meal", _("Meal")
        MEETING = "meeting", _("Meeting")
        TRAINING = "training", _("Training")

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind)
    # Doing something else for up to so long is no exception.
    grace_seconds = models.PositiveIntegerField(default=300)
    # Kept only by a presence that means this very activity, not any of its class.
    strict = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class PresenceMeaning(models.Model):
    """Which activity a presence is; with a `reason` only that reason of it. Presences without one mean nobody is there."""

    presence = models.CharField(max_length=12)
    reason = models.CharField(max_length=80, blank=True)
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="meanings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["presence", "reason"], name="one_meaning_a_presence")]

    def __str__(self) -> str:
        return f"{self.presence} {self.reason}".strip()


class Shift(models.Model):
    """An agent is planned for an activity. Those of one agent never overlap (services.schedules)."""

    agent = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")) & Q(ends_at__lte=F("starts_at") + LONGEST_SHIFT),
                name="a_shift_ends_within_a_day",
            )
        ]
        indexes = [
            models.Index(fields=["agent", "starts_at"], name="shift_of_agent"),
            models.Index(fields=["starts_at"], name="shift_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.starts_at:%Y-%m-%d %H:%M}"


class ScheduleException(models.Model):
    """A reason why the plan did not hold for a while; approved, that time is taken out of it."""

    agent = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cause = models.CharField(max_length=120)
    approved = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_schedule_exception_has_length")
        ]
        indexes = [models.Index(fields=["agent", "starts_at"], name="schedule_exception_of_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.cause}"
