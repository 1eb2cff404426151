"""What customers say in these tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from channels_app.envelope import Envelope
from channels_app.models import Channel, Interaction
from channels_app.services.ingest import accept
from channels_app.services.threads import Attached, attach
from crm.models import Customer


def envelope(channel: Channel, external_id: str, now: datetime, **more: Any) -> Envelope:
    given: dict[str, Any] = {"identities": (("email", "kim@example.com"),), "text": "Hello", **more}
    return Envelope(channel_id=channel.id, external_id=external_id, occurred_at=now, **given)


def say(channel: Channel, customer: Customer, external_id: str, now: datetime, **more: Any) -> Attached:
    """Accept and attach, as the journey does."""
    accepted = accept(envelope(channel, external_id, now, **more), now=now)
    return attach(Interaction.objects.get(id=accepted.interaction_id), customer, now=now)
