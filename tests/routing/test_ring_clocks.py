"""Ring clocks as they are stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.engine.snapshot import RingMove
from routing.models import WorkItem
from routing.services.matcher import _note_rings

pytestmark = pytest.mark.django_db


def test_rings_of_many_items_are_noted_by_one_statement(waiting, now, django_assert_num_queries):
    first, second, gone = waiting(), waiting(), waiting()
    WorkItem.objects.filter(pk=first.pk).update(ring_elapsed=12.5)
    WorkItem.objects.filter(pk=gone.pk).update(state="canceled")
    later = now + timedelta(seconds=30)

    with django_assert_num_queries(1):
        _note_rings(
            [
                RingMove(second.pk, 1, now.timestamp()),
                RingMove(first.pk, 1, now.timestamp()),
                RingMove(first.pk, 2, later.timestamp()),
                RingMove(gone.pk, 1, now.timestamp()),
            ]
        )

    rows = WorkItem.objects.order_by("id").values_list("pk", "ring", "ring_since", "ring_elapsed")
    assert list(rows) == [(first.pk, 2, later, 0), (second.pk, 1, now, 0), (gone.pk, 0, gone.ring_since, 0)]
    with django_assert_num_queries(0):
        _note_rings([])
