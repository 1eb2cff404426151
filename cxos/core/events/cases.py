from __future__ import annotations

from cxos.core.catalogue import event


@event
class CaseOpened:
    """Key `case:<id>`, as CaseSolved, CaseReopened and CaseChanged."""

    case_id: int
    customer_id: int
    conversation_id: int | None


@event
class CaseSolved:
    case_id: int
    customer_id: int
    agent_id: int | None


@event
class CaseReopened:
    case_id: int
    customer_id: int
    reason: str = ""


@event
class CaseChanged:
    """`what`: status, priority, assigned, linked, unlinked; `value`: what it is now. A status and a priority stand as the
    API writes them, a person and a conversation as one would say them."""

    case_id: int
    what: str
    value: str


@event
class ClockStarted:
    """Key `conversation:<id>` or `case:<id>`, as all clocks' events. No `due_at`: it was paused at once."""

    clock_id: int
    conversation_id: int | None
    case_id: int | None
    metric: str
    cycle: int
    due_at: str | None
    budget_seconds: int


@event
class ClockPaused:
    clock_id: int
    conversation_id: int | None
    case_id: int | None
    metric: str


@event
class ClockMet:
    """`late`: after its deadline."""

    clock_id: int
    conversation_id: int | None
    case_id: int | None
    metric: str
    late: bool
    consumed_seconds: int


@event
class ClockNearing:
    """Once per clock and version: it is due soon (see cases.services.warnings)."""

    clock_id: int
    conversation_id: int | None
    case_id: int | None
    metric: str
    due_at: str


@event
class ClockBreached:
    """Once per clock and cycle. `late_ms`: how long after the deadline it was noticed."""

    clock_id: int
    conversation_id: int | None
    case_id: int | None
    metric: str
    cycle: int
    due_at: str
    late_ms: int
    cause: str = "time"


@event
class ClockResumed:
    clock_id: int
    conversation_id: int | None
    case_id: int | None
    metric: str
    due_at: str | None


@event
class ClockChanged:
    """Its deadline moved, or it ended unanswered. `cause`: policy_change, calendar_change or canceled."""

    clock_id: int
    conversation_id: int | None
    case_id: int | None
    metric: str
    due_at: str | None
    cause: str


@event
class CalendarChanged:
    """Key `calendar:<id>`."""

    calendar_id: int
    version: int


@event
class PolicyChanged:
    """Key `policy:<id>`. Open clocks stay on the version they began with until it is applied to them."""

    policy_id: int
    version: int
