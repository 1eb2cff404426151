"""Teams that help when the line is long: as soon as it is, everything that waits there is looked at, the oldest first.

Time and single items alone do not tell: a line grows because others come, a wait because others take longer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from routing.engine.rings import holds
from routing.models import Queue, Relief
from routing.services.matcher import match_queues
from routing.snapshots.rules import rules_for
from routing.snapshots.setup import Setup, read_setup

CONDITIONS = ("min_waiting", "min_expected_wait", "max_service_level")


def call_relief(*, queue_ids: Collection[int] | None = None, now: datetime) -> int:
    """Note which teams help from now on and which no longer, and match the queues some new one helps in; returns how many.

    One query while no ring names a condition; else 3 to 5. Two callers at once do no harm: one of them notes it.
    """
    setup = read_setup()
    asked = _conditional(setup, queue_ids)
    if not asked:
        return 0
    helping = _helping(asked, setup, now=now)
    noted = set(Relief.objects.filter(queue__in=asked).values_list("queue_id", "team_id"))
    for queue, team in noted - helping:
        Relief.objects.filter(queue=queue, team=team).delete()
    began = {queue for queue, team in sorted(helping - noted) if _note(queue, team, now=now)}
    if began:
        match_queues(began, now=now)
    return len(began)


def _conditional(setup: Setup, queue_ids: Collection[int] | None) -> Mapping[int, Queue]:
    among = setup.queues if queue_ids is None else {id: setup.queues[id] for id in queue_ids if id in setup.queues}
    return {id: queue for id, queue in among.items() if any(map(_has_condition, _groups(queue)))}


def _groups(queue: Queue) -> list[Mapping[str, object]]:
    return [group for ring in queue.rings for group in ring.get("groups", ())]


def _has_condition(group: Mapping[str, object]) -> bool:
    return any(group.get(name) is not None for name in CONDITIONS)


def _helping(asked: Mapping[int, Queue], setup: Setup, *, now: datetime) -> set[tuple[int, int]]:
    """(queue, team) of every group whose conditions hold, in whatever ring."""
    rules = rules_for(list(asked), setup, now=now)
    return {
        (id, group.group)
        for id in asked
        for ring in rules[id].rings
        for group in ring.groups
        if holds(group, rules[id])
    }


def _note(queue: int, team: int, *, now: datetime) -> bool:
    _, made = Relief.objects.get_or_create(queue_id=queue, team_id=team, defaults={"since": now})
    return made
