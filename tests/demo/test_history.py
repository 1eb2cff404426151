"""The demo's past: enough for a forecast, honest about today, and gone without a trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cxos.core.catalogue import Received
from cxos.core.events.routing import WorkQueued
from cxos.demo.history import DAYS, QUARTERS, forget_history, seed_history
from cxos.demo.seed import seed
from intelligence import queries
from intelligence.models import Fact, Interval
from intelligence.queries import outlook
from intelligence.services import facts
from routing.models import Queue

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 10, 7, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0, minute=0)


@pytest.fixture
def past() -> int:
    seed(now=NOW)
    return seed_history(now=NOW)


def test_today_can_be_forecast_and_looks_like_its_past(past: int) -> None:
    assert past > DAYS * QUARTERS * 4

    days = outlook.outlooks([outlook.ALL, *(("queue", one.pk) for one in Queue.objects.all())], now=NOW)

    assert len(days) == 4
    whole = days[outlook.ALL]
    assert 0.9 < whole.level.mean < 1.1
    assert 35 < max(whole.usual) < 100
    assert sum(whole.actual) == pytest.approx(whole.expected_so_far, rel=0.1)


def test_todays_numbers_open_their_rows_and_a_recount_changes_none(past: int) -> None:
    figures = queries.figures_of_all(MIDNIGHT, NOW)

    assert figures.answered > 0.8 * figures.offered > 0
    assert queries.facts_behind("answered", MIDNIGHT, NOW).count() == figures.answered
    assert queries.facts_behind("abandoned", MIDNIGHT, NOW).count() == figures.abandoned
    assert facts.differences(MIDNIGHT, MIDNIGHT + timedelta(days=1)) == []
    assert not Fact.objects.filter(at__gte=NOW).exists()


def test_the_weeks_before_have_service_levels_and_waits(past: int) -> None:
    care = Queue.objects.get(key="care")

    week = queries.figures("queue", MIDNIGHT - timedelta(days=7), MIDNIGHT)[care.pk]

    assert 0.9 < week.service_level.value < 1.0  # type: ignore[operator]
    assert week.offered == week.answered + week.abandoned
    assert week.answered == week.handled == week.completed
    assert 10 < week.speed_of_answer.mean < 25  # type: ignore[operator]
    assert 50 < week.handle_seconds < 90  # type: ignore[operator]


def test_it_is_made_once_and_leaves_what_really_happened(past: int) -> None:
    assert seed_history(now=NOW) == 0
    care = Queue.objects.get(key="care")
    came = WorkQueued(
        item_id=1, queue_id=care.pk, conversation_id=None, medium="chat", at=(MIDNIGHT - timedelta(days=2)).isoformat()
    )
    real = Received(id=10**9, name="WorkQueued", key="work:1", actor="", depth=0, at=NOW, event=came)
    facts.record([real])

    assert forget_history() == DAYS * QUARTERS * 4
    assert forget_history() == 0

    assert [one.event_id for one in Fact.objects.all()] == [10**9]
    assert sorted(Interval.objects.values_list("subject", "sums")) == [
        ("all", {"offered": 1}),
        ("queue", {"offered": 1}),
    ]
