"""The imperative shell of the matching core: take a picture, ask, commit what it chose.

Whoever loses a race (the item was taken, the agent got something else) looks again, so that nobody stays idle beside
waiting work. Bounded: what still waits then is looked at by the event of whoever won.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from psycopg2.extras import execute_values

from cxos.core.phrases import in_source_language
from routing import matching as engine
from routing.models import Decision, Offer, Queue, WorkItem
from routing.sentences import LIMIT, waiting_sentence
from routing.services.closed import divert
from routing.services.offering import make_offers
from routing.services.waits import foretell
from routing.snapshots import load_agents, moment, take_snapshot
from routing.snapshots.setup import Setup, read_setup
from routing.snapshots.work import candidates

MOST_ITEMS = 500  # of a sweep
PAGE = 24  # waiting items an agent who frees up looks at first; more when none of them suits
LOOK_AGAIN = timedelta(minutes=5)  # without any event and without any timer
TRIES = 6
LEAST_COST = 1
# Both lock their items in the order of their ids: two looks at the same items would hold each other up for good.
NOTE = """
WITH seen (id, wake_at, reason, predicted) AS (VALUES %s), held AS (
    SELECT id FROM routing_workitem WHERE id IN (SELECT id FROM seen) ORDER BY id FOR NO KEY UPDATE
)
UPDATE routing_workitem i SET wake_at = seen.wake_at, reason = seen.reason,
    predicted_wait_seconds = coalesce(i.predicted_wait_seconds, seen.predicted)
