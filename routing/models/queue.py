from __future__ import annotations

from django.db import models
from django.utils import timezone


class Skill(models.Model):
    """Something an agent can do, such as a language or a product."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Disposition(models.Model):
    """How a contact ended, chosen at wrap-up."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """Where work waits, and how it is given out."""

    class Strategy(models.TextChoices):
        LONGEST_IDLE = "longest_idle", "Longest idle"
        LEAST_OCCUPIED = "least_occupied", "Least occupied"
        FEWEST_HANDLED = "fewest_handled", "Fewest handled"
        ROUND_ROBIN = "round_robin", "Round robin"

    class SkillMode(models.TextChoices):
        BEST = "best", "Best skilled first"
        ALL = "all", "All required skills, then strategy"
        NONE = "none", "Ignore skills"

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    team = models.ForeignKey("core.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    calendar = models.ForeignKey("cases.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    strategy = models.CharField(max_length=16, choices=Strategy, default=Strategy.LONGEST_IDLE)
    skill_mode = models.CharField(max_length=8, choices=SkillMode, default=SkillMode.BEST)
    aging = models.FloatField(default=1.0)
    rings = models.JSONField(default=list, blank=True)
    offer_seconds = models.PositiveIntegerField(default=30)
    cooldown_seconds = models.PositiveIntegerField(default=60)
    wrap_up_seconds = models.PositiveIntegerField(default=0)  # 0 = no wrap-up timer: the item completes at once
    service_level_seconds = models.PositiveIntegerField(default=60)
    short_abandon_seconds = models.PositiveIntegerField(default=5)
    max_size = models.PositiveIntegerField(null=True, blank=True)
    max_wait_seconds = models.PositiveIntegerField(null=True, blank=True)
    overflow_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    enabled = models.BooleanField(default=True)
    sticky_seconds = models.PositiveIntegerField(default=0)  # how long a returning customer waits for the same agent
    settings = models.JSONField(default=dict, blank=True)  # the rarer rules of engine.QueueRules, by their names
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class QueueMember(models.Model):
    """An agent who serves a queue; of two who can, the one with the larger level (0–5) is offered the work first."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.queue_id}"


class AgentSkill(models.Model):
    """How well an agent can do something: 1 (a little) to 5 (expert)."""

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField(default=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "skill"], name="one_level_per_skill"),
            models.CheckConstraint(condition=models.Q(level__gte=0, level__lte=5), name="level_0_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.skill_id}:{self.level}"
