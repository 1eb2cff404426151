"""Which open pages should look again."""

from __future__ import annotations

from cxos.core.catalogue import Received, hint
from cxos.core.events.routing import (
    AgentChanged,
    AlertCleared,
    AlertRaised,
    CallbackClosed,
    CallbackRequested,
    CallbackTried,
    HolderLost,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    PartJoined,
    PartLeft,
    PresenceChanged,
    QueueChanged,
    WorkAbandoned,
    WorkAssigned,
    WorkChanged,
    WorkCompleted,
    WorkMoved,
    WorkPaused,
    WorkQueued,
    WorkReleased,
    WorkResumed,
    WorkWrapping,
)
from cxos.core.live import notify


@hint(OfferMade, OfferAccepted, OfferDeclined, OfferExpired, OfferWithdrawn)
def offers_changed(received: Received) -> None:
    notify([f"offers.{received.event.agent_id}", "board"], version=received.id)


@hint(OfferMade, OfferDeclined, OfferExpired)
def answer_changed(received: Received) -> None:
    """Whoever asked somebody in waits for the answer with the conversation before them, and others see who is asked."""
    if received.event.conversation_id:
        notify([f"conversation.{received.event.conversation_id}"], version=received.id)


@hint(WorkAssigned, WorkPaused, WorkReleased, WorkResumed)
def work_changed(received: Received) -> None:
    regions = ["board", "others"]
    if received.event.agent_id:
        regions.append(f"inbox.{received.event.agent_id}")
    if conversation_id := getattr(received.event, "conversation_id", None):  # says who has it, or why nobody
        regions.append(f"conversation.{conversation_id}")
    notify(regions, version=received.id)


@hint(WorkWrapping, WorkCompleted)
def work_ended(received: Received) -> None:
    """Over its conversation it is asked how it ended. That begins some time after the page was told of the end of the
    conversation, and may be over by the clock alone."""
    event = received.event
    regions = [f"inbox.{event.agent_id}"] if event.agent_id else []
    if event.conversation_id:
        regions.append(f"conversation.{event.conversation_id}")
    notify(["board", *regions], version=received.id)


@hint(PartJoined, PartLeft)
def parts_changed(received: Received) -> None:
    event = received.event
    regions = ["board", f"offers.{event.agent_id}", f"inbox.{event.agent_id}"]
    notify(
        [*regions, *([f"conversation.{event.conversation_id}"] if event.conversation_id else [])], version=received.id
    )


@hint(CallbackRequested, CallbackTried, CallbackClosed, WorkMoved, HolderLost)
def callback_changed(received: Received) -> None:
    event = received.event
    regions = [f"conversation.{event.conversation_id}"] if event.conversation_id else []
    notify(["board", "inbox", *regions], version=received.id)


@hint(WorkQueued, WorkAbandoned)
def queue_changed(received: Received) -> None:
    conversation_id = received.event.conversation_id
    regions = [f"conversation.{conversation_id}"] if conversation_id else []
    notify(["board", "inbox", *regions], version=received.id)


@hint(PresenceChanged, AgentChanged)
def presence_changed(received: Received) -> None:
    notify([f"presence.{received.event.agent_id}", "board"], version=received.id)


@hint(AlertRaised, AlertCleared, QueueChanged, WorkChanged)
def floor_changed(received: Received) -> None:
    notify(["board"], version=received.id)