FROM seen, held WHERE i.id = seen.id AND i.id = held.id AND i.state = 'waiting'
"""

RINGS = """
WITH moved (id, ring, since) AS (VALUES %s), held AS (
    SELECT id FROM routing_workitem WHERE id IN (SELECT id FROM moved) ORDER BY id FOR NO KEY UPDATE
)
UPDATE routing_workitem i SET ring = moved.ring, ring_since = moved.since, ring_elapsed = 0
FROM moved, held WHERE i.id = moved.id AND i.id = held.id AND i.state = 'waiting'
"""


def match_items(item_ids: Collection[int], *, now: datetime) -> list[Offer]:
    """Offer these waiting items to whoever can take them now."""
    offers: list[Offer] = []
    for _ in range(TRIES):
        waiting = list(WorkItem.objects.filter(id__in=item_ids, state=WorkItem.State.WAITING))
        made, lost = run_matching(waiting, now=now) if waiting else ([], 0)
        offers += made
        if not lost:
            break
    return offers


def match_agent(agent_id: int, *, now: datetime) -> list[Offer]:
    """This agent can take something: the best waiting work of the queues they serve or help in."""
    return match_agents([agent_id], now=now)


def match_agents(agent_ids: Collection[int], *, now: datetime) -> list[Offer]:
    """These agents can take something: what is best for all of them together."""
    offers: list[Offer] = []
    for _ in range(TRIES):
        made, lost = _look(agent_ids, now=now)
        offers += made
        if not lost:
            break
    return offers


@dataclass
class Looking:
    """An agent on the way through what waits for them: room left, and the page to look at next."""

    agent: engine.Agent
    room: int
    limit: int = PAGE
    page: list[WorkItem] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)  # items looked at that still wait: what the next page skips

    def look(self, setup: Setup, *, now: datetime) -> list[WorkItem]:
        self.page = candidates(self.agent, setup, room=self.room, limit=self.limit, offset=len(self.seen), now=now)
        return self.page

    def goes_on(self, made: Collection[Offer]) -> bool:
        """Whether there is room and may be more after this page, given what came of it for anybody."""
        more = len(self.page) == self.limit
        self.room -= sum(offer.item.cost for offer in made if offer.agent_id == self.agent.id)
        self.seen = (self.seen | {item.id for item in self.page}) - {offer.item_id for offer in made}
        self.limit *= 4
        return more and self.room + self.agent.interruptible_load >= LEAST_COST


def _look(agent_ids: Collection[int], *, now: datetime) -> tuple[list[Offer], int]:
    """(offers made, matches that lost a race). Pages through what waits until everybody is full or nothing is left."""
    setup = read_setup()
    free = [me for me in load_agents(agent_ids, setup, rules=(), now=now) if me.routable]
    looking = [Looking(me, me.budget - me.load) for me in free]
    looking = [one for one in looking if one.room + one.agent.interruptible_load >= LEAST_COST]
    offers: list[Offer] = []
    while looking:
        items = {item.id: item for one in looking for item in one.look(setup, now=now)}
        if not items:
            break
        freed = {one.agent.id for one in looking}
        picture = take_snapshot(items.values(), now=now, setup=setup, freed=freed, loaded=free)
        matches = engine.match(picture).matches
        made, lost = make_offers(matches, items, queues=setup.queues, now=now)
        offers += made
        if lost:
            return offers, lost
        looking = [one for one in looking if one.goes_on(made)]
        free = [] if made else free  # what they hold has changed
    return offers, 0


def wake_waiting(*, now: datetime, limit: int = MOST_ITEMS) -> int:
    """Items whose picture time alone may have changed: a ring, a cooldown, an opening. Returns how many were looked at."""
    due = WorkItem.objects.filter(state=WorkItem.State.WAITING, wake_at__lte=now).order_by("wake_at")
    items = list(due[:limit])
    if items:
        run_matching(items, now=now)
    return len(items)


def match_queues(queue_ids: Collection[int], *, now: datetime) -> int:
    """Everything that waits in these queues, the largest score first: their rules, members or hours have changed.
    Returns how many items were looked at."""
    waiting = WorkItem.objects.filter(queue__in=queue_ids, state=WorkItem.State.WAITING)
    ids = list(waiting.order_by("-priority", "queued_at").values_list("id", flat=True))
    for start in range(0, len(ids), MOST_ITEMS):
        match_items(ids[start : start + MOST_ITEMS], now=now)
    return len(ids)


def match_without(agent_ids: Collection[int], *, now: datetime) -> int:
    """These agents can no longer take what they could: work that waits for one of them, or in rings of which they may have
    been the last, goes on to others. Returns how many items were looked at."""
    setup = read_setup()
    ringed = {queue for agent in agent_ids for queue in setup.queues_of(agent) if setup.queues[queue].rings}
    waiting = WorkItem.objects.filter(state=WorkItem.State.WAITING)
    known = waiting.filter(sticky_agent__in=agent_ids).exclude(queue__in=ringed).values_list("id", flat=True)
    match_items(list(known), now=now)
    return len(known) + match_queues(ringed, now=now)


def queues_open_by(calendar_id: int) -> list[int]:
    return list(Queue.objects.filter(calendar=calendar_id).values_list("id", flat=True))


def run_matching(items: list[WorkItem], *, now: datetime) -> tuple[list[Offer], int]:
    """Ask the core about these items and commit what it says: (offers made, matches that lost a race)."""
    setup, by_id = read_setup(), {item.id: item for item in items}
    result = engine.match(take_snapshot(items, now=now, setup=setup))
    _note_rings(result.ring_moves)
    offers, lost = make_offers(result.matches, by_id, queues=setup.queues, now=now)
    _note_waiting(result.unmatched, by_id, now=now)
    for diversion in result.diversions:
        divert(diversion, now=now)
    return offers, lost


def _note_rings(moves: Iterable[engine.RingMove]) -> None:
    """One statement, the last move of each item; what waits no more keeps its ring."""
    last = {move.item: (move.item, move.ring, moment(move.since)) for move in moves}
    if last:
        with connection.cursor() as cursor:
            rows = sorted(last.values())
            execute_values(cursor, RINGS, rows, template="(%s, %s, %s::timestamptz)", page_size=len(rows))


def _note_waiting(unmatched: tuple[engine.Unmatched, ...], items: dict[int, WorkItem], *, now: datetime) -> None:
    """Write when to look again, how long we think it takes, and why nobody has it yet (once per reason)."""
    if not unmatched:
        return
    new = [items[one.item] for one in unmatched if items[one.item].predicted_wait_seconds is None]
    predicted = foretell(new, now=now)
    rows = [
        (one.item, moment(one.wake_at) or now + LOOK_AGAIN, one.reason.value, predicted.get(one.item))
        for one in sorted(unmatched, key=lambda one: one.item)
    ]
    with connection.cursor() as cursor:
        execute_values(cursor, NOTE, rows, template="(%s, %s::timestamptz, %s, %s::float8)", page_size=len(rows))
    with in_source_language():
        Decision.objects.bulk_create(
            _nobody(one, items[one.item], now=now) for one in unmatched if items[one.item].reason != one.reason.value
        )


def _nobody(one: engine.Unmatched, item: WorkItem, *, now: datetime) -> Decision:
    facts = {
        "reason": one.reason.value,
        "ring": one.ring,
        "filtered": {reason.value: count for reason, count in one.filtered.items()},
        **engine.who_not(one.others),
    }
    return Decision(
        item_id=one.item,
        conversation_id=item.conversation_id,
        kind=Decision.Kind.NO_MATCH,
        sentence=waiting_sentence(facts)[:LIMIT],
        facts=facts,
        at=now,
    )
