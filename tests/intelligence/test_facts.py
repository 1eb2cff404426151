"""Events become facts and figures once, and a recount from scratch equals them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cxos.core import outbox, streams
from cxos.core.catalogue import STREAMS, Received
from cxos.core.events.channels import MessageSent
from cxos.core.events.routing import (
    OfferAccepted,
    OfferExpired,
    OfferMade,
    PresenceChanged,
    WorkAbandoned,
    WorkCompleted,
    WorkQueued,
)
from intelligence import queries
from intelligence.formulas import Ratio
from intelligence.intervals import Tally
from intelligence.models import Fact, Interval
from intelligence.services import facts
from tests.horizon import wait_for_older_transactions

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
DAY = datetime(2026, 3, 4, tzinfo=UTC)
QUEUE, ANA = 1, 7


def at(minutes: float) -> str:
    return (NINE + timedelta(minutes=minutes)).isoformat()


def queued(item: int, minutes: float, **more: Any) -> WorkQueued:
    return WorkQueued(item_id=item, queue_id=QUEUE, conversation_id=item, medium="chat", at=at(minutes), **more)


def accepted(item: int, minutes: float, waited_ms: int, *, within: bool = True) -> OfferAccepted:
    return OfferAccepted(
        offer_id=item, item_id=item, queue_id=QUEUE, agent_id=ANA, conversation_id=item, medium="chat",
        at=at(minutes), waited_ms=waited_ms, ring_ms=5_000, within_service_level=within,
    )  # fmt: skip


def completed(item: int, minutes: float, handled_ms: int, wrap_up_ms: int = 0) -> WorkCompleted:
    return WorkCompleted(
        item_id=item, queue_id=QUEUE, agent_id=ANA, conversation_id=item, at=at(minutes),
        handled_ms=handled_ms, wrap_up_ms=wrap_up_ms,
    )  # fmt: skip


def received(events: list[Any], *, first_id: int = 1) -> list[Received]:
    return [
        Received(id=number, name=type(event).__name__, key="work:1", actor="system", depth=0, at=NINE, event=event)
        for number, event in enumerate(events, start=first_id)
    ]


def a_morning() -> list[Received]:
    """Two hours of everything, by fixed chance."""
    chance = random.Random(4)
    events: list[Any] = []
    for item in range(1, 60):
        start = chance.uniform(0, 110)
        waited = chance.randrange(0, 120_000)
        events.append(queued(item, start, again=chance.random() < 0.1))
        events.append(
            OfferMade(
                offer_id=item,
                item_id=item,
                queue_id=QUEUE,
                agent_id=ANA,
                conversation_id=item,
                medium="chat",
                at=at(start),
                expires_at=at(start + 1),
                waited_ms=waited,
                attempt=1,
            )
        )
        if chance.random() < 0.2:
            events.append(
                WorkAbandoned(
                    item_id=item,
                    queue_id=QUEUE,
                    conversation_id=item,
                    at=at(start + 1),
                    waited_ms=waited,
                    short=waited < 5_000,
                )
            )
            continue
        events.append(accepted(item, start + 0.5, waited, within=waited <= 60_000))
        events.append(completed(item, start + 30, chance.randrange(60_000, 1_500_000), chance.randrange(0, 90_000)))
        events.append(
            MessageSent(
                conversation_id=item,
                message_id=item,
                channel_id=3,
                author_kind="agent",
                agent_id=ANA,
                at=at(start + 1),
                waiting_ms=waited,
                first_response=True,
            )
        )
    events.append(
        PresenceChanged(
            agent_id=ANA, presence="break", previous="available", previous_ms=7_200_000, reason="", at=at(125)
        )
    )
    return received(events)


def everything() -> list[tuple[Any, ...]]:
    return list(
        Interval.objects.order_by("subject", "subject_id", "start").values_list(
            "subject", "subject_id", "start", "sums", "sketches"
        )
    )


def test_one_item_from_queue_to_wrap_up_gives_its_figures() -> None:
    facts.record(received([queued(1, 1), accepted(1, 1.5, 30_000), completed(1, 12, 540_000, 60_000)]))

    figures = queries.figures("queue", NINE, NINE + timedelta(hours=1))[QUEUE]

    assert (figures.offered, figures.answered, figures.handled, figures.completed) == (1, 1, 1, 1)
    assert figures.service_level.percent == 100.0
    assert figures.speed_of_answer == queries.Waits(30.0, 30.0, 30.0, 30.0)
    assert figures.handle_seconds == 600.0
    assert figures.wrap_up_seconds == 60.0
    assert figures.abandon_rate.percent == 0.0
    fact = Fact.objects.get(name="OfferAccepted")
    assert (fact.queue_id, fact.agent_id, fact.work_item_id, fact.at) == (QUEUE, ANA, 1, NINE + timedelta(minutes=1.5))
    assert fact.data["waited_ms"] == 30_000


def test_the_same_event_twice_counts_once() -> None:
    batch = received([queued(1, 1), accepted(1, 1.5, 30_000)])
    facts.record(batch)
    before = everything()

    assert facts.record(batch + batch) == 0

    assert everything() == before
    assert Fact.objects.count() == 2


def test_counting_event_by_event_in_any_order_equals_a_recount_from_scratch() -> None:
    # given a morning that came in by odd batches, late ones last
    events = a_morning()
    random.Random(9).shuffle(events)
    while events:
        facts.record(events[:17])
        events = events[17:]
    incremental = everything()

    # then nothing would change, and recounting changes nothing
    assert facts.differences(DAY, DAY + timedelta(days=1)) == []
    facts.recount(DAY, DAY + timedelta(days=1))
    assert everything() == incremental
    assert len(incremental) > 20


def test_a_recount_of_one_hour_sees_work_that_ended_after_it_and_leaves_other_hours_alone() -> None:
    facts.record(a_morning())
    before = everything()

    facts.recount(NINE, NINE + timedelta(hours=1))

    assert everything() == before


def test_recount_repairs_a_figure_that_went_wrong() -> None:
    facts.record(a_morning())
    before = everything()
    row = Interval.objects.filter(subject="queue").earliest("start")
    Interval.objects.filter(id=row.id).update(sums={"offered": 999})

    with pytest.raises(CommandError, match="1 intervals differ"):
        call_command("recount", "2026-03-04", "--check")
    call_command("recount", "2026-03-04")

    assert everything() == before
    call_command("recount", "2026-03-04", "--check")


def test_a_late_event_corrects_its_own_interval() -> None:
    facts.record(received([queued(1, 1), queued(2, 40)]))

    facts.record(received([queued(3, 2)], first_id=10))

    rows = queries.figures_by_interval("queue", QUEUE, NINE, NINE + timedelta(hours=1))
    assert [row.offered for _, row in rows] == [2, 0, 1, 0]
    halves = queries.figures_by_interval("queue", QUEUE, NINE, NINE + timedelta(hours=1), quarters=2)
    assert [(start.minute, row.offered) for start, row in halves] == [(0, 2), (30, 1)]


def test_a_missed_offer_and_an_abandon_show_in_their_rates() -> None:
    expired = OfferExpired(
        offer_id=1, item_id=1, queue_id=QUEUE, agent_id=ANA, conversation_id=1, at=at(2), ring_ms=30_000
    )
    made = OfferMade(
        offer_id=1, item_id=1, queue_id=QUEUE, agent_id=ANA, conversation_id=1, medium="chat", at=at(1.5),
        expires_at=at(2), waited_ms=30_000, attempt=1,
    )  # fmt: skip
    left = WorkAbandoned(item_id=1, queue_id=QUEUE, conversation_id=1, at=at(3), waited_ms=120_000, short=False)

    facts.record(received([queued(1, 1), made, expired, left]))

    figures = queries.figures("queue", NINE, NINE + timedelta(hours=1))[QUEUE]
    assert figures.missed_offers.percent == 100.0
    assert figures.abandon_rate.percent == 100.0
    assert figures.abandon_time.mean == 120.0
    assert figures.service_level.percent == 0.0
    assert figures.speed_of_answer == queries.Waits(None, None, None, None)


def test_occupancy_of_the_floor_is_added_up_from_the_agents() -> None:
    available = PresenceChanged(
        agent_id=ANA, presence="break", previous="available", previous_ms=600_000, reason="", at=at(10)
    )
    facts.record(received([available, completed(1, 5, 240_000)]))

    assert queries.figures_of_all(NINE, NINE + timedelta(hours=1)).occupancy == Ratio(240, 600)


def test_every_figure_opens_the_facts_behind_it() -> None:
    facts.record(a_morning())
    hour = NINE, NINE + timedelta(hours=1)
    figures = queries.figures("queue", *hour)[QUEUE]

    behind = queries.facts_behind("answered", *hour, subject="queue", subject_id=QUEUE)

    assert behind.count() == figures.answered
    assert list(behind) == sorted(behind, key=lambda fact: fact.at, reverse=True)
    with pytest.raises(KeyError):
        queries.facts_behind("luck", *hour)


def test_figures_of_many_queues_cost_one_query(django_assert_num_queries: Any) -> None:
    facts.record(a_morning())

    with django_assert_num_queries(1):
        queries.figures("queue", NINE, NINE + timedelta(hours=4))
    with django_assert_num_queries(2):
        queries.figures_of_all(NINE, NINE + timedelta(hours=4))


def test_today_and_the_last_interval() -> None:
    now = datetime(2026, 3, 4, 9, 20, 33, tzinfo=UTC)

    assert queries.last_interval(now) == (NINE, NINE + timedelta(minutes=15))
    assert queries.today(now) == (DAY, NINE + timedelta(minutes=30))


@pytest.mark.django_db(transaction=True)
def test_emitted_events_reach_the_figures_by_the_stream() -> None:
    with transaction.atomic():
        outbox.emit(queued(1, 1), key="work:1")
        outbox.emit(accepted(1, 1.2, 12_000), key="work:1")

    wait_for_older_transactions()
    streams.advance(STREAMS["facts"])

    assert queries.figures("queue", NINE, NINE + timedelta(hours=1))[QUEUE].answered == 1
    assert streams.advance(STREAMS["facts"]) == 0


def test_the_marked_seconds_stand_among_the_sums_also_of_rows_from_before() -> None:
    tally = Tally()
    tally.mark("in_hand", 0b0111)
    tally.mark("routable", 0b1110)
    sums, sketches = tally.to_json()
    row = Interval.objects.create(subject="agent", subject_id=ANA, start=NINE, sums={}, sketches=sketches)
    fill = import_module("intelligence.migrations.0002_marked_seconds_among_the_sums").FILL

    with connection.cursor() as cursor:
        cursor.execute(fill)

    row.refresh_from_db()
    assert row.sums == sums == {"in_hand_seconds": 3, "routable_seconds": 3, "worked_or_routable_seconds": 4}
    assert Tally.from_json(row.sums, row.sketches).sums == {}
    assert queries.figures_of_all(NINE, NINE + timedelta(hours=1)).occupancy == Ratio(3, 4)
