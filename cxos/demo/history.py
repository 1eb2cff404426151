"""Weeks that the demo never had: so that forecasts, charts and the simulator have something to go by on the first morning.

The weeks before are quarter-hours alone, marked by a sum of their own; today's are counted from facts, so that each number
of the board opens its rows. Volumes are those of the demo's traffic. Everything goes in by COPY, in about a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import StringIO
from random import Random

import orjson
from django.db import connection, transaction
from django.utils import timezone

from cxos.demo.people import SIGN_IN
from intelligence.counting import Occurrence, tally
from intelligence.intervals import INTERVAL_MS, Cell, Subjects, Tally
from intelligence.models import Fact, Interval
from intelligence.services.facts import from_ms, recount, to_ms
from routing.models import Queue, QueueMember

DAYS = 28
QUARTERS = 96
PER_QUARTER = 60.0  # four a minute, as the demo's visitors come
SHARES = {"care": 0.5, "billing": 0.25, "technical": 0.25}
HANDLE_SECONDS = {"care": 70.0, "billing": 95.0, "technical": 120.0}
WAIT_SECONDS, PATIENCE_SECONDS, LONGEST_HANDLE = 18.0, 420.0, 800.0
WEEKDAYS = (1.08, 1.04, 1.0, 1.0, 1.02, 0.9, 0.86)
SOMEBODY = 0  # whoever: of the weeks before no agent has figures
MADE_UP = "made_up"  # the sum, and the word in a fact's data, by which all this is found again
COPY = "COPY {table} ({columns}) FROM STDIN"
IDS = "SELECT nextval(pg_get_serial_sequence('core_event', 'id')) FROM generate_series(1, %s)"


@dataclass(slots=True)
class Contact:
    """One that is over. Milliseconds."""

    at: int
    waited: int
    handled: int | None  # None: hung up

    @property
    def ended(self) -> int:
        return self.at + self.waited + (self.handled or 0)


@dataclass(slots=True)
class Floor:
    """The queues, who answers in them, and chance, which is the same at every start."""

    queues: list[Queue]
    agents: dict[int, list[int]]
    chance: Random = field(default_factory=lambda: Random(11))
    # (queue, contacts) → what such a quarter-hour looks like, and as the table keeps it
    quarters: dict[tuple[int, int], tuple[Tally, tuple[str, str]]] = field(default_factory=dict)

    def count(self, queue: Queue, mean: float) -> int:
        mean *= SHARES[queue.key]
        return max(0, round(self.chance.gauss(mean, math.sqrt(mean))))

    def contact(self, queue: Queue, at: int) -> Contact:
        waited = round(self.chance.expovariate(1 / WAIT_SECONDS) * 1000)
        patience = round(self.chance.expovariate(1 / PATIENCE_SECONDS) * 1000)
        if patience < waited:
            return Contact(at, patience, None)
        handled = min(self.chance.lognormvariate(math.log(HANDLE_SECONDS[queue.key]) - 0.18, 0.6), LONGEST_HANDLE)
        return Contact(at, waited, round(handled * 1000))


def seed_history(*, now: datetime) -> int:
    """Returns how many quarter-hours were written: none where there are figures already."""
    queues = list(Queue.objects.filter(key__in=SHARES).order_by("pk"))
    if not queues or Interval.objects.exists() or Fact.objects.exists():
        return 0
    members = QueueMember.objects.filter(queue__in=queues).exclude(user__email__in=SIGN_IN)
    agents: dict[int, list[int]] = {queue.pk: [] for queue in queues}
    for queue_id, user_id in members.order_by("pk").values_list("queue_id", "user_id"):
        agents[queue_id].append(user_id)
    floor = Floor(queues, agents)
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    with transaction.atomic():
        rows = list(weeks_before(floor, midnight)) + list(this_day(floor, midnight, now=now))
        copy("intelligence_interval", "start, subject, subject_id, sums, sketches", rows)
    return len(rows)


def usual(day: datetime, quarter: int, level: float) -> float:
    """What comes in all queues: calmer at night, a hump in the morning and one in the afternoon."""
    hour = quarter / 4
    shape = 0.7 + 0.42 * math.exp(-((hour - 10.5) ** 2) / 7) + 0.34 * math.exp(-((hour - 15.5) ** 2) / 9)
    return PER_QUARTER * shape * level * WEEKDAYS[day.weekday()]


def weeks_before(floor: Floor, midnight: datetime) -> Iterator[tuple[str, ...]]:
    for number in range(DAYS, 0, -1):
        day, level = midnight - timedelta(days=number), floor.chance.lognormvariate(0, 0.06)
        for quarter in range(QUARTERS):
            start = day + timedelta(minutes=15 * quarter)
            whole = Tally()
            for queue in floor.queues:
                held, kept = one_like_it(floor, queue, floor.count(queue, usual(day, quarter, level)))
                whole.add(held)
                yield start.isoformat(), "queue", str(queue.pk), *kept
            yield start.isoformat(), "all", "0", *as_kept(whole, marked=True)


def one_like_it(floor: Floor, queue: Queue, contacts: int) -> tuple[Tally, tuple[str, str]]:
    """A quarter-hour with so many contacts; those with as many are alike but for their moment."""
    found = floor.quarters.get((queue.pk, contacts))
    if found is None:
        last = INTERVAL_MS - 1
        told = [
            replace(one, at_ms=last)
            for contact in (floor.contact(queue, last) for _ in range(contacts))
            for one in occurrences(queue, contact, agent=SOMEBODY)
        ]
        held = tally(told).get(Cell("queue", queue.pk, 0), Tally())
        found = floor.quarters[queue.pk, contacts] = held, as_kept(held, marked=True)
    return found


def this_day(floor: Floor, midnight: datetime, *, now: datetime) -> Iterator[tuple[str, ...]]:
    """Up to now, from facts; what would still go on is left out."""
    told: list[Occurrence] = []
    for quarter in range(QUARTERS):
        start = midnight + timedelta(minutes=15 * quarter)
        if start + timedelta(minutes=15) > now:
            break
        for queue in floor.queues:
            for _ in range(floor.count(queue, usual(midnight, quarter, 1.0))):
                contact = floor.contact(queue, to_ms(start) + floor.chance.randrange(INTERVAL_MS))
                if contact.ended < to_ms(now):
                    agent = floor.chance.choice(floor.agents[queue.pk]) if floor.agents[queue.pk] else None
                    told += occurrences(queue, contact, agent=agent)
    told.sort(key=lambda one: one.at_ms)
    write_facts(told)
    for cell, held in sorted(tally(told).items()):
        yield from_ms(cell.start_ms).isoformat(), cell.subject, str(cell.subject_id), *as_kept(held)


def occurrences(queue: Queue, contact: Contact, *, agent: int | None) -> list[Occurrence]:
    here = Subjects(queue_id=queue.pk)
    came = Occurrence("WorkQueued", contact.at, here, {"medium": "chat", MADE_UP: True})
    waited = {"waited_ms": contact.waited, MADE_UP: True}
    within = {"within_service_level": contact.waited <= queue.service_level_seconds * 1000}
    met = contact.at + contact.waited
    if contact.handled is None:
        short = contact.waited < queue.short_abandon_seconds * 1000
        return [came, Occurrence("WorkAbandoned", met, here, {**waited, **within, "short": short})]
    served = Subjects(queue_id=queue.pk, agent_id=agent)
    handled = {"handled_ms": contact.handled, "wrap_up_ms": 0, MADE_UP: True}
    return [
        came,
        Occurrence("OfferMade", met, served, {MADE_UP: True}),
        Occurrence("OfferAccepted", met, served, {**waited, **within, "ring_ms": 0}),
        Occurrence("WorkCompleted", contact.ended, served, handled),
    ]


# --- Into the tables ---------------------------------------------------------------------------------------------------


def as_kept(held: Tally, *, marked: bool = False) -> tuple[str, str]:
    """(sums, sketches)."""
    sums, sketches = held.to_json()
    return as_text(sums | {MADE_UP: 1} if marked else sums), as_text(sketches)


def as_text(value: object) -> str:
    return orjson.dumps(value).decode()


def write_facts(told: list[Occurrence]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(IDS, [len(told)])
        ids = [number for (number,) in cursor.fetchall()]
    copy(
        "intelligence_fact",
        "event_id, name, at, queue_id, agent_id, milliseconds, data",
        (
            (
                str(id), one.name, from_ms(one.at_ms).isoformat(), str(one.subjects.queue_id),
                "\\N" if one.subjects.agent_id is None else str(one.subjects.agent_id), str(one.reach_ms),
                as_text(dict(one.payload)),
            )
            for id, one in zip(ids, told, strict=True)
        ),
    )  # fmt: skip


def copy(table: str, columns: str, rows: Iterable[tuple[str, ...]]) -> None:
    """Values without tabs and backslashes, but \\N for none."""
    text = StringIO("".join("\t".join(one) + "\n" for one in rows))
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY.format(table=table, columns=columns), text)


# --- And out again -----------------------------------------------------------------------------------------------------


def forget_history() -> int:
    """The made-up weeks go; what really happened on those days is counted again. Returns how many quarter-hours went."""
    with transaction.atomic():
        gone = Interval.objects.filter(sums__has_key=MADE_UP)
        facts = Fact.objects.filter(data__has_key=MADE_UP)
        starts = [*gone.values_list("start", flat=True), *facts.values_list("at", flat=True)]
        if not starts:
            return 0
        facts.delete()
        count, _ = gone.delete()
        recount(from_ms(to_ms(min(starts)) // INTERVAL_MS * INTERVAL_MS), max(starts) + timedelta(days=1))
    return count
