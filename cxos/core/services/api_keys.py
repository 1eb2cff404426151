"""API keys: made, found, revoked. The key itself leaves this module once, in `make_key`."""

from __future__ import annotations

import hmac
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Invalid
from cxos.core.models import ApiKey, Scope, User
from cxos.core.services.audit import record

CACHE_SECONDS = 3.0  # a revoked key or deactivated user is refused within this time
ROTATION = timedelta(hours=24)  # how long the old key of a rotation still works
TOUCH_EVERY = timedelta(minutes=5)
_found: dict[str, tuple[float, ApiKey]] = {}


def make_key(
    *, name: str, user: User, scopes: list[str], expires_at: datetime | None, actor: Any
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown this once."""
    unknown = set(scopes) - set(Scope.values)
    if unknown or not scopes:
        raise Invalid(
            "scopes", _("Choose scopes from %(choices)s.") % {"choices": ", ".join(Scope.values)}, field="scopes"
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("expires_at", _("Choose a time that is still to come, or none."), field="expires_at")
    prefix, secret = ApiKey.draw()
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            user=user,
            prefix=prefix,
            digest=ApiKey.hash(secret),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
        record(actor, "made", key, after={"name": name, "user": user.email, "scopes": key.scopes})
    return key, secret


def rotate_key(key: ApiKey, *, actor: Any, now: datetime) -> tuple[ApiKey, str]:
    """A new key like this one, and its secret, shown this once; the old one stays good for ROTATION, then ends."""
    if not key.usable(now):
        raise Conflict("key_over", _("%(name)s is refused already. Make a new key.") % {"name": key.name})
    with transaction.atomic():
        made, secret = make_key(name=key.name, user=key.user, scopes=key.scopes, expires_at=key.expires_at, actor=actor)
        ends, before = min(now + ROTATION, key.expires_at or now + ROTATION), key.expires_at
        ApiKey.objects.filter(pk=key.pk).update(expires_at=ends)
        _found.pop(key.digest, None)
        said = {"expires_at": before.isoformat() if before else None}
        record(actor, "rotated", key, before=said, after={"expires_at": ends.isoformat()})
    return made, secret


def find_key(secret: str, *, now: datetime) -> ApiKey | None:
    """The usable key behind a secret, with its user; None for every other text. One query every few seconds a key."""
    if len(secret) > 100 or not secret.startswith("cx_") or not (secret.isascii() and secret.isprintable()):
        return None
    digest = ApiKey.hash(secret)
    cached = _found.get(digest)
    if cached and time.monotonic() - cached[0] < CACHE_SECONDS:
        return cached[1] if cached[1].usable(now) else None
    key = ApiKey.objects.select_related("user").filter(prefix=secret[3:11]).first()
    if key is None or not hmac.compare_digest(key.digest, digest) or not key.usable(now):
        _found.pop(digest, None)
        return None
    if key.last_used_at is None or now - key.last_used_at > TOUCH_EVERY:
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)
    if len(_found) > 1000:
        _found.clear()
    _found[digest] = (time.monotonic(), key)
    return key


def revoke_key(key: ApiKey, *, actor: Any, now: datetime) -> None:
    """It stops working here at once, in other processes within CACHE_SECONDS."""
    _found.pop(key.digest, None)
    with transaction.atomic():
        if ApiKey.objects.filter(id=key.id, revoked_at=None).update(revoked_at=now):
            record(actor, "revoked", key, before={"name": key.name})
