"""`measure_routing`: what it takes from an event to the offer it leads to, on a floor made for it, as JSON.

The last line is {items, agents, event_to_offer_ms[], offers_per_s, works_per_s, double_offers, core_items_per_s}.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

from django.core.management.base import BaseCommand
from django.db import connection, connections, transaction
from django.db.models import Q
from django.utils import timezone

from cxos.core import relay
from cxos.core.events.routing import WorkCompleted
from cxos.core.models import Delivery, User
from cxos.core.outbox import emit_all
from routing import matching
from routing.management.measured_floor import build
from routing.models import AgentState, Offer, WorkItem
from routing.services import matcher
from routing.services.matcher import match_items
from routing.services.offering import make_offers
from routing.services.offers import accept_offer
from routing.services.work import finish
from routing.snapshots import take_snapshot

RIVALS = 64
RACES = 12
PROCESSES = 2
DONE_AT_A_TIME = 16
WARM_UP = 5  # events that fill caches


class Command(BaseCommand):
    help = "Build a floor and measure how long events take to become offers. For a throw-away installation only."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--items", type=int, default=5000)
        parser.add_argument("--agents", type=int, default=500)
        parser.add_argument("--events", type=int, default=200, help="freed agents to time one by one")
        parser.add_argument("--seconds", type=float, default=15, help="of sustained load")
        parser.add_argument("--part", type=int, default=None, help="internal: one of the processes of the load")
        parser.add_argument("--whole", action="store_true", help="internal: with the agents' finishing and accepting")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["part"] is not None:
            load = keep_busy if options["whole"] else keep_matching
            self.stdout.write(str(load(options["part"], seconds=options["seconds"])))
            return
        build(items=options["items"], agents=options["agents"])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        figures = {
            "items": options["items"],
            "agents": options["agents"],
            "core_items_per_s": core_speed(),
            "event_to_offer_ms": [round(ms, 2) for ms in events_to_offers(options["events"])],
            "works_per_s": sustained(options["seconds"], "--whole"),
            "offers_per_s": sustained(options["seconds"]),
            "double_offers": race(),
        }
        self.stdout.write(json.dumps(figures))


def core_speed() -> float:
    """Items a second of the matching core alone: all that waits, everybody free."""
    items = list(WorkItem.objects.filter(state=WorkItem.State.WAITING))
    snapshot = take_snapshot(items, now=timezone.now())
    free = [matching.Agent(id=one.id, skills=one.skills, queues=one.queues, idle_since=0.0) for one in snapshot.agents]
    picture = matching.Snapshot(now=snapshot.now, items=snapshot.items, agents=free, queues=snapshot.queues)
    started = time.perf_counter()
    matching.match(picture)
    return round(len(items) / (time.perf_counter() - started))


def events_to_offers(count: int) -> Iterator[float]:
    """Milliseconds from the end of somebody's work to the committed offer, through outbox and relay."""
    Delivery.objects.all().delete()
    agents = list(AgentState.objects.order_by("user_id").values_list("user_id", flat=True))
    for number in range(count + WARM_UP):
        agent = agents[number % len(agents)]
        item = WorkItem.objects.filter(agent=agent, state=WorkItem.State.ACTIVE).first()
        if item is None:  # nothing was left that this agent could do
            continue
        committed: list[float] = []
        with patch.object(matcher, "make_offers", partial(timed, committed)):
            started = time.perf_counter()
            finish(item.pk, actor=None, now=timezone.now())
            while handle_next():
                pass
        offer = Offer.objects.filter(agent=agent, state=Offer.State.PENDING).first()
        if offer is not None:
            accept_offer(offer.pk, user=User.objects.get(pk=agent), now=timezone.now())
            while handle_next():
                pass
            if number >= WARM_UP:
                yield (committed[0] - started) * 1000


def timed(moments: list[float], *args: Any, **options: Any) -> tuple[list[Offer], int]:
    made = make_offers(*args, **options)
    moments.append(time.perf_counter())
    return made


