"""The demo's week: everybody has a whole day, nobody two things at once, and never all of them a break."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cxos.demo.people import PEOPLE
from cxos.demo.plan import DAYS, seed_plan
from cxos.demo.seed import seed_people
from intelligence.models import Shift

pytestmark = pytest.mark.django_db
BEGINS = datetime(2026, 3, 4, 13, 52, tzinfo=UTC)
AGENTS = sum(1 for one in PEOPLE if one.queues)


def test_everybody_has_a_week_without_gaps_and_overlaps() -> None:
    seed_people()

    seed_plan(begins=BEGINS)

    days = defaultdict(list)
    for shift in Shift.objects.order_by("agent", "starts_at"):
        days[shift.agent_id, shift.starts_at.date()].append(shift)
    assert len(days) == AGENTS * DAYS
    for shifts in days.values():
        assert all(before.ends_at == after.starts_at for before, after in pairwise(shifts))
        assert shifts[-1].ends_at - shifts[0].starts_at == timedelta(hours=8, minutes=30)
    assert Shift.objects.order_by("starts_at")[0].starts_at == datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
    breaks = Shift.objects.filter(activity__key="break", starts_at__lt=BEGINS + timedelta(hours=12))
    assert len(set(breaks.values_list("starts_at", flat=True))) > 1


def test_a_plan_that_is_there_is_left_alone() -> None:
    seed_people()
    seed_plan(begins=BEGINS)
    before = list(Shift.objects.values_list("id", "starts_at"))

    seed_plan(begins=BEGINS + timedelta(days=1))

    assert list(Shift.objects.values_list("id", "starts_at")) == before
