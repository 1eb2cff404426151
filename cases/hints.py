"""Which open pages should look again: a case's own and the lists of cases; and when a promise begins, moves, is kept or
broken, where it is shown."""

from __future__ import annotations

from channels_app.models import Conversation
from cxos.core.catalogue import Received, hint
from cxos.core.events.cases import (
    CaseChanged,
    CaseOpened,
    CaseReopened,
    CaseSolved,
    ClockBreached,
    ClockChanged,
    ClockMet,
    ClockNearing,
    ClockPaused,
    ClockResumed,
    ClockStarted,
)
from cxos.core.live import notify


@hint(CaseOpened, CaseSolved, CaseReopened, CaseChanged)
def case_changed(received: Received) -> None:
    notify([f"case.{received.event.case_id}", "cases"], version=received.id)


@hint(ClockStarted, ClockNearing, ClockBreached, ClockMet, ClockPaused, ClockResumed, ClockChanged)
def clock_moved(received: Received) -> None:
    """The list of what is at risk, and where its conversation or case is shown. One query."""
    conversation_id = received.event.conversation_id
    if conversation_id is None:
        notify(["board", f"case.{received.event.case_id}"], version=received.id)
        return
    holder = Conversation.objects.filter(pk=conversation_id).values_list("assignee_id", flat=True).first()
    inbox = f"inbox.{holder}" if holder else "inbox"
    notify(["board", f"conversation.{conversation_id}", inbox], version=received.id)