def handle_next() -> bool:
    claims = relay.claim("live", batch=relay.BATCH["live"])
    for group in relay.grouped(claims):
        relay.handle(group)
    return bool(claims)


def sustained(seconds: float, *how: str) -> float:
    """Offers a second of two processes that share the agents."""
    made = Offer.objects.count()
    command = [sys.executable, *sys.argv[:2], "--seconds", str(seconds), *how]
    parts = [subprocess.Popen([*command, "--part", str(part)], stdout=subprocess.PIPE) for part in range(PROCESSES)]
    spans = [float(part.communicate()[0] or 0) for part in parts]
    if not all(spans):
        raise RuntimeError("A process of the load has failed.")
    return round((Offer.objects.count() - made) / max(spans), 1)


def my_agents(part: int) -> list[int]:
    return [id for id in AgentState.objects.values_list("user_id", flat=True) if id % PROCESSES == part]


def keep_matching(part: int, *, seconds: float) -> float:
    """Routing's own part: some agents are done at a time, by a statement, and the events of it are handled."""
    agents, started, number = my_agents(part), time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        some = [agents[(number + n) % len(agents)] for n in range(DONE_AT_A_TIME)]
        number += DONE_AT_A_TIME
        let_go(some)
        while handle_next():
            pass
    return time.perf_counter() - started


def let_go(agents: Collection[int]) -> None:
    """Whatever they hold or are offered is completed, and that is told."""
    now = timezone.now()
    with transaction.atomic():
        ringing = Offer.objects.filter(agent__in=agents, state=Offer.State.PENDING)
        items = WorkItem.objects.filter(
            Q(agent__in=agents, state=WorkItem.State.ACTIVE) | Q(id__in=ringing.values("item"))
        )
        items.update(state=WorkItem.State.COMPLETED, completed_at=now)
        ringing.update(state=Offer.State.ACCEPTED, closed_at=now)
        told = {"item_id": 0, "queue_id": 0, "conversation_id": None, "at": now.isoformat()}
        done = [WorkCompleted(**told, agent_id=agent, handled_ms=0, wrap_up_ms=0) for agent in agents]
        emit_all([(event, f"done:{event.agent_id}") for event in done])


def keep_busy(part: int, *, seconds: float) -> float:
    """Whole lives of work: finish, handle, accept, one agent after the other; returns for how long, start-up not counted."""
    agents = my_agents(part)
    users = User.objects.in_bulk(agents)
    started = time.perf_counter()
    number = 0
    while time.perf_counter() - started < seconds:
        agent = agents[number % len(agents)]
        number += 1
        item = WorkItem.objects.filter(agent=agent, state=WorkItem.State.ACTIVE).first()
        if item is not None:
            finish(item.pk, actor=None, now=timezone.now())
        while handle_next():
            pass
        offer = Offer.objects.filter(agent=agent, state=Offer.State.PENDING).first()
        if offer is not None:
            accept_offer(offer.pk, user=users[agent], now=timezone.now())
    return time.perf_counter() - started


def race() -> int:
    """Sixty-four matchers at once on one item, again and again: how many offers were made too many."""
    WorkItem.objects.filter(state__in=WorkItem.HELD).update(state=WorkItem.State.COMPLETED)
    Offer.objects.all().delete()
    ids = list(WorkItem.objects.filter(state=WorkItem.State.WAITING).values_list("id", flat=True)[:RACES])
    for item_id in ids:
        at_once = threading.Barrier(RIVALS)
        rivals = [threading.Thread(target=rival, args=(item_id, at_once)) for _ in range(RIVALS)]
        for one in rivals:
            one.start()
        for one in rivals:
            one.join()
    counts = Counter(Offer.objects.filter(item__in=ids).values_list("item_id", flat=True))
    return sum(count - 1 for count in counts.values())


def rival(item_id: int, at_once: threading.Barrier) -> None:
    try:
        connection.ensure_connection()
        at_once.wait(60)
        match_items([item_id], now=timezone.now())
    finally:
        connections.close_all()
