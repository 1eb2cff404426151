"""What an admin sets up for agents' desks: reasons to be away, and how much work at a time."""

from __future__ import annotations

from django.db import models

from routing.models.agent import Presence


class PresenceReason(models.Model):
    """A state an agent can choose, such as "Coaching": one of the presences under a name of its own.

    Who is in it gets work only when its presence is `available`.
    """

    PRESENCES = (Presence.AVAILABLE, Presence.BUSY, Presence.BREAK, Presence.MEAL, Presence.MEETING, Presence.TRAINING)

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    presence = models.CharField(max_length=12, choices=[(one.value, one.label) for one in PRESENCES])
    productive = models.BooleanField(default=False)  # counts as work in occupancy and adherence
    paid = models.BooleanField(default=True)
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def routable(self) -> bool:
        """Whether work is offered in it."""
        return self.presence == Presence.AVAILABLE


class CapacityProfile(models.Model):
    """How much an agent takes at a time. Its values are written into each of its agents' state."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    budget = models.PositiveSmallIntegerField(default=100)
    caps = models.JSONField(default=dict, blank=True)  # {medium: most items at a time}; 0 = none of it
    auto_accept = models.JSONField(default=list, blank=True)  # media taken without being asked

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
