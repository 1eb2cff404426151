"""A span of time as it was planned and as it went, agent by agent, with adherence and conformance.

Nothing of it is kept: whoever edits a schedule, or approves an exception, sees the figures that follow from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from intelligence import formulas
from intelligence.adherence import AWAY, Kept, Planned, Seen, compare
from intelligence.models import Activity, Fact, PresenceMeaning, ScheduleException, Shift
from intelligence.models.schedule import LONGEST_SHIFT
from intelligence.services.facts import to_ms

LOOKED_BACK = timedelta(days=3)  # for the presence that lasts since before the span; who was away longer is not there


@dataclass(frozen=True, slots=True)
class Stay:
    """A presence somebody was in, cut to the span."""

    start: datetime
    end: datetime
    presence: str
    reason: str
    kind: str
    activity_id: int | None


@dataclass(frozen=True, slots=True)
class AgentDay:
    """What one agent was planned for, excused from, and did."""

    shifts: list[Shift] = field(default_factory=list)
    exceptions: list[ScheduleException] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)

    @property
    def adherence(self) -> float | None:
        """0–1; None where nothing was scheduled."""
        return formulas.adherence(self.kept.exception_ms, self.kept.scheduled_ms)

    @property
    def conformance(self) -> float | None:
        """May exceed 1; None where nobody was scheduled for the queue."""
        return formulas.conformance(self.kept.on_queue_ms, self.kept.scheduled_on_queue_ms)


def agent_days(
    agents: Collection[int], start: datetime, end: datetime, *, now: datetime, outside_counts: bool = False
) -> dict[int, AgentDay]:
    """Agent → their span [start, end), its figures up to now. 5 queries, however many they are."""
    shifts, excused = _shifts(agents, start, end), _exceptions(agents, start, end)
    stays = _stays(agents, start, min(end, now))
    return {
        agent: AgentDay(
            shifts[agent],
            excused[agent],
            stays[agent],
            compare(
                [_planned(one, start, end) for one in shifts[agent]],
                [Seen(to_ms(one.start), to_ms(one.end), one.kind, one.activity_id) for one in stays[agent]],
                approved=[(to_ms(one.starts_at), to_ms(one.ends_at)) for one in excused[agent] if one.approved],
                until_ms=to_ms(min(end, now)),
                outside_counts=outside_counts,
            ),
        )
        for agent in agents
    }


def _planned(shift: Shift, start: datetime, end: datetime) -> Planned:
    activity = shift.activity
    first, last = max(shift.starts_at, start), min(shift.ends_at, end)
    return Planned(
        to_ms(first), to_ms(last), activity.pk, activity.kind, activity.grace_seconds * 1000, activity.strict
    )


def _shifts(agents: Collection[int], start: datetime, end: datetime) -> defaultdict[int, list[Shift]]:
    found: defaultdict[int, list[Shift]] = defaultdict(list)
    near = Shift.objects.filter(
        agent__in=agents, starts_at__gte=start - LONGEST_SHIFT, starts_at__lt=end, ends_at__gt=start
    )
    for one in near.select_related("activity").order_by("starts_at", "id"):
        found[one.agent_id].append(one)
    return found


def _exceptions(agents: Collection[int], start: datetime, end: datetime) -> defaultdict[int, list[ScheduleException]]:
    found: defaultdict[int, list[ScheduleException]] = defaultdict(list)
    near = ScheduleException.objects.filter(
        agent__in=agents, starts_at__gte=start - LONGEST_SHIFT, starts_at__lt=end, ends_at__gt=start
    )
    for one in near.order_by("starts_at", "id"):
        found[one.agent_id].append(one)
    return found


def _stays(agents: Collection[int], start: datetime, end: datetime) -> defaultdict[int | None, list[Stay]]:
    """Agent → presences within the span, from the changes that are told. 3 queries."""
    found: defaultdict[int | None, list[Stay]] = defaultdict(list)
    if start >= end:
        return found
    changes = Fact.objects.filter(name="PresenceChanged", agent_id__in=agents)
    before = changes.filter(at__lt=start, at__gte=start - LOOKED_BACK)
    before = before.order_by("agent_id", "-at", "-event_id").distinct("agent_id")
    within = changes.filter(at__gte=start, at__lt=end).order_by("at", "event_id")
    meanings = read_meanings()
    going: dict[int | None, tuple[datetime, str, str]] = {}
    for agent, told in before.values_list("agent_id", "data"):
        going[agent] = start, told.get("presence", ""), told.get("reason", "")
    for agent, at, told in within.values_list("agent_id", "at", "data"):
        since, presence, reason = going.get(agent, (start, told.get("previous", ""), ""))
        found[agent].append(_stay(since, at, presence, reason, meanings))
        going[agent] = at, told.get("presence", ""), told.get("reason", "")
    for agent, (since, presence, reason) in going.items():
        found[agent].append(_stay(since, end, presence, reason, meanings))
    return found


def read_meanings() -> dict[tuple[str, str], Activity]:
    """(presence, reason) → the activity it is. 1 query."""
    rows = PresenceMeaning.objects.select_related("activity")
    return {(one.presence, one.reason): one.activity for one in rows}


def _stay(
    start: datetime, end: datetime, presence: str, reason: str, meanings: Mapping[tuple[str, str], Activity]
) -> Stay:
    activity = meanings.get((presence, reason)) or meanings.get((presence, ""))
    kind, number = (activity.kind, activity.pk) if activity else (AWAY, None)
    return Stay(start, end, presence, reason, kind, number)
