from __future__ import annotations

from django.db import models


class Fact(models.Model):
    """An event's analytic shadow: the few columns reports filter by, written once per event."""

    event_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=60)
    at = models.DateTimeField()
    queue_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField(null=True)
    channel_id = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)
    work_item_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)
    milliseconds = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="fact_by_time"),
            models.Index(fields=["name", "at"], name="fact_by_name"),
            models.Index(fields=["work_item_id", "event_id"], name="fact_of_work_item"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class Interval(models.Model):
    """Quarter-hour sums for one queue or agent: integers and sketches only, so that any order of arrival adds up alike."""

    start = models.DateTimeField()
    subject = models.CharField(max_length=8)  # queue, agent, all
    subject_id = models.BigIntegerField()
    sums = models.JSONField(default=dict)
    sketches = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "subject_id", "start"], name="one_interval")]
        indexes = [models.Index(fields=["start"], name="interval_by_start")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id} {self.start:%Y-%m-%d %H:%M}"
