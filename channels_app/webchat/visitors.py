"""Who is at the other end: a visitor's token, and the identity the page's owner vouches for."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.core import signing
from django.utils.translation import gettext as _

from channels_app.models import Channel
from cxos.core.errors import DomainError

SALT = "cxos.webchat.visitor"
ANONYMOUS_FOR = timedelta(days=365)
# A name on a shared computer should not be there for a year after its owner has left the site.
IDENTIFIED_FOR = timedelta(days=30)
IDENTITY_FOR = timedelta(hours=1)
LEEWAY = timedelta(seconds=60)
MAX_TOKEN_LENGTH = 4_000


class NotRecognised(DomainError):
    """The token or identity is not one of ours, not for this channel, or over."""

    status = 401


@dataclass(frozen=True, slots=True)
class Visitor:
    """`id`: 128 random bits. `subject`: the site's own id of a signed-in user, "" while anonymous."""

    channel_id: int
    id: str
    subject: str = ""
    email: str = ""
    name: str = ""

    @property
    def thread_key(self) -> str:
        """The thread this visitor writes in: the user's on every device, else this browser's.

        The subject is hashed, so that no text a site uses as an id can look like another thread's key.
        """
        if self.subject:
            return "user:" + hashlib.sha256(self.subject.encode()).hexdigest()[:40]
        return f"visitor:{self.id}"

    @property
    def owner(self) -> str:
        """Whose the files are that this visitor uploads."""
        return f"{self.channel_id}:{self.id}"

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """What the customer is recognised by, strongest first. An e-mail address only when the site has signed it."""
        verified = (("external_id", self.subject), ("email", self.email)) if self.subject else ()
        return tuple((kind, value) for kind, value in (*verified, ("device", self.id)) if value)


def new_visitor(channel: Channel) -> Visitor:
    return Visitor(channel_id=channel.pk, id=secrets.token_urlsafe(16))


def make_token(visitor: Visitor, *, now: datetime) -> str:
    until = now + (IDENTIFIED_FOR if visitor.subject else ANONYMOUS_FOR)
    body = {"v": visitor.id, "until": int(until.timestamp())}
    if visitor.subject:
        body |= {"s": visitor.subject, "e": visitor.email, "n": visitor.name}
    return _signer(visitor.channel_id).sign_object(body, compress=True)


def read_token(token: Any, *, channel: Channel, now: datetime) -> Visitor:
    """The visitor of a token made for this channel; raises NotRecognised."""
    refusal = NotRecognised("token", _("This chat session is unknown or over. A new one starts without a token."))
    if not isinstance(token, str) or len(token) > MAX_TOKEN_LENGTH:
        raise refusal
    try:
        body = _signer(channel.pk).unsign_object(token)
    except signing.BadSignature:
        raise refusal from None
    if body["until"] <= now.timestamp():
        raise refusal
    return Visitor(
        channel_id=channel.pk, id=body["v"], subject=body.get("s", ""), email=body.get("e", ""), name=body.get("n", "")
    )


def _signer(channel_id: int) -> signing.Signer:
    return signing.Signer(salt=f"{SALT}.{channel_id}")


def identify(visitor: Visitor | None, identity: Any, *, channel: Channel, now: datetime) -> Visitor:
    """The visitor with the identity the site has signed.

    An anonymous visitor becomes the user, once. Somebody else's browser, after another user, becomes a new visitor:
    nothing that the first one said is the second one's.
    """
    claims = verify_identity(identity, channel=channel, now=now)
    if visitor is None or visitor.subject not in {"", claims["sub"]}:
        visitor = new_visitor(channel)
    return replace(visitor, subject=claims["sub"], email=_text(claims, "email", 254), name=_text(claims, "name", 160))


def verify_identity(identity: Any, *, channel: Channel, now: datetime) -> dict[str, Any]:
    """The claims of an HS256 JWT {sub, aud = channel key, exp ≤ 1 h ahead, email?, name?}; raises NotRecognised.

    During a rotation the channel has several secrets, and any of them will do.
    """
    for secret in identity_secrets(channel):
        try:
            claims: dict[str, Any] = jwt.decode(
                identity if isinstance(identity, str) else "",
                secret,
                algorithms=["HS256"],
                audience=channel.key,
                options={
                    "require": ["exp", "sub", "aud"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "strict_aud": True,
                },
            )
        except jwt.InvalidTokenError:
            continue
        expires = claims["exp"]
        if not isinstance(expires, (int, float)) or not claims["sub"].strip() or len(claims["sub"]) > 200:
            continue
        if -LEEWAY.total_seconds() < expires - now.timestamp() <= (IDENTITY_FOR + LEEWAY).total_seconds():
            return claims
    raise NotRecognised(
        "identity",
        _(
            "The signed identity is not valid: it needs HS256 with this channel's secret, sub, aud = the channel's key, and exp at most an hour ahead."
        ),
    )


def identity_secrets(channel: Channel) -> list[str]:
    given = (channel.secrets or {}).get("identity_secret") or []
    return [secret for secret in ([given] if isinstance(given, str) else given) if secret]


def _text(claims: dict[str, Any], name: str, length: int) -> str:
    value = claims.get(name)
    return value.strip()[:length] if isinstance(value, str) and "\0" not in value else ""
