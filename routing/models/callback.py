from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from routing.models.queue import Queue
from routing.models.work import WorkItem


class Callback(models.Model):
    """We call back: now, in the place the customer had in the queue, or at a time agreed on.

    The work item is the same one throughout; this row says whom to reach, when they may be called, and what was tried.
    """

    class Kind(models.TextChoices):
        IN_QUEUE = "in_queue", _("Keeps its place")
        SCHEDULED = "scheduled", _("At a time")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CALLING = "calling", _("Being called")
        REACHED = "reached", _("Reached")
        FAILED = "failed", _("Not reached")
        CANCELED = "canceled", _("Canceled")

    LIVE = (State.OPEN, State.CALLING)

    item = models.OneToOneField(WorkItem, on_delete=models.CASCADE, related_name="callback")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("crm.Customer", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=254)  # a normalised phone number, or another identity of theirs
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    slot_at = models.DateTimeField(null=True, blank=True)  # the time agreed on
    zone = models.CharField(
        max_length=60, default="UTC"
    )  # the customer's; their day has the window and the quiet hours
    attempts = models.PositiveSmallIntegerField(default=0)  # calls the customer did not answer
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    # Who calls now: taken by one agent with a conditional write, given back when it was no answer.
    claimed_by = models.ForeignKey("core.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "address"], condition=Q(state__in=["open", "calling"]), name="one_open_callback"
            )
        ]
        indexes = [models.Index(fields=["queue", "state", "id"], name="callback_of_queue")]

    def __str__(self) -> str:
        return f"{self.kind} callback {self.pk} {self.state}"
