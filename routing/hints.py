"""Which open pages should look again."""

from __future__ import annotations

from cxos.core.catalogue import Received, hint
from cxos.core.events.routing import (
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    PresenceChanged,
    WorkAbandoned,
    WorkAssigned,
    WorkCompleted,
    WorkQueued,
    WorkReleased,
    WorkWrapping,
)
from cxos.core.live import notify


@hint(OfferMade, OfferAccepted, OfferDeclined, OfferExpired, OfferWithdrawn)
def offers_changed(received: Received) -> None:
    notify([f"offers.{received.event.agent_id}", "board"], version=received.id)


@hint(WorkAssigned, WorkReleased, WorkWrapping, WorkCompleted)
def work_changed(received: Received) -> None:
    regions = ["board"]
    if received.event.agent_id:
        regions.append(f"inbox.{received.event.agent_id}")
    notify(regions, version=received.id)


@hint(WorkQueued, WorkAbandoned)
def queue_changed(received: Received) -> None:
    notify(["board", "inbox"], version=received.id)


@hint(PresenceChanged)
def presence_changed(received: Received) -> None:
    notify([f"presence.{received.event.agent_id}", "board"], version=received.id)
