from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _, pgettext_lazy


class Role(models.TextChoices):
    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", pgettext_lazy("role", "Supervisor")
    ADMIN = "admin", _("Admin")


class Team(models.Model):
    """People who see the same work."""

    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, role=Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """Someone who works here. Signs in by e-mail; the role says which screens and commands exist for them."""

    email = models.EmailField(unique=True)  # stored in lower case
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role, default=Role.AGENT)
    teams = models.ManyToManyField(Team, related_name="members", blank=True)
    is_active = models.BooleanField(default=True)
    preferences = models.JSONField(default=dict, blank=True)
    # Part of what sessions are signed with: one more, and all of them are over.
    session_epoch = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def supervises(self) -> bool:
        return self.role in {Role.SUPERVISOR, Role.ADMIN}

    @property
    def administers(self) -> bool:
        return self.role == Role.ADMIN

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's, over the epoch as well: every check of a session, pages and sockets alike, comes by here."""
        signed: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]  # the stubs leave it out
        if not self.session_epoch:
            return signed
        return salted_hmac(f"session epoch {self.session_epoch}", signed, secret=secret, algorithm="sha256").hexdigest()
