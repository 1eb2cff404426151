from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cxos.core.sealed import SealedField


class Channel(models.Model):
    """A configured way in and out. `kind` names the adapter; `key` names the channel in the API and in the widget."""

    class Kind(models.TextChoices):
        WEBCHAT = "webchat", _("Web chat")
        API = "api", _("API")

    class Medium(models.TextChoices):
        """What it costs an agent: the unit of capacity (see routing)."""

        VOICE = "voice", _("Voice")
        CHAT = "chat", _("Chat")
        MESSAGING = "messaging", _("Messaging")
        EMAIL = "email", _("E-mail")
        TASK = "task", _("Task")

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind)
    medium = models.CharField(max_length=12, choices=Medium)
    enabled = models.BooleanField(default=True)
    # webchat: allowed_origins, theme…; api: reply_url, to which replies are posted, signed.
    config = models.JSONField(default=dict, blank=True)
    # webchat: identity_secret (signs visitors' identity); api: signing_secrets (newest first).
    secrets = SealedField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Interaction(models.Model):
    """One inbound thing as it was received. Written by services.ingest only, in one statement."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=200)
    thread_key = models.CharField(max_length=200)
    # identities [[kind, value]…], customer {…}, text, html, attachments […], metadata {…}, conversation_external_id if given
    payload = models.JSONField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    # What became of it; all of it is filled by the journey.
    customer = models.ForeignKey("crm.Customer", null=True, on_delete=models.SET_NULL, related_name="+")
    conversation = models.ForeignKey(
        "Conversation", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # Why it was taken for that customer's: {customer, created, by, verified, said [kept phrase…]}; pruned by policy.
    evidence = models.JSONField(null=True)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="one_interaction_per_external_id")
        ]
        indexes = [
            models.Index(fields=["conversation", "-id"], name="interaction_of_conversation"),
            models.Index(fields=["id"], name="interaction_with_evidence", condition=Q(evidence__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.external_id}"
