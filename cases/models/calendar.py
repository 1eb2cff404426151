from __future__ import annotations

from django.db import models
from django.utils import timezone


class Calendar(models.Model):
    """Business hours. `weekly` = {"0": [[540, 1020]], …}: weekday (0 = Monday) → [start, end) in minutes of the day.

    End may be 1440 (midnight) or up to 1800 (06:00 of the next day). An empty `weekly` is always closed.
    """

    name = models.CharField(max_length=80, unique=True)
    zone = models.CharField(max_length=60, default="UTC")  # IANA
    weekly = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CalendarDay(models.Model):
    """A dated exception: a holiday (no intervals) or special hours."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()
    name = models.CharField(max_length=80, blank=True)
    intervals = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="one_exception_a_day")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
