from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer


class Way(models.TextChoices):
    """How somebody is reached: the values of channels_app's media."""

    EMAIL = "email", _("E-mail")
    MESSAGING = "messaging", _("Messaging")
    CHAT = "chat", _("Chat")
    VOICE = "voice", _("Phone")


class Purpose(models.TextChoices):
    """What for. Answers, and news about what somebody has ordered or asked, are service."""

    SERVICE = "service", _("Service")
    SURVEY = "survey", _("Surveys")
    MARKETING = "marketing", _("Offers")


class Consent(models.Model):
    """One entry of the ledger: what a customer allowed or forbade for a purpose and a way, when and in what words. Entries
    are only added; the newest of a purpose and way holds. `void`: it was entered by mistake, nothing is known."""

    class State(models.TextChoices):
        GIVEN = "given", _("Given")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        VOID = "void", _("Not known")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents", db_index=False)
    purpose = models.CharField(max_length=10, choices=Purpose)
    way = models.CharField(max_length=12, choices=Way)
    state = models.CharField(max_length=10, choices=State)
    wording = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=60)  # actor_name
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["customer", "-id"], name="consent_of_customer")]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.way}: {self.state}"
