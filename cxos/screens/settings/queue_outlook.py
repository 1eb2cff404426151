"""What a queue as it stands in the form would mean: who could serve it now, and what it would have done lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cxos.core.models import User
from routing.models import AgentSkill, AgentState, Presence, Queue, WorkItem
from routing.queries import with_presence

LAST = 100
SERVING = 12  # people named; all are counted


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who would serve the queue, and whether they take work now."""

    user: User
    level: int
    presence: str
    free: int  # points left of their budget
    budget: int

    @property
    def available(self) -> bool:
        return self.presence == Presence.AVAILABLE and self.free > 0


@dataclass(frozen=True, slots=True)
class Lately:
    """The queue's last items under the new values, beside the old ones."""

    items: int
    nobody: int  # nobody who would serve it has the skills they must have
    skills: str  # of which skills most of those
    in_time: int
    in_time_before: int
    too_long: int  # waited longer than allowed, and would have overflowed


def seats(levels: Mapping[int, int]) -> list[Seat]:
    """Who is available first, then by level. 5 queries."""
    people = with_presence(list(User.objects.filter(pk__in=levels, is_active=True)))
    found = []
    for user in people:
        state: AgentState = vars(user)["state"]
        free = max(0, state.budget - vars(user)["load"])
        found.append(Seat(user, levels[user.pk], state.presence, free, state.budget))
    return sorted(found, key=lambda seat: (not seat.available, -seat.level, seat.user.name))


def lately(queue: Queue, *, levels: Mapping[int, int], target_seconds: int, max_wait_seconds: int | None) -> Lately:
    """2 queries. Waits are those that happened; with other people they would have been others."""
    items = list(WorkItem.objects.filter(queue=queue).order_by("-id")[:LAST])
    held: dict[int, dict[str, int]] = defaultdict(dict)
    rows = AgentSkill.objects.filter(user__in=levels).values_list("user_id", "skill__key", "level")
    for user_id, key, level in rows:
        held[user_id][key] = level
    missing: dict[str, int] = defaultdict(int)
    nobody = 0
    for item in items:
        hard = [one for one in item.required if one.get("hard")]
        if hard and not any(has(held[user], hard) for user in levels):
            nobody += 1
            missing[", ".join(sorted(one["skill"] for one in hard))] += 1
    waits = [(one.accepted_at - one.queued_at).total_seconds() for one in items if one.accepted_at]
    return Lately(
        items=len(items),
        nobody=nobody,
        skills=max(missing, key=lambda name: missing[name]) if missing else "",
        in_time=sum(wait <= target_seconds for wait in waits),
        in_time_before=sum(wait <= queue.service_level_seconds for wait in waits),
        too_long=sum(wait > max_wait_seconds for wait in waits) if max_wait_seconds else 0,
    )


def has(skills: Mapping[str, int], asked: list[dict[str, Any]]) -> bool:
    return all(skills.get(one["skill"], 0) >= int(one.get("level", 1)) for one in asked)
