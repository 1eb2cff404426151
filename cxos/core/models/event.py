from __future__ import annotations

from django.db import models
from django.db.models import BigIntegerField, Func, Q, TextField
from django.db.models.functions import Cast, Now


class Event(models.Model):
    """Something that happened. Kept for ever: the timeline, the source of webhooks and of the warehouse."""

    name = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    payload = models.JSONField()
    actor = models.CharField(max_length=60, blank=True, default="", db_default="")
    cause = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    depth = models.PositiveSmallIntegerField(default=0, db_default=0)
    at = models.DateTimeField(db_default=Now())
    # The writing transaction: readers of the stream stop below the oldest one still open, so none is skipped.
    txid = models.BigIntegerField(
        db_default=Cast(
            Cast(Func(function="pg_current_xact_id", output_field=TextField()), TextField()), BigIntegerField()
        )
    )

    class Meta:
        indexes = [
            models.Index(fields=["key", "id"], name="event_by_key"),
            models.Index(fields=["txid", "id"], name="event_by_commit"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class Delivery(models.Model):
    """An event owed to a handler. The row goes when the handler's work commits; a parked one waits for an admin.

    `attempts`: how often it was claimed, the fencing token, which never shrinks. `failures` and `deaths`: how often its
    handler raised, and how often its process died of it.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        PARKED = "parked"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, db_constraint=False, related_name="+", db_index=False)
    handler = models.CharField(max_length=120)
    lane = models.CharField(max_length=8)
    key = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING, db_default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    deaths = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["lane", "id"], name="delivery_pending", condition=Q(state="pending")),
            models.Index(fields=["handler", "key", "id"], name="delivery_in_order", condition=~Q(state="parked")),
            models.Index(fields=["leased_until"], name="delivery_leased", condition=Q(state="running")),
        ]

    @property
    def tries(self) -> int:
        """Those that went wrong."""
        return self.failures + self.deaths

    def __str__(self) -> str:
        return f"{self.handler} ← {self.event_id}"


class StreamCursor(models.Model):
    """How far one stream reader has come."""

    name = models.CharField(max_length=60, primary_key=True)
    txid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
