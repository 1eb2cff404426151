from __future__ import annotations

from django.db import models


class AuditEntry(models.Model):
    """Who changed what, from what to what. Append-only by trigger; each row carries the hash of the one before."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    object_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    undoes = models.BigIntegerField(null=True, blank=True)  # id of the entry this one takes back
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["undoes"], condition=models.Q(undoes__isnull=False), name="taken_back_once")
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_by_object"),
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.object_label or self.object_id}"
