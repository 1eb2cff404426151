"""Who serves the waiting work of a queue, kind by kind: whoever lacks a skill it needs shortens nobody's wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Min

from routing import matching as engine
from routing.engine.capacity import Seat
from routing.engine.pools import Roster
from routing.engine.serving import Demand, Kinds, Service, Waiting
from routing.models import Queue, WorkItem
from routing.snapshots.pace import paces
from routing.snapshots.people import load_agents
from routing.snapshots.rings import as_ring
from routing.snapshots.setup import Setup, read_setup
from routing.snapshots.work import preferences, requirements


def service_of(queue_ids: Collection[int], *, setup: Setup | None = None, now: datetime) -> Service:
    """3 queries while the set-up is the same, 3 more when the paces are not kept."""
    setup = setup or read_setup()
    people = {agent for id in queue_ids for agent in setup.members.get(id, ())}
    roster = Roster(Seat(agent) for agent in load_agents(people, setup, rules=(), now=now))
    rules = {id: _rules(setup.queues[id], setup) for id in queue_ids if id in setup.queues}
    return Service(paces(queue_ids, now=now), Kinds(roster, rules))


def _rules(queue: Queue, setup: Setup) -> engine.QueueRules:
    """As far as they say who may take its work."""
    return engine.QueueRules(
        queue.pk,
        skill_mode=engine.SkillMode(queue.skill_mode),
        rings=tuple(as_ring(ring, setup.skill_ids) for ring in queue.rings),
    )


def demand_of(medium: str, required: Any, preferred: Any, skill_ids: Mapping[str, int]) -> Demand:
    """As WorkItem keeps them."""
    return Demand(medium, requirements(required, skill_ids), preferences(preferred, skill_ids))


def expected_waits(queue_ids: Collection[int], *, setup: Setup | None = None, now: datetime) -> dict[int, float]:
    """Queue → mean wait of somebody joining its end now, in seconds: who comes is taken to need what those need who wait.
    4 queries, 3 more when the paces are not kept."""
    setup = setup or read_setup()
    rows = WorkItem.objects.filter(queue__in=queue_ids, state=WorkItem.State.WAITING)
    kinds = rows.values_list("queue_id", "medium", "required", "preferred").annotate(Count("id"), Min("entered_at"))
    waiting: dict[int, list[Waiting]] = defaultdict(list)
    for queue, medium, required, preferred, count, oldest in kinds.order_by():
        demand = demand_of(medium, required, preferred, setup.skill_ids)
        waiting[queue].append(Waiting(demand, count, (now - oldest).total_seconds()))
    service = service_of(queue_ids, setup=setup, now=now)
    return {id: service.joining(id, waiting[id]) for id in queue_ids}
