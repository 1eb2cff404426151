from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: Any) -> CaseQuerySet:
        if not user.is_active:
            return self.none()
        if user.supervises:
            return self
        teams = user.teams.through.objects.filter(user_id=user.pk).values("team_id")
        return self.filter(Q(assignee=user) | Q(team=None) | Q(team__in=teams))


class Case(models.Model):
    """What we promise to solve. May join several conversations."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Waiting for customer")
        SOLVED = "solved", _("Solved")
        CLOSED = "closed", _("Closed")

    reference = models.CharField(max_length=20, unique=True)
    subject = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    customer = models.ForeignKey("crm.Customer", on_delete=models.PROTECT, related_name="+")
    conversations = models.ManyToManyField("channels_app.Conversation", related_name="+", blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    priority = models.SmallIntegerField(default=1)  # channels_app.Priority
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    assignee = models.ForeignKey("core.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey("core.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=200, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="case_by_opened"),
            models.Index(fields=["assignee", "-opened_at"], name="case_of_agent"),
            models.Index(fields=["customer", "-opened_at"], name="case_of_customer"),
        ]

    def __str__(self) -> str:
        return self.reference
