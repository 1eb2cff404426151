"""Who serves the waiting work of a queue, kind by kind: whoever lacks a skill it needs shortens nobody's wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min

from routing import matching as engine
from routing.engine.capacity import Seat
from routing.engine.pools import Roster
from routing.engine.serving import Demand, Kinds, Servers, in_the_way
from routing.estimate import Estimate, Line, expected_wait
from routing.models import Queue, WorkItem
from routing.snapshots.pace import Pace, paces
from routing.snapshots.people import load_agents
from routing.snapshots.rings import as_ring
from routing.snapshots.setup import Setup, read_setup
from routing.snapshots.work import preferences, requirements

STEPS = 500  # of the sum of waits; who is further back is told the same


@dataclass(frozen=True, slots=True)
class Service:
    """How some queues are served now: their paces, and the servers of each kind of work."""

    paces: Mapping[int, Pace]
    kinds: Kinds

    def estimate(
        self, queue: int, demand: Demand, *, ahead: Iterable[tuple[Demand, int]], longest: float = 0.0
    ) -> Estimate:
        """The wait behind `ahead`: of each kind, how many go before. `longest`: seconds somebody has waited there."""
        mine, pace = self.kinds(queue, demand), self.paces[queue]
        before = [(self.kinds(queue, their), count) for their, count in ahead]
        return expected_wait(line_of(mine, pace, ahead=min(in_the_way(mine, before), STEPS), longest=longest))


def line_of(servers: Servers, pace: Pace, *, ahead: int, longest: float) -> Line:
    return Line(
        ahead=ahead,
        agents=servers.slots * pace.share,
        handle_seconds=pace.handle_seconds,
        abandons_per_second=pace.abandons_per_second,
        free_agents=servers.free,
        longest_wait_seconds=longest,
    )


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
    waiting: dict[int, list[tuple[Demand, int, datetime]]] = defaultdict(list)
    for queue, medium, required, preferred, count, oldest in kinds.order_by():
        waiting[queue].append((demand_of(medium, required, preferred, setup.skill_ids), count, oldest))
    service = service_of(queue_ids, setup=setup, now=now)
    return {id: _joining(service, id, waiting[id], now=now) for id in queue_ids}


def _joining(service: Service, queue: int, waiting: list[tuple[Demand, int, datetime]], *, now: datetime) -> float:
    kinds = waiting or [(Demand(service.paces[queue].medium), 0, now)]
    ahead = [(demand, count) for demand, count, _ in waiting]
    longest = max((now - oldest).total_seconds() for _, _, oldest in kinds)
    weights = [max(count, 1) for _, count, _ in kinds]
    waits = [service.estimate(queue, demand, ahead=ahead, longest=longest).mean_seconds for demand, _, _ in kinds]
    return sum(weight * wait for weight, wait in zip(weights, waits, strict=True)) / sum(weights)
