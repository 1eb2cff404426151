"""Which open pages should look again when a promise begins, moves, is kept or broken."""

from __future__ import annotations

from channels_app.models import Conversation
from cxos.core.catalogue import Received, hint
from cxos.core.events.cases import (
    ClockBreached,
    ClockChanged,
    ClockMet,
    ClockNearing,
    ClockPaused,
    ClockResumed,
    ClockStarted,
)
from cxos.core.live import notify


@hint(ClockStarted, ClockNearing, ClockBreached, ClockMet, ClockPaused, ClockResumed, ClockChanged)
def clock_moved(received: Received) -> None:
    """The list of what is at risk, and where its conversation is shown. One query."""
    conversation_id = received.event.conversation_id
    if conversation_id is None:
        notify(["board"], version=received.id)
        return
    holder = Conversation.objects.filter(pk=conversation_id).values_list("assignee_id", flat=True).first()
    inbox = f"inbox.{holder}" if holder else "inbox"
    notify(["board", f"conversation.{conversation_id}", inbox], version=received.id)
