"""What a visitor can expect: is anybody there, when, how long will it take.

Queues and calendars belong to layers above; they tell us through `provide`. Without a provider we promise nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels_app.models import Conversation


@dataclass(frozen=True, slots=True)
class CalledBack:
    """He is to be called back at this number; `at` a time agreed on, None = when it is his turn."""

    number: str
    at: datetime | None

    @property
    def body(self) -> dict[str, Any]:
        return {"number": self.number, "at": self.at.isoformat() if self.at else None}


@dataclass(frozen=True, slots=True)
class Outlook:
    """`place`: 1 = next in the queue, None = not waiting. `wait_seconds`: expected; None = unknown.

    `online`: somebody serves this channel now; `opens_at`: when they will, if that is known. `may_ask_callback`: instead of
    waiting here; `callback`: the one he asked for.
    """

    online: bool = True
    place: int | None = None
    wait_seconds: int | None = None
    opens_at: datetime | None = None
    may_ask_callback: bool = False
    callback: CalledBack | None = None

    @property
    def body(self) -> dict[str, Any]:
        return {
            "online": self.online,
            "place": self.place,
            "wait_seconds": self.wait_seconds,
            "opens_at": self.opens_at.isoformat() if self.opens_at else None,
            "may_ask_callback": self.may_ask_callback,
            "callback": self.callback.body if self.callback else None,
        }


Provider = Callable[[Conversation | None, int, datetime], Outlook]
_provider: Provider | None = None


def provide(provider: Provider) -> Provider:
    """Register the function (conversation or None, channel id, now) → Outlook. Usable as a decorator."""
    global _provider
    _provider = provider
    return provider


def outlook_of(conversation: Conversation | None, *, channel_id: int, now: datetime) -> Outlook:
    return _provider(conversation, channel_id, now) if _provider else Outlook()
