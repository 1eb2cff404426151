"""Customers who write, and a dictionary that has read all of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from channels_app.envelope import Envelope
from channels_app.models import Channel, Conversation, Message
from channels_app.services.ingest import accept
from cxos.core.catalogue import STREAMS
from cxos.core.models import Event
from cxos.core.relay import drain_outbox, received


def read_words() -> None:
    """What the readers of the event stream do once these events are committed."""
    rows = Event.objects.order_by("id").values_list("id", "name", "key", "actor", "depth", "at", "payload")
    for name, stream in STREAMS.items():
        if name.startswith("words of"):
            stream.run([received(row) for row in rows if row[1] in stream.events])


@pytest.fixture
def write(api: Channel) -> Callable[..., Conversation]:
    """write("Kim", "text"): somebody writes, and everything that follows has happened."""
    numbers = iter(range(1, 1000))

    def say(name: str, text: str, *, email: str = "") -> Conversation:
        number = next(numbers)
        address = email or f"{name.split()[0].lower()}@example.com"
        accept(
            Envelope(
                channel_id=api.id, external_id=f"m-{number}", thread_key=f"t-{number}",
                identities=(("email", address),), customer={"name": name}, text=text, html="",
                attachments=(), occurred_at=timezone.now(), metadata={},
            ),
            now=timezone.now(),
        )  # fmt: skip
        drain_outbox()
        read_words()
        return Message.objects.latest("id").conversation

    return say
