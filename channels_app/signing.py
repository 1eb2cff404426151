"""Signatures of what we send to other systems, by the Standard Webhooks recipe. Pure.

Headers `webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature`: for each secret in force
`v1,` + base64(HMAC-SHA256(secret, id + "." + timestamp + "." + body)), parted by blanks.
"""

from __future__ import annotations

import base64
import hmac
import secrets as random
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
TOLERANCE_SECONDS = 300


def new_secret() -> str:
    """192 random bits."""
    return PREFIX + base64.b64encode(random.token_bytes(24)).decode()


def signed_headers(secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent `body`; every secret signs, so that a rotation breaks nothing."""
    if not secrets:
        raise ValueError("There is no secret to sign with.")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(one, message_id, timestamp, body) for one in secrets),
    }


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def is_genuine(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], now: int) -> bool:
    """Whether one of the secrets signed exactly this, at most five minutes ago (or ahead: clocks differ)."""
    timestamp, message_id = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16 and message_id):
        return False
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    given = [one.encode() for one in headers.get("webhook-signature", "").split(" ")[:10]]
    wanted = [signature(secret, message_id, int(timestamp), body).encode() for secret in secrets]
    return any(hmac.compare_digest(one, right) for one in given for right in wanted)


def _key(secret: str) -> bytes:
    if secret.startswith(PREFIX):
        return base64.b64decode(secret.removeprefix(PREFIX))
    return secret.encode()
