from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from automation.facts_known import BREACH, MESSAGE
from cxos.core.phrases import reworded
from routing.models.queue import NO_PAIRS, NOTHING, Disposition, Queue
from routing.sentences import LIMIT, sentence_of


class WorkItemQuerySet(models.QuerySet["WorkItem"]):
    def visible_to(self, user: Any) -> WorkItemQuerySet:
        """Agents: what they hold or have a part in, and what waits in their queues. Supervisors see all."""
        if not user.is_active:
            return self.none()
        if user.supervises:
            return self
        queues = Queue.objects.filter(memberships__user=user).values("id")
        parts = Segment.objects.filter(agent=user, ended_at=None).values("item")
        return self.filter(Q(agent=user) | Q(queue__in=queues) | Q(id__in=parts))

    def live(self) -> WorkItemQuerySet:
        return self.filter(state__in=WorkItem.LIVE)


class WorkItem(models.Model):
    """A unit of routing. States and their edges: routing.states."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Callback scheduled")
        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("Offered")
        ACTIVE = "active", _("In progress")
        PAUSED = "paused", _("Paused")
        WRAPPING = "wrapping", _("Wrap-up")
        COMPLETED = "completed", _("Completed")
        ABANDONED = "abandoned", _("Abandoned")
        CANCELED = "canceled", _("Canceled")
        EXPIRED = "expired", _("Given up")

    LIVE = (State.SCHEDULED, State.WAITING, State.OFFERED, State.ACTIVE, State.PAUSED, State.WRAPPING)
    HELD = (State.ACTIVE, State.PAUSED, State.WRAPPING)

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", db_index=False)
    conversation = models.ForeignKey("channels_app.Conversation", null=True, on_delete=models.CASCADE, related_name="+")
    medium = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    priority = models.SmallIntegerField(default=1)
    cost = models.PositiveSmallIntegerField()
    # [{"skill": key, "level": 1–5, "hard": true, "weight": 1.0}, …]
    required = models.JSONField(default=list, blank=True)
    preferred = models.JSONField(default=list, blank=True)  # [{"skill": key, "weight": 1.0}, …]
    # The hard ones of `required` as "key:level": the database asks by them whether an agent could take it at all.
    needs = ArrayField(models.CharField(max_length=50), default=list, db_default=[], blank=True)
    agent_scores = models.JSONField(default=dict, db_default=NO_PAIRS, blank=True)  # {agent id: predicted score}
    interruptible = models.BooleanField(default=False)
    agent = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    sticky_agent = models.ForeignKey(
        "core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    sticky_until = models.DateTimeField(null=True, blank=True)
    direct_agent = models.ForeignKey(
        "core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    direct_until = models.DateTimeField(null=True, blank=True)
    # {agent id: ISO time until which the item is not offered to them again}
    excluded = models.JSONField(default=dict, blank=True)
    queued_at = models.DateTimeField()  # first entry, never changed
    entered_at = models.DateTimeField()  # entry into the current queue
    eligible_at = models.DateTimeField()
    # When to look again although nothing happened: a ring advances, a cooldown ends (see matching).
    wake_at = models.DateTimeField(null=True, blank=True)
    # The ring clock: in `ring` since `ring_since`, after `ring_elapsed` seconds there before; it stands while an offer rings.
    ring = models.PositiveSmallIntegerField(default=0)
    ring_since = models.DateTimeField(null=True, blank=True)
    ring_elapsed = models.FloatField(default=0)
    paused_seconds = models.FloatField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    age_credit = models.FloatField(default=0)
    vip_boost = models.FloatField(default=0)
    overflow_path = models.JSONField(default=list, blank=True)  # ids of queues it came through
    due_at = models.DateTimeField(null=True, blank=True)  # nearest SLA deadline, told by cases
    sla_target_seconds = models.PositiveIntegerField(null=True, blank=True)
    offers_made = models.PositiveSmallIntegerField(default=0)
    # What we expected when it came into its queue, and what it was when somebody first answered.
    predicted_wait_seconds = models.FloatField(null=True, blank=True)
    actual_wait_seconds = models.FloatField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    wrap_up_until = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    disposition = models.ForeignKey(Disposition, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=0)  # fencing: grows with every change of holder

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(state__in=["scheduled", "waiting", "offered", "active", "paused", "wrapping"])
                & ~Q(conversation=None),
                name="one_live_item_per_conversation",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["active", "paused", "wrapping"]) | Q(agent__isnull=False),
                name="held_item_has_a_holder",
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "queued_at"], name="work_waiting", condition=Q(state="waiting")),
            models.Index(fields=["wake_at"], name="work_to_wake", condition=Q(state="waiting")),
            models.Index(fields=["eligible_at"], name="work_scheduled", condition=Q(state="scheduled")),
            models.Index(
                fields=["direct_agent"], name="work_direct", condition=Q(state="waiting") & ~Q(direct_agent=None)
            ),
            models.Index(
                fields=["sticky_agent"], name="work_sticky", condition=Q(state="waiting") & ~Q(sticky_agent=None)
            ),
            models.Index(
                fields=["agent"], name="work_held", condition=Q(state__in=["offered", "active", "paused", "wrapping"])
            ),
            models.Index(fields=["wrap_up_until"], name="work_wrapping", condition=Q(state="wrapping")),
            models.Index(fields=["queue", "-completed_at"], name="work_completed"),
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.pk} {self.state}"


class Offer(models.Model):
    """A work item held for one agent until a deadline; or an agent asked to join somebody else's."""

    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        CONSULT = "consult", _("Asked for advice")
        CONFERENCE = "conference", _("Asked to join")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    item = models.ForeignKey(WorkItem, on_delete=models.CASCADE, related_name="offers", db_index=False)
    agent = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempt = models.PositiveSmallIntegerField(default=1)
    broadcast = models.BooleanField(default=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WORK, db_default=Kind.WORK)
    asked_by = models.ForeignKey(
        "core.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(state="pending", broadcast=False), name="one_pending_offer"
            ),
            models.UniqueConstraint(
                fields=["item", "agent"], condition=Q(state="pending"), name="one_pending_offer_per_agent"
            ),
            models.UniqueConstraint(fields=["item"], condition=Q(state="accepted", broadcast=True), name="one_winner"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="offer_due", condition=Q(state="pending")),
            models.Index(fields=["agent"], name="offer_of_agent", condition=Q(state="pending")),
            models.Index(fields=["item", "-id"], name="offer_of_item"),
            models.Index(fields=["agent", "-made_at"], name="offer_by_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.agent_id} {self.state}"

    @property
    def reason_label(self) -> str:
        """In the language of whoever reads, where it is one of ours."""
        return reworded(self.reason)


class Segment(models.Model):
    """One agent's part of a work item, from accepting to letting go. One of those open leads; others advise or join."""

    class Kind(models.TextChoices):
        LEAD = "lead", _("Holds it")
        CONSULT = "consult", _("Advises")
        CONFERENCE = "conference", _("Takes part")

    item = models.ForeignKey(WorkItem, on_delete=models.CASCADE, related_name="segments")
    agent = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.LEAD, db_default=Kind.LEAD)
    medium = models.CharField(max_length=12, default="", db_default="", blank=True)
    started_at = models.DateTimeField()
    wrap_up_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # [[began, ended], …] as ISO times: when its holder waited for the customer. A pause that still runs is the item's.
    pauses = models.JSONField(default=list, db_default=NOTHING, blank=True)
    ended_by = models.CharField(max_length=20, blank=True)  # completed, transferred, requeued, left
    ended_to = models.CharField(max_length=120, blank=True, db_default="")  # the address outside it was transferred to

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(ended_at=None, kind="lead"), name="one_open_segment_per_item"
            ),
            models.UniqueConstraint(
                fields=["item", "agent"], condition=Q(ended_at=None), name="one_open_segment_per_agent"
            ),
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(ended_at=None, medium="voice", wrap_up_at=None),
                name="one_live_call_per_agent",
            ),
        ]
        indexes = [
            models.Index(fields=["agent", "-started_at"], name="segment_of_agent"),
            models.Index(fields=["agent"], name="segment_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} on {self.item_id}"


class Decision(models.Model):
    """Why: a decision with everything it was based on. Append-only, at most 2 kB, pruned by policy."""

    class Kind(models.TextChoices):
        QUEUE = "queue", _("Queue")
        MATCH = "match", _("Agent")
        NO_MATCH = "no_match", _("Nobody yet")
        ASSIGN = "assign", _("Assigned by hand")
        DEADLINE = "deadline", _("Deadline")
        OVERRIDE = "override", _("Beyond capacity")
        MERGED = "merged", _("Merged")

    item = models.ForeignKey(WorkItem, null=True, on_delete=models.CASCADE, related_name="decisions")
    conversation = models.ForeignKey(
        "channels_app.Conversation", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    sentence = models.CharField(max_length=LIMIT)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["conversation", "id"], name="decision_of_conversation")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def spoken(self) -> str:
        """The sentence in the language of whoever reads."""
        return sentence_of(self.facts, stored=self.sentence)


class ActionRun(models.Model):
    """One action of a plan, done for one interaction, or for one event about a conversation (a broken promise): the row
    that keeps a rerun from doing it twice."""

    interaction = models.ForeignKey(
        "channels_app.Interaction", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    event_id = models.BigIntegerField(null=True)
    conversation = models.ForeignKey(
        "channels_app.Conversation", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    rule_id = models.BigIntegerField()
    position = models.PositiveSmallIntegerField()
    action = models.JSONField()
    outcome = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["interaction", "rule_id", "position"], name="an_action_runs_once"),
            models.UniqueConstraint(
                fields=["event_id", "rule_id", "position"],
                condition=~Q(event_id=None),
                name="an_action_runs_once_an_event",
            ),
            models.CheckConstraint(
                condition=Q(interaction__isnull=False, event_id=None, conversation=None)
                | Q(interaction=None, event_id__isnull=False, conversation__isnull=False),
                name="an_action_has_one_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "id"], name="action_of_event", condition=~Q(conversation=None)),
        ]

    def __str__(self) -> str:
        return f"{self.interaction_id or f'event {self.event_id}'}/{self.rule_id}/{self.position}"

    @property
    def event(self) -> str:
        """What made the rule decide, by its name in the catalogue."""
        return MESSAGE if self.event_id is None else BREACH
