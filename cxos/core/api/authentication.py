"""Two ways to be somebody: an API key in `Authorization: Bearer cx_…`, or the browser's session."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.functional import LazyObject
from rest_framework.authentication import BaseAuthentication, SessionAuthentication as DrfSessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from cxos.core.models import ApiKey, User
from cxos.core.services.api_keys import find_key


class ApiKeyAuthentication(BaseAuthentication):
    """`request.user` becomes the key's user and `request.auth` the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        word, _, secret = header.partition(" ")
        key = find_key(secret.strip(), now=timezone.now()) if word.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed(
                "This API key is unknown, expired or revoked. Make one under Settings → API keys."
            )
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class SessionAuthentication(DrfSessionAuthentication):
    """The browser's session, with the CSRF check; a program without either is told to authenticate (401)."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        user = getattr(request._request, "user", None)
        if user is None or not user.is_authenticated or not user.is_active:
            return None
        self.enforce_csrf(request)
        return (user._wrapped if isinstance(user, LazyObject) else user), None  # type: ignore[attr-defined]
