from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Trial(models.Model):
    """A configuration tried out by the simulator beside the present one. A row first, so that no worker can lose it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    class Source(models.TextChoices):
        FORECAST = "forecast", _("Forecast")
        RECORDED = "recorded", _("Recorded day")

    OPEN = (State.WAITING, State.RUNNING)

    author = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(max_length=8, choices=Source, default=Source.FORECAST, db_default=Source.FORECAST)
    # Only this one is played, by those who serve it.
    queue = models.ForeignKey("Queue", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()  # the day whose forecast, or what came in on it, is played
    days = models.PositiveSmallIntegerField()  # how often it is played, each time with other chance
    changes = models.JSONField(default=dict)  # see routing.simulation.setting
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    progress = models.FloatField(default=0)
    beat_at = models.DateTimeField(null=True, blank=True)  # of the worker that runs it
    result = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="trial_open", condition=Q(state__in=["waiting", "running"])),
            models.Index(fields=["author", "-id"], name="trial_of_author"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.state}"
