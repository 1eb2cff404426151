from __future__ import annotations

from django.db import models
from django.db.models import Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel

NOTHING = Value([], output_field=models.JSONField())
NO_PAIRS = Value({}, output_field=models.JSONField())


class Skill(models.Model):
    """Something an agent can do, such as a language or a product."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Disposition(models.Model):
    """How a contact ended, chosen at wrap-up. One that has others below it is a heading: those are chosen."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    queues: models.ManyToManyField[Queue, models.Model] = models.ManyToManyField(
        "Queue", blank=True, related_name="+"
    )  # of a first level: where; none = everywhere
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def queue_ids(self) -> list[int]:
        """Where it is offered; none = everywhere. One query, unless `queues` was prefetched."""
        return [queue.pk for queue in self.queues.all()]


class Queue(models.Model):
    """Where work waits, and how it is given out."""

    class Strategy(models.TextChoices):
        LONGEST_IDLE = "longest_idle", _("Longest idle")
        LEAST_OCCUPIED = "least_occupied", _("Least occupied")
        FEWEST_HANDLED = "fewest_handled", _("Fewest handled")
        ROUND_ROBIN = "round_robin", _("Round robin")
        SCORE = "score", _("Predicted score")

    class Treatment(models.TextChoices):
        """What becomes of work while the queue is closed."""

        WAIT = "wait", _("Waits for the opening")
        OVERFLOW = "overflow", _("Goes to the next open queue")
        CALLBACK = "callback", _("Is called back at the opening")

    class WrapUp(models.TextChoices):
        """What follows a contact. `wrap_up_seconds` is the time of the last two; 0 there means none."""

        NONE = "none", _("None")
        OPTIONAL = "optional", _("Only when the agent asks for it")
        MANDATORY = "mandatory", _("Until the agent ends it")
        TIMED = "timed", _("Until the agent ends it, at most the time given")
        FORCED = "forced", _("Exactly the time given")

    class Missed(models.TextChoices):
        """What an offer that nobody answered does to its agent (RONA)."""

        FAMILY = "family", _("Gets nothing more of this medium")
        ALL = "all", _("Is away")
        SECOND = "second", _("Is away from the second in a row on")

    class CallbackOrder(models.TextChoices):
        AGENT_FIRST = "agent", _("The agent, then the customer")
        CUSTOMER_FIRST = "customer", _("The customer, then the agent")

    class SkillMode(models.TextChoices):
        BEST = "best", _("Best skilled first")
        ALL = "all", _("All required skills, then strategy")
        NONE = "none", _("Ignore skills")

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    team = models.ForeignKey("core.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    calendar = models.ForeignKey("cases.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    strategy = models.CharField(max_length=16, choices=Strategy, default=Strategy.LONGEST_IDLE)
    skill_mode = models.CharField(max_length=8, choices=SkillMode, default=SkillMode.BEST)
    aging = models.FloatField(default=1.0)
    # [{"seconds": 30, "drops": [skill key], "drops_all_soft": false, "min_queue_level": 0, "hold": false, "groups":
    #   [{"team": id, "level": 0, "min_expected_wait": s, "max_service_level": 0–1, "min_waiting": n, "from": min, "until": min}]}]
    rings = models.JSONField(default=list, blank=True)
    offer_seconds = models.PositiveIntegerField(default=30)
    # {medium: seconds} where a medium has another time; 0 = nobody is asked, the agent has it at once
    offer_seconds_by = models.JSONField(default=dict, db_default=NO_PAIRS, blank=True)
    auto_accept = models.JSONField(default=list, db_default=NOTHING, blank=True)  # media taken without being asked
    missed = models.CharField(max_length=8, choices=Missed, default=Missed.ALL, db_default=Missed.ALL)
    # So many declined in a row count as an offer missed; 0 = as many as they like.
    most_declines = models.PositiveSmallIntegerField(default=0, db_default=0)
    cooldown_seconds = models.PositiveIntegerField(default=60)
    wrap_up = models.CharField(max_length=10, choices=WrapUp, default=WrapUp.TIMED, db_default=WrapUp.TIMED)
    wrap_up_seconds = models.PositiveIntegerField(default=0)
    disposition_required = models.BooleanField(default=False, db_default=False)
    service_level_seconds = models.PositiveIntegerField(default=60)
    short_abandon_seconds = models.PositiveIntegerField(default=5)
    max_size = models.PositiveIntegerField(null=True, blank=True)
    max_wait_seconds = models.PositiveIntegerField(null=True, blank=True)
    closed_treatment = models.CharField(
        max_length=10, choices=Treatment, default=Treatment.WAIT, db_default=Treatment.WAIT
    )
    holiday_treatment = models.CharField(
        max_length=10, choices=Treatment, default=Treatment.WAIT, db_default=Treatment.WAIT
    )
    overflow_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    enabled = models.BooleanField(default=True)
    sticky_seconds = models.PositiveIntegerField(default=0)  # how long a returning customer waits for the same agent
    direct_seconds = models.PositiveIntegerField(
        default=60, db_default=60
    )  # how long work sent to one agent waits for them
    push = models.BooleanField(default=True, db_default=True)  # False: agents pick their work themselves
    offer_size = models.PositiveSmallIntegerField(default=1, db_default=1)  # agents asked at once; the first has it
    batch = models.BooleanField(default=False, db_default=False)  # the best pairs of all that wait and all who are free
    # Then nobody is passed over by work that came so much later.
    batch_fairness_seconds = models.PositiveIntegerField(default=60, db_default=60)
    preferred = models.JSONField(
        default=list, db_default=NOTHING, blank=True
    )  # as WorkItem.preferred, for work without
    interruptible = models.BooleanField(default=False, db_default=False)  # a call may come while its work is in hand
    blended = models.BooleanField(default=False, db_default=False)  # leaves other queues' reserves alone
    min_reserve = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # agents blended queues keep free for this one
    reserve_medium = models.CharField(  # what these agents are kept free for
        max_length=12, choices=Channel.Medium, default=Channel.Medium.VOICE, db_default=Channel.Medium.VOICE
    )
    max_occupancy = models.FloatField(
        null=True, blank=True
    )  # 0–1 of the last hour; who is above gets nothing from here
    max_offers_per_minute = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # per agent: a backlog comes in portions
    transfer_credit = models.FloatField(
        default=1.0, db_default=1.0
    )  # share of its age that transferred work keeps here
    callback_order = models.CharField(
        max_length=8, choices=CallbackOrder, default=CallbackOrder.AGENT_FIRST, db_default=CallbackOrder.AGENT_FIRST
    )
    callback_attempts = models.PositiveSmallIntegerField(default=3, db_default=3)
    callback_gap_seconds = models.PositiveIntegerField(default=900, db_default=900)  # between two attempts
    # When customers are called back, in minutes of their own day.
    callback_from = models.PositiveSmallIntegerField(default=8 * 60, db_default=8 * 60)
    callback_until = models.PositiveSmallIntegerField(default=21 * 60, db_default=21 * 60)
    # Customers who wait may ask for a callback once they are to wait so long; empty = they may not.
    callback_offer_seconds = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def lets_calls_in(self, medium: str) -> bool:
        """Whether a call may be offered to who holds this work of it: anything but a call itself."""
        return self.interruptible and medium != Channel.Medium.VOICE


class QueueMember(models.Model):
    """An agent who serves a queue; of two who can, the one with the larger level (0–5) is offered the work first."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField(default=0)
    delay_seconds = models.PositiveIntegerField(default=0, db_default=0)  # gets only what has waited so long
    score = models.FloatField(null=True, blank=True)  # how well they are expected to do here, for the strategy "score"

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
