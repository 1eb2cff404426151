from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _, gettext_noop

from cxos.core.phrases import Phrase, told


class Account(models.Model):
    """An organisation or household that customers belong to."""

    name = models.CharField(max_length=160)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: Any) -> CustomerQuerySet:
        """Every member of staff serves every customer; teams limit conversations and cases, not the record."""
        return self if user.is_active else self.none()

    def current(self) -> CustomerQuerySet:
        return self.filter(merged_into=None)


def label_of(customer_id: int, name: str) -> str:
    """What a customer is called, in the language of whoever reads."""
    return name or str(_visitor(customer_id))


def _visitor(customer_id: int) -> Phrase:
    return Phrase(gettext_noop("Visitor %(number)s"), {"number": customer_id})


class Customer(models.Model):
    """A person we serve."""

    name = models.CharField(max_length=160, blank=True)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="customers")
    language = models.CharField(max_length=12, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    preferred_way = models.CharField(max_length=12, default="", db_default="", blank=True)  # of crm.models.Way
    # When they like to be reached, in their time zone: {"days": [0 = Monday …], "from": "09:00", "until": "18:00"}.
    contact_times = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()), blank=True)
    # What they have forbidden, as "purpose:way": the newest entries of the consent ledger that withdraw.
    refused = ArrayField(models.CharField(max_length=24), default=list, db_default=[], blank=True)
    vip = models.BooleanField(default=False)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-last_seen_at", "-id"], name="customer_by_last_seen", condition=Q(merged_into=None)),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return label_of(self.pk, self.name)

    @property
    def kept_label(self) -> str | dict[str, Any]:
        """For what is stored and read in any language: see `phrases.told`."""
        return self.name or _visitor(self.pk).kept


class Identity(models.Model):
    """One way to recognise a customer. `value` is normalised (see crm.normalise); `shown` is what was given."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        EXTERNAL_ID = "external_id", _("External id")
        HANDLE = "handle", _("Handle")
        DEVICE = "device", _("Device")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=12, choices=Kind)
    value = models.CharField(max_length=254)
    shown = models.CharField(max_length=254, blank=True)
    verified = models.BooleanField(default=False)
    evidence = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="one_customer_per_identity")]

    def __str__(self) -> str:
        return f"{self.kind} {self.shown or self.value}"


class MergeSuggestion(models.Model):
    """Two customers that may be one person, with the evidence. A person accepts or dismisses it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        MERGED = "merged", _("Merged")
        DISMISSED = "dismissed", _("Dismissed")

    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    evidence = models.JSONField(default=list)  # kept phrases
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    undo = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="merge_pair_in_id_order"),
            models.UniqueConstraint(fields=["first", "second"], name="one_suggestion_per_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"

    @property
    def because(self) -> list[str]:
        """The evidence, in the language of whoever reads."""
        return [told(row) for row in self.evidence]
