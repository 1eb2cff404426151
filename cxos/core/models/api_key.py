from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cxos.core.models.user import User


class Scope(models.TextChoices):
    INGEST = "ingest", _("Post interactions")
    READ = "read", _("Read what the key's user may see")
    WRITE = "write", _("Reply, assign, resolve as the key's user")


class ApiKey(models.Model):
    """A program's way in, acting as one user. Only the SHA-256 of the key is kept; the key is shown once."""

    name = models.CharField(max_length=80)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} (cx_{self.prefix}…)"

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at) and self.user.is_active

    @staticmethod
    def hash(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @staticmethod
    def draw() -> tuple[str, str]:
        """A new (prefix, whole key); 160 random bits after the prefix."""
        prefix = secrets.token_hex(4)
        return prefix, f"cx_{prefix}_{secrets.token_urlsafe(20)}"


class IdempotentAnswer(models.Model):
    """The first answer to a command sent with an Idempotency-Key, so that a repeat gets the same one."""

    principal = models.CharField(max_length=60)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="one_answer_per_idempotency_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_by_age")]

    def __str__(self) -> str:
        return self.key
