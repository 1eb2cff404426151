"""Events become facts and quarter-hour figures, once each, and can be counted again from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from cxos.core.catalogue import Received
from intelligence.counting import Occurrence, tally
from intelligence.intervals import LONGEST_SPLIT_MS, Cell, Subjects, Tallies, Tally
from intelligence.models import Fact, Interval

FACTS_LOCK = 0x0C12  # advisory: counting on and counting again must not meet
BATCH = 2_000
_COLUMNS = {"queue_id", "agent_id", "channel_id", "conversation_id", "item_id", "customer_id", "at"}


def record(received: Sequence[Received]) -> int:
    """Write the facts of these events and add them to their intervals; an event seen before is passed over.

    Call it inside the transaction that remembers how far the reader has come. Five statements a batch.
    """
    with transaction.atomic():
        _lock_facts()
        seen = set(Fact.objects.filter(event_id__in=[one.id for one in received]).values_list("event_id", flat=True))
        facts = [fact_of(one) for one in {one.id: one for one in received}.values() if one.id not in seen]
        Fact.objects.bulk_create(facts, batch_size=BATCH)
        _add_to_intervals(tally(occurrence_of(fact) for fact in facts))
    return len(facts)


def fact_of(one: Received) -> Fact:
    """The fact of an event: its own moment, what reports filter by as columns, the rest as it was told."""
    payload = asdict(one.event)
    at = _moment(payload.get("at")) or one.at
    fact = Fact(
        event_id=one.id,
        name=one.name,
        at=at,
        queue_id=payload.get("queue_id", payload.get("from_queue_id")),  # what moved on counts where it left
        agent_id=payload.get("agent_id"),
        channel_id=payload.get("channel_id"),
        conversation_id=payload.get("conversation_id"),
        work_item_id=payload.get("item_id"),
        customer_id=payload.get("customer_id"),
        data={name: value for name, value in payload.items() if name not in _COLUMNS},
    )
    fact.milliseconds = occurrence_of(fact).reach_ms
    return fact


def occurrence_of(fact: Fact) -> Occurrence:
    return Occurrence(
        name=fact.name,
        at_ms=to_ms(fact.at),
        subjects=Subjects(queue_id=fact.queue_id, agent_id=fact.agent_id, channel_id=fact.channel_id),
        payload=fact.data,
    )


def recount(start: datetime, end: datetime) -> int:
    """Count the quarter-hours of [start, end) again from the facts alone; returns rows written.

    What was there is replaced. Gives the same figures as counting event by event did, to the last digit.
    """
    with transaction.atomic():
        _lock_facts()
        cells = count_from_scratch(start, end)
        Interval.objects.filter(start__gte=start, start__lt=end).delete()
        Interval.objects.bulk_create([_row(cell, held) for cell, held in sorted(cells.items())], batch_size=BATCH)
    return len(cells)


def differences(start: datetime, end: datetime) -> list[str]:
    """What a recount of [start, end) would change, a line each; empty when incremental and from scratch agree."""
    with transaction.atomic():
        _lock_facts()
        fresh = {cell: held.to_json() for cell, held in count_from_scratch(start, end).items()}
        rows = Interval.objects.filter(start__gte=start, start__lt=end)
        kept = {_cell(row): (row.sums, row.sketches) for row in rows.iterator(chunk_size=BATCH)}
    return [
        f"{cell.subject} {cell.subject_id} at {from_ms(cell.start_ms):%Y-%m-%d %H:%M}: "
        f"kept {kept.get(cell)}, counted {fresh.get(cell)}"
        for cell in sorted(fresh.keys() | kept.keys())
        if fresh.get(cell) != kept.get(cell)
    ]


def count_from_scratch(start: datetime, end: datetime) -> Tallies:
    """The cells of [start, end), out of every fact that happened in it or reaches back into it."""
    reaching_back = Q(at__lt=end + timedelta(milliseconds=LONGEST_SPLIT_MS)) & Q(began__lt=end)
    facts = (
        Fact.objects.filter(at__gte=start)
        .annotate(began=RawSQL("at - coalesce(milliseconds, 0) * interval '1 millisecond'", ()))
        .filter(Q(at__lt=end) | reaching_back)
        .order_by(F("event_id"))
    )
    first, after = to_ms(start), to_ms(end)
    cells = Tallies()
    for cell, held in tally(occurrence_of(fact) for fact in facts.iterator(chunk_size=BATCH)).items():
        if first <= cell.start_ms < after:
            cells[cell] = held
    return cells


def _add_to_intervals(cells: Tallies) -> None:
    """Lock the rows there are in one order, add, and write all rows back by one statement."""
    if not cells:
        return
    wanted = {from_ms(cell.start_ms) for cell in cells}
    rows = Interval.objects.select_for_update().filter(
        start__in=wanted,
        subject__in={cell.subject for cell in cells},
        subject_id__in={cell.subject_id for cell in cells},
    )
    for row in rows.order_by("id"):
        if _cell(row) in cells:
            cells[_cell(row)].add(Tally.from_json(row.sums, row.sketches))
    Interval.objects.bulk_create(
        [_row(cell, held) for cell, held in sorted(cells.items())],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["subject", "subject_id", "start"],
        update_fields=["sums", "sketches"],
    )


def _cell(row: Interval) -> Cell:
    return Cell(row.subject, row.subject_id, to_ms(row.start))


def _row(cell: Cell, held: Tally) -> Interval:
    sums, sketches = held.to_json()
    return Interval(
        subject=cell.subject, subject_id=cell.subject_id, start=from_ms(cell.start_ms), sums=sums, sketches=sketches
    )


def _lock_facts() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FACTS_LOCK])


def to_ms(at: datetime) -> int:
    """Unix time in milliseconds, in whole numbers throughout."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def from_ms(at_ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)


def _moment(told: Any) -> datetime | None:
    """The time an event tells of; None where it tells none that can be read."""
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
