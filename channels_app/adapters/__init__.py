"""One module per kind of channel: how what we say leaves by it.

An adapter offers `prepare(message) -> Send`. Preparing reads what is needed from the database; the `Send` it returns
touches none, so that many can run side by side in threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from channels_app.models import Channel, Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try: `sent`; `failed` for good; `later` = try again. `problem`: a sentence for people."""

    state: Literal["sent", "failed", "later"]
    problem: str = ""


SENT = Outcome("sent")
Send = Callable[[float], Outcome]  # takes the seconds it may last at most; does not raise


class Adapter(Protocol):
    def prepare(self, message: Message) -> Send: ...


def adapter_of(kind: str) -> Adapter:
    from channels_app.adapters import api, webchat

    adapters: dict[str, Adapter] = {Channel.Kind.API: api, Channel.Kind.WEBCHAT: webchat}
    return adapters[kind]
