from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.calendar import Calendar


class Metric(models.TextChoices):
    FIRST_RESPONSE = "first_response", _("First response")
    NEXT_RESPONSE = "next_response", _("Next response")
    RESOLUTION = "resolution", _("Resolution")


class Reopening(models.TextChoices):
    """What a resolution clock that was met does when the matter is opened again; the values of clock_math."""

    RESUME = "resume", _("Goes on; the solved time does not count")
    NEW_CYCLE = "new_cycle", _("Starts anew")
    INCLUDE_SOLVED = "include_solved", _("Goes on; the solved time counts")


class SlaPolicy(models.Model):
    """A promise. The first enabled policy by rank whose conditions hold applies; conditions as in automation rules."""

    name = models.CharField(max_length=80, unique=True)
    rank = models.PositiveIntegerField(default=0)
    conditions = models.JSONField(default=dict, blank=True)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    reopening = models.CharField(max_length=16, choices=Reopening, default=Reopening.RESUME)
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["rank", "id"]

    def __str__(self) -> str:
        return self.name


class SlaTarget(models.Model):
    """How long one metric may take at one priority, in seconds of the policy's calendar. Priority null = all others."""

    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="targets")
    metric = models.CharField(max_length=16, choices=Metric)
    priority = models.SmallIntegerField(null=True, blank=True)
    budget_seconds = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "metric", "priority"], nulls_distinct=False, name="one_target_per_metric_and_priority"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.budget_seconds} s"


class Clock(models.Model):
    """One running target on a conversation or a case. `due_at` is derived (see clock_math) and indexed while it runs.

    A clock that ended stays as it is. The next unanswered message begins the next `cycle`; a reopened matter goes on in
    the next `version` of the same cycle.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        MET = "met", _("Met")
        BREACHED = "breached", _("Breached")  # overdue and still unanswered
        MET_LATE = "met_late", _("Met late")
        CANCELED = "canceled", _("Canceled")

    conversation = models.ForeignKey(
        "channels_app.Conversation", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    case = models.ForeignKey("Case", null=True, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    metric = models.CharField(max_length=16, choices=Metric)
    cycle = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    policy = models.ForeignKey(SlaPolicy, null=True, on_delete=models.SET_NULL, related_name="+")
    policy_version = models.PositiveIntegerField(default=1)
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    budget_seconds = models.PositiveIntegerField()
    consumed_seconds = models.PositiveIntegerField(default=0)  # of closed segments, in calendar seconds
    running_since = models.DateTimeField(null=True)
    segments = models.JSONField(default=list)  # [[start, end, seconds, frozen] ISO UTC …], closed ones
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    due_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True, blank=True)  # when its holder was told that it is due soon
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(conversation=None, case__isnull=False) | Q(conversation__isnull=False, case=None),
                name="clock_on_conversation_or_case",
            ),
            models.UniqueConstraint(
                fields=["conversation", "metric", "cycle", "version"],
                condition=~Q(conversation=None),
                name="one_clock_a_version",
            ),
            models.UniqueConstraint(
                fields=["case", "metric", "cycle", "version"], condition=~Q(case=None), name="one_case_clock_a_version"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="clock_due", condition=Q(state="running")),
            models.Index(fields=["due_at", "id"], name="clock_unmet", condition=Q(state__in=["running", "breached"])),
            models.Index(fields=["-breached_at", "-id"], name="clock_breached", condition=~Q(breached_at=None)),
            models.Index(fields=["calendar"], name="clock_by_calendar", condition=Q(state__in=["running", "paused"])),
        ]

    def __str__(self) -> str:
        return f"{self.metric} #{self.cycle}"
