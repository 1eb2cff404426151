from __future__ import annotations

from django.db import models
from django.utils import timezone


class SignIn(models.Model):
    """Where a person has logged in: what their profile lists, so that they can end what they do not know."""

    user = models.ForeignKey("core.User", on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=120, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.browser} of {self.user_id}"
