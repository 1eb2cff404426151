"""An interaction as every adapter hands it in, whatever carried it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.normalise import normalise

# The event key is "thread:<channel>:<thread key>" in 120 characters.
THREAD_KEY_LENGTH = 90


@dataclass(frozen=True, slots=True)
class Envelope:
    """What came in. `thread_key` names the thread within its channel; empty = the first identity that is valid.

    `identities`: (kind, value) as given, strongest claim first. `customer`: attributes such as name and language.
    `conversation_external_id`: what the sender calls the conversation, whole, however the key shortens it.
    `attachments`: dicts of url, name, mime, size. `html` is untrusted; it is cleaned when the message is made.
    """

    channel_id: int
    external_id: str
    occurred_at: datetime
    thread_key: str = ""
    conversation_external_id: str = ""
    identities: tuple[tuple[str, str], ...] = ()
    customer: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    html: str = ""
    attachments: tuple[dict[str, Any], ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """The part that is kept raw in the interaction's row."""
        raw = {
            "identities": self.identities,
            "customer": self.customer,
            "text": self.text,
            "html": self.html,
            "attachments": self.attachments,
            "metadata": self.metadata,
        }
        if self.conversation_external_id:
            raw["conversation_external_id"] = self.conversation_external_id
        return raw

    def thread(self) -> str:
        """The thread key in force, at most THREAD_KEY_LENGTH characters."""
        return bounded(self.thread_key or identity_key(self.identities) or f"interaction:{self.external_id}")


def identity_key(identities: Iterable[tuple[str, str]]) -> str:
    """`kind:value` of the first valid identity, normalised; "" when none is valid."""
    for kind, given in identities:
        if value := normalise(kind, given):
            return f"{kind}:{value}"
    return ""


def bounded(key: str) -> str:
    """The key itself, or its start and the digest of all of it when it is too long."""
    if len(key) <= THREAD_KEY_LENGTH:
        return key
    return f"{key[:50]}~{hashlib.sha256(key.encode()).hexdigest()[:36]}"
