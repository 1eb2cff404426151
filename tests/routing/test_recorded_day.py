"""A day of this installation as the simulator meets it, and the command that replays it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cxos.core.catalogue import Received
from cxos.core.errors import Invalid
from cxos.core.events.routing import (
    OfferAccepted,
    PresenceChanged,
    WorkAbandoned,
    WorkCompleted,
    WorkQueued,
)
from cxos.core.models import User
from intelligence.services import facts
from routing.models import Queue, QueueMember
from routing.services.recorded_day import recorded_day
from routing.simulation.day import simulate
from routing.simulation.study import run
from routing.simulation.tally import Fate

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 4, tzinfo=UTC)
LATER = DAY + timedelta(days=3)


def at(minutes: float) -> str:
    return (DAY + timedelta(minutes=minutes)).isoformat()


def tell(*events: Any) -> None:
    facts.record(
        [
            Received(id=number, name=type(one).__name__, key="work:1", actor="system", depth=0, at=DAY, event=one)
            for number, one in enumerate(events, start=1)
        ]
    )


@pytest.fixture
def a_day(queue: Queue, ana: User) -> Queue:
    """Ana is available from 9:00 to 11:00; one is served, one waits two minutes for her, one hangs up."""
    QueueMember.objects.create(queue=queue, user=ana, level=3)
    more = {"queue_id": queue.pk, "conversation_id": None}
    served = {**more, "agent_id": ana.pk}
    tell(
        WorkQueued(item_id=1, medium="voice", at=at(540), **more),
        OfferAccepted(
            offer_id=1, item_id=1, medium="voice", at=at(540), waited_ms=4_000, ring_ms=4_000,
            within_service_level=True, **served,
        ),
        WorkQueued(item_id=2, medium="voice", at=at(541), **more),
        WorkQueued(item_id=3, medium="voice", at=at(542), **more),
        WorkCompleted(item_id=1, at=at(543.5), handled_ms=180_000, wrap_up_ms=26_000, **served),
        OfferAccepted(
            offer_id=2, item_id=2, medium="voice", at=at(543.5), waited_ms=150_000, ring_ms=4_000,
            within_service_level=False, **served,
        ),
        WorkAbandoned(item_id=3, at=at(544), waited_ms=100_000, short=False, **more),
        WorkCompleted(item_id=2, at=at(545), handled_ms=60_000, wrap_up_ms=26_000, **served),
        PresenceChanged(
            agent_id=ana.pk, presence="offline", previous="available", previous_ms=7_200_000, reason="", at=at(660)
        ),
    )  # fmt: skip
    return queue


def test_the_day_is_read_from_the_facts(a_day: Queue, ana: User) -> None:
    setting = recorded_day(DAY, DAY + timedelta(days=1), now=LATER)

    assert (setting.queues, setting.agents) == ({a_day.pk: "care"}, {ana.pk: "ana@example.com"})
    [worker] = setting.scenario.crew
    assert worker.on_duty == ((32_400, 39_600),)
    assert worker.agent.queues == {a_day.pk: 3}
    contacts = sorted(simulate(setting.scenario, seed=1).contacts, key=lambda each: each.arrived)
    assert [(each.arrived, each.waited, each.fate) for each in contacts] == [
        (32_400, 4, Fate.ANSWERED),
        (32_460, 154, Fate.ANSWERED),  # 180 s handled, 26 s wrap-up, 4 s ringing twice
        (32_520, 100, Fate.ABANDONED),
    ]
    assert [each.worked for each in contacts] == [206, 86, 0]


def test_an_empty_day_is_refused(queue: Queue) -> None:
    with pytest.raises(Invalid, match="Nothing came in"):
        recorded_day(DAY, DAY + timedelta(days=1), now=LATER)


def test_who_is_still_there_counts_up_to_now(a_day: Queue, ben: User, on_duty: Any) -> None:
    on_duty(ben, at=DAY + timedelta(hours=10))

    crew = recorded_day(DAY, DAY + timedelta(days=1), now=DAY + timedelta(hours=12)).scenario.crew

    assert [worker.on_duty for worker in crew if worker.agent.id == ben.pk] == [((36_000, 43_200),)]


def test_the_command_replays_a_day_and_compares(a_day: Queue) -> None:
    out = StringIO()

    call_command("simulate", "--day", "2026-03-04", "--replications", "2", stdout=out)
    plain = json.loads(out.getvalue().splitlines()[-1])
    out = StringIO()
    call_command(
        "simulate", "--day", "2026-03-04", "--replications", "2", "--compare", '{"agents": {"more": {"care": 1}}}',
        stdout=out,
    )  # fmt: skip
    compared = json.loads(out.getvalue().splitlines()[-1])

    assert plain["queues"]["care"]["offered"] == {"mean": 3, "half_width": 0}
    assert plain["all"]["abandon_rate"]["mean"] == pytest.approx(1 / 3, abs=1e-6)
    assert compared["all"]["abandon_rate"]["after"]["mean"] == 0
    assert compared["queues"]["care"]["mean_wait"]["clear"]
    assert compared["agents"]["ana@example.com"]["handled"]["after"]["mean"] == 1  # her copy takes the others


def test_the_command_says_what_it_does_not_know(a_day: Queue) -> None:
    with pytest.raises(CommandError, match="There is no queue “sales”"):
        call_command("simulate", "--day", "2026-03-04", "--changes", '{"volume": {"sales": 2}}')
    with pytest.raises(CommandError, match="neither JSON nor a file"):
        call_command("simulate", "--day", "2026-03-04", "--changes", "nowhere.json")


def test_reading_a_day_costs_the_same_for_any_number_of_items(a_day: Queue, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(16):
        setting = recorded_day(DAY, DAY + timedelta(days=1), now=LATER)

    assert run(setting.scenario, days=1).interactions == 3
