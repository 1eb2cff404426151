"""Addresses of files for whoever has no session of ours: signed, for one file each, and good for minutes.

Whoever is to read a file for longer asks for the message again, and gets fresh addresses with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

LINK_SECONDS = 300
SALT = "attachment"


def signed_path(key: str) -> str:
    return reverse("webchat:signed_file", args=[signing.TimestampSigner(salt=SALT).sign(key)])


def key_of(token: str) -> str | None:
    """The file a signed address names; None when it is not ours, or too old."""
    try:
        return signing.TimestampSigner(salt=SALT).unsign(token, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return None


def linked(attachments: Sequence[dict[str, Any]], *, absolute: bool = False) -> list[dict[str, Any]]:
    """What a message keeps of its files, each with an address that the receiver can fetch it by."""
    base = settings.PUBLIC_URL if absolute else ""
    return [{**one, "url": base + signed_path(one["id"])} if one.get("id") else dict(one) for one in attachments]
