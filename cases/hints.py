"""Which open pages should look again: a case's own and the lists of cases; and when a promise begins, moves, is kept or
broken, where it is shown."""

from __future__ import annotations

from cases.models import Case
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
    """Also beside the conversations it came of, and with what happened to its customer. One query."""
    told = received.event
    linked = Case.conversations.through.objects.filter(case=told.case_id).values_list("conversation_id", flat=True)
    regions = [f"case.{told.case_id}", "cases", *(f"context.{pk}" for pk in linked)]
    new = [f"history.{told.customer_id}"] if received.name == "CaseOpened" else []
    notify([*regions, *new], version=received.id)


@hint(ClockStarted, ClockNearing, ClockBreached, ClockMet, ClockPaused, ClockResumed, ClockChanged)
def clock_moved(received: Received) -> None:
    """The list of what is at risk, and where its conversation or case is shown. One query."""
    conversation_id = received.event.conversation_id
    if conversation_id is None:
        notify(["board", "cases", f"case.{received.event.case_id}"], version=received.id)
        return
    holder = Conversation.objects.filter(pk=conversation_id).values_list("assignee_id", flat=True).first()
    inbox = f"inbox.{holder}" if holder else "inbox"
    notify(["board", "others", f"conversation.{conversation_id}", inbox], version=received.id)
