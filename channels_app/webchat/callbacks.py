"""A visitor who is to wait long asks to be called back instead: in the place he has, or at a time.

Lines belong to a layer above, which tells us through `serve_callbacks` how to ask. Without it nobody is called.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from django.utils.translation import gettext as _

from channels_app.models import Conversation
from channels_app.webchat.chats import conversations_of
from channels_app.webchat.visitors import Visitor
from cxos.core.errors import Conflict, Invalid

LONGEST_NUMBER, LONGEST_ZONE = 40, 60


class Asker(Protocol):
    """Asks for the callback. Raises a DomainError that is said to the visitor."""

    def __call__(
        self, conversation: Conversation, *, number: str, slot_at: datetime | None, zone: str, now: datetime
    ) -> None: ...


_asker: Asker | None = None


def serve_callbacks(asker: Asker) -> Asker:
    """Register who asks. Usable as a decorator."""
    global _asker
    _asker = asker
    return asker


def ask_callback(visitor: Visitor, given: Any, *, now: datetime) -> None:
    """`given`: {number, at? (ISO time with its zone), zone? (as in Europe/Berlin)}. Raises Invalid, Conflict, Forbidden."""
    given = given if isinstance(given, dict) else {}
    number, zone = text_of(given, "number", LONGEST_NUMBER), text_of(given, "zone", LONGEST_ZONE)
    latest = conversations_of(visitor).exclude(status=Conversation.Status.RESOLVED).order_by("-id").first()
    if latest is None or _asker is None:
        raise Conflict("no_callback", _("A callback cannot be asked for just now."))
    _asker(latest, number=number, slot_at=moment_of(given.get("at")), zone=zone, now=now)


def text_of(given: dict[str, Any], name: str, most: int) -> str:
    value = given.get(name)
    return value.replace("\0", "").strip()[:most] if isinstance(value, str) else ""


def moment_of(given: Any) -> datetime | None:
    """None for no time: as soon as it is his turn."""
    if given in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid("at", _("Give a day and a time."), field="at")
    return at
