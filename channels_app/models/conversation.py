from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Priority(models.IntegerChoices):
    LOW = 0, _("Low")
    NORMAL = 1, _("Normal")
    HIGH = 2, _("High")
    URGENT = 3, _("Urgent")


def seen_by(user: Any, of: str = "") -> Q:
    """What makes a conversation an agent's to see; `of` leads to the conversation (`conversation__`)."""
    teams = user.teams.through.objects.filter(user_id=user.pk).values("team_id")
    holds, takes_part = Q(**{f"{of}assignee": user}), Q(**{f"{of}guest_ids__contains": [user.pk]})
    return holds | takes_part | Q(**{f"{of}team": None}) | Q(**{f"{of}team__in": teams})


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: Any) -> ConversationQuerySet:
        """Supervisors and admins see all; agents what they hold or take part in, what nobody's team owns, and their teams'."""
        if not user.is_active:
            return self.none()
        return self if user.supervises else self.filter(seen_by(user))

    def open(self) -> ConversationQuerySet:
        return self.exclude(status=Conversation.Status.RESOLVED)

    def standing(self) -> ConversationQuerySet:
        """Without those that have become part of another one."""
        return self.filter(merged_into=None)


class Conversation(models.Model):
    """A thread with one customer. The columns about its newest message are kept so that a list needs no join."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Waiting for customer")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")

    customer = models.ForeignKey("crm.Customer", on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey("Channel", on_delete=models.PROTECT, related_name="+")
    thread_key = models.CharField(max_length=200)
    # What its sender calls it, as given; the thread key is made of it and may be shorter.
    external_id = models.CharField(max_length=200, default="", db_default="", blank=True)
    subject = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    read_for: int | None = None  # the user `get_conversation_for` has read it for, who so may see it; not stored
    # Who may see it follows from these three; routing writes them through services.assignment.
    assignee = models.ForeignKey("core.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey("core.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Who advises or takes part now, of whatever team.
    guest_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    last_message_at = models.DateTimeField(default=timezone.now)
    last_message_text = models.CharField(max_length=160, blank=True)
    last_message_author = models.CharField(max_length=10, blank=True)
    # The oldest customer message nobody has answered; null when the ball is with the customer.
    waiting_since = models.DateTimeField(null=True, blank=True)
    # Time that is not ours: it waits for the customer, or is resolved, since; and how long it did before.
    paused_since = models.DateTimeField(null=True, blank=True)
    paused_ms = models.BigIntegerField(default=0, db_default=0)
    resolutions = models.PositiveSmallIntegerField(default=0, db_default=0)
    agent_last_seen_at = models.DateTimeField(null=True, blank=True)
    customer_last_seen_at = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    # It has become part of this one (services.joining), which is never merged itself; it is resolved then, and empty.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "thread_key"], condition=~Q(status="resolved"), name="one_open_conversation_a_thread"
            )
        ]
        indexes = [
            models.Index(fields=["-last_message_at", "-id"], name="conversation_open", condition=~Q(status="resolved")),
            models.Index(fields=["assignee", "-last_message_at", "-id"], name="conversation_of_agent"),
            models.Index(
                fields=["team", "-last_message_at", "-id"], name="conversation_of_team", condition=~Q(status="resolved")
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                name="conversation_unassigned",
                condition=Q(assignee=None) & ~Q(status="resolved"),
            ),
            models.Index(
                fields=["-priority", "-last_message_at", "-id"],
                name="conversation_by_priority",
                condition=~Q(status="resolved"),
            ),
            models.Index(
                fields=["waiting_since", "id"], name="conversation_waiting", condition=Q(waiting_since__isnull=False)
            ),
            models.Index(fields=["customer", "-last_message_at"], name="conversation_of_customer"),
            models.Index(fields=["channel", "thread_key", "-id"], name="conversation_of_thread"),
            models.Index(fields=["snoozed_until"], name="conversation_snoozed", condition=Q(status="snoozed")),
            models.Index(fields=["merged_into"], name="conversation_merged", condition=~Q(merged_into=None)),
            GinIndex(fields=["tags"], name="conversation_tags"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def pause(self, *, at: datetime) -> list[str]:
        """From now on the time is not ours. Returns the columns set (not saved)."""
        self.paused_since = self.paused_since or at
        return ["paused_since"]

    def go_on(self, *, at: datetime) -> list[str]:
        """It is ours again; the pause is added up. Returns the columns set (not saved): none while there was no pause."""
        if self.paused_since is None:
            return []
        self.paused_ms += max(0, round((at - self.paused_since).total_seconds() * 1000))
        self.paused_since = None
        return ["paused_since", "paused_ms"]


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: Any) -> MessageQuerySet:
        """Those of the conversations the user may see: by a join, so that a few known messages cost a few look-ups."""
        if not user.is_active:
            return self.none()
        return self if user.supervises else self.filter(seen_by(user, "conversation__"))

    def said(self) -> MessageQuerySet:
        """What customer and staff said to each other: no notes, no system lines."""
        return self.filter(kind=Message.Kind.MESSAGE)


class Message(models.Model):
    """What was said, noted, or happened in a conversation, in order of id."""

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")
        BOT = "bot", _("Bot")
        SYSTEM = "system", _("System")

    class Kind(models.TextChoices):
        MESSAGE = "message", _("Message")
        NOTE = "note", _("Note")
        EVENT = "event", _("Event")

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        PENDING = "pending", _("Sending")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Failed")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.MESSAGE)
    author_kind = models.CharField(max_length=8, choices=Author)
    author = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=State)
    problem = models.CharField(max_length=300, blank=True)
    # The client's own id of a message it sends, so that a resend is the same message; or the provider's id.
    client_id = models.CharField(max_length=80, blank=True)
    interaction = models.OneToOneField("Interaction", null=True, on_delete=models.SET_NULL, related_name="message")
    created_at = models.DateTimeField(default=timezone.now)
    # Outbound only: when to try (again), and how often it was tried.
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    metadata = models.JSONField(default=dict, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "client_id"], condition=~Q(client_id=""), name="one_message_per_client_id"
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "-id"], name="message_of_conversation"),
            models.Index(fields=["due_at"], name="message_to_send", condition=Q(state="pending")),
            models.Index(
                fields=["author", "-id"], name="message_by_author", condition=Q(author__isnull=False) & ~Q(kind="event")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author_kind} {self.pk}"


class ReadMarker(models.Model):
    """How far a member of staff has read a conversation."""

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="one_read_marker")]

    def __str__(self) -> str:
        return f"{self.user_id} read {self.conversation_id}"
