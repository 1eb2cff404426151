"""Days of 23, 24 and 25 hours, midnight, events told twice and late: the same quarter-hours come out."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies as st

from cxos.core.catalogue import Received
from cxos.core.events.routing import OfferAccepted, PresenceChanged, WorkCompleted, WorkQueued
from intelligence import queries
from intelligence.models import Interval
from intelligence.queries.outlook import outlooks, slots_of
from intelligence.services import facts

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
# The clock goes forward, goes back, and does neither.
DAYS = {datetime(2026, 3, 29): 92, datetime(2026, 10, 25): 100, datetime(2026, 12, 31): 96}
QUEUE, ANA = 1, 7

seconds = st.integers(-7_200, 27 * 3_600)
durations = st.integers(0, 5 * 3_600_000)
happenings = st.lists(
    st.tuples(st.sampled_from(["queued", "accepted", "completed", "presence"]), seconds, durations), max_size=12
)


def event(kind: str, at: datetime, ms: int) -> Any:
    told = {"at": at.isoformat()}
    work = {"item_id": 1, "queue_id": QUEUE, "conversation_id": 1, **told}
    match kind:
        case "queued":
            return WorkQueued(**work, medium="chat")
        case "accepted":
            return OfferAccepted(
                **work, offer_id=1, agent_id=ANA, medium="chat", waited_ms=ms, ring_ms=5_000, within_service_level=True
            )
        case "completed":
            return WorkCompleted(**work, agent_id=ANA, handled_ms=ms, wrap_up_ms=60_000)
        case _:
            return PresenceChanged(
                **told, agent_id=ANA, presence="break", previous="available", previous_ms=ms, reason=""
            )


def log(day: datetime, happened: list[tuple[str, int, int]], zone: Any, *, first: int = 1) -> list[Received]:
    """Each moment is told in the local time of `zone`, whatever the clock did there. `first`: the id of the first one."""
    start = day.replace(tzinfo=BERLIN).astimezone(UTC)
    return [
        Received(
            id=number, name=type(made).__name__, key="work:1", actor="", depth=0, at=start, event=made,
        )
        for number, (kind, after, ms) in enumerate(happened, start=first)
        for made in [event(kind, (start + timedelta(seconds=after)).astimezone(zone), ms)]
    ]  # fmt: skip


def counted(batches: list[list[Received]]) -> list[tuple[Any, ...]]:
    for batch in batches:
        facts.record(batch)
    rows = Interval.objects.order_by("subject", "subject_id", "start")
    return list(rows.values_list("subject", "subject_id", "start", "sums", "sketches"))


def test_in_an_hour_that_comes_twice_the_last_quarter_hour_is_one_quarter_hour() -> None:
    again = datetime(2026, 10, 25, 2, 20, tzinfo=BERLIN, fold=1)  # 1:20 UTC; 2:20 stood on the clock at 0:20 UTC too

    assert queries.last_interval(again) == (
        datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 15, tzinfo=UTC),
    )
    assert queries.today(again) == (
        datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )


def test_what_came_in_the_hour_that_comes_twice_is_forecast_and_counted_as_what_it_is() -> None:
    again = datetime(2026, 10, 25, 2, 20, tzinfo=BERLIN, fold=1)
    for weeks in (1, 2):
        facts.record(log(datetime(2026, 10, 25) - timedelta(weeks=weeks), [("queued", 3_600, 0)], UTC, first=weeks))
    # at 0:30, at 1:30 and at 2:10 on the clock's second round
    came = [("queued", after, 0) for after in (1_800, 5_400, 11_400)]
    facts.record(log(datetime(2026, 10, 25), came, UTC, first=3))

    day = outlooks([("queue", QUEUE)], now=again)["queue", QUEUE]

    assert [place for place, count in enumerate(day.actual) if count] == [2, 6, 12]
    assert (len(day.slots), day.actual_so_far, day.expected_so_far) == (100, 3, 1.0)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(DAYS)), happenings, st.randoms(use_true_random=False))
def test_local_clocks_order_and_repetition_do_not_show(
    day: datetime, happened: list[tuple[str, int, int]], chance: random.Random
) -> None:
    # given the same events told in UTC in order, and in local time, late, some of them twice
    told = log(day, happened, BERLIN)
    late = [*told, *(one for one in told if chance.random() < 0.3)]
    chance.shuffle(late)
    cut = chance.randrange(len(late) + 1)

    before = transaction.savepoint()
    straight = counted([log(day, happened, UTC)])
    transaction.savepoint_rollback(before)
    assert counted([late[:cut], late[cut:]]) == straight

    # then a recount changes nothing either, and no quarter-hour of the local day is lost
    start = day.replace(tzinfo=BERLIN)
    end = (day + timedelta(days=1)).replace(tzinfo=BERLIN)
    assert facts.differences(start - timedelta(days=1), end + timedelta(days=1)) == []
    slots = slots_of(day.date(), BERLIN)
    assert len(slots) == DAYS[day]
    whole = queries.figures("queue", start, end).get(QUEUE, queries.NOTHING)
    by_slot = [queries.figures("queue", at, at + queries.INTERVAL).get(QUEUE, queries.NOTHING) for at in slots[::7]]
    rows = queries.figures_by_interval("queue", QUEUE, start.astimezone(UTC), end.astimezone(UTC))
    assert len(rows) == len(slots)
    assert sum(row.offered for _, row in rows) == whole.offered
    assert [row.offered for _, row in rows[::7]] == [one.offered for one in by_slot]
    transaction.savepoint_rollback(before)


def test_a_call_over_midnight_is_split_between_the_days_and_ends_in_the_second() -> None:
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    told = event("completed", midnight + timedelta(minutes=10), 20 * 60_000)
    facts.record([Received(id=1, name="WorkCompleted", key="work:1", actor="", depth=0, at=midnight, event=told)])

    first, second = (
        queries.figures("queue", start, start + timedelta(days=1))[QUEUE]
        for start in (midnight - timedelta(days=1), midnight)
    )

    assert (first.tally.sums["handling_split_ms"], second.tally.sums["handling_split_ms"]) == (660_000, 540_000)
    assert (first.handled, second.handled) == (0, 1)
    assert second.tally.sums["handling_completed_ms"] == 1_200_000
