from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.models.channel import Channel
from channels_app.placeholders import places_of


class MessageTemplate(models.Model):
    """A text that may be sent on a channel after its window has closed, with {{1}}, {{2}} … to fill in. What the
    provider calls it is its `name` and `language`."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("With the provider")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.SlugField(max_length=60, db_index=False)
    language = models.CharField(max_length=12, default="en")
    body = models.TextField()
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "language"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "name", "language"], name="one_template_a_name_and_language")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def places(self) -> list[int]:
        return places_of(self.body)
