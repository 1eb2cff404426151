from __future__ import annotations

from cxos.core.catalogue import event


@event
class ScheduleChanged:
    """Key `schedule:<agent id>`. What this agent is planned for, or excused from, changed between these two moments."""

    agent_id: int
    starts_at: str
    ends_at: str


@event
class ActivitiesChanged:
    """Key `schedule`. What people can be planned for, its grace, or what presences mean."""

    keys: tuple[str, ...]
