from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cxos.core.phrases import reworded
from routing.models.queue import NOTHING


class Presence(models.TextChoices):
    OFFLINE = "offline", _("Offline")
    AVAILABLE = "available", _("Available")
    BUSY = "busy", _("Busy")
    BREAK = "break", _("Break")
    MEAL = "meal", _("Meal")
    MEETING = "meeting", _("Meeting")
    TRAINING = "training", _("Training")
    MISSED = "missed", _("Missed an offer")
    UNREACHABLE = "unreachable", _("Connection lost")


class AgentState(models.Model):
    """Whether an agent can take work, and how much. The row every change of the agent's load locks."""

    user = models.OneToOneField("core.User", on_delete=models.CASCADE, primary_key=True, related_name="+")
    presence = models.CharField(max_length=12, choices=Presence, default=Presence.OFFLINE)
    presence_since = models.DateTimeField(default=timezone.now)
    pending_presence = models.CharField(max_length=12, choices=Presence, blank=True)
    reason = models.CharField(max_length=80, blank=True)
    # While unreachable: what they were, and are again when the connection is back.
    lost_from = models.CharField(max_length=12, choices=Presence, blank=True, default="", db_default="")
    # Whoever has a profile has its budget, caps and auto_accept (services.profiles writes them here).
    profile = models.ForeignKey("CapacityProfile", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    budget = models.PositiveSmallIntegerField(default=100)
    caps = models.JSONField(default=dict, blank=True)  # {medium: most items at a time}
    media_off = models.JSONField(default=list, db_default=NOTHING, blank=True)  # switched off by the agent
    # Media whose offer they missed: nothing more of those until they say that they are there.
    media_missed = models.JSONField(default=list, db_default=NOTHING, blank=True)
    auto_accept = models.JSONField(default=list, db_default=NOTHING, blank=True)  # media taken without being asked
    missed_in_row = models.PositiveSmallIntegerField(default=0, db_default=0)
    declined_in_row = models.PositiveSmallIntegerField(default=0, db_default=0)
    idle_since = models.DateTimeField(default=timezone.now)
    handled_today = models.PositiveIntegerField(default=0)
    last_offer_at = models.DateTimeField(null=True, blank=True)
    # The page's lease: refreshed by heartbeats; when it ends the agent is unreachable.
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["lease_until"], name="agent_lease", condition=~Q(presence="offline"))]

    def __str__(self) -> str:
        return f"{self.user_id} {self.presence}"

    @property
    def reason_label(self) -> str:
        """In the language of whoever reads, where it is one of ours."""
        return reworded(self.reason)
