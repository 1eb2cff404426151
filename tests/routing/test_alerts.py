"""Alerts: raised after their time, cleared when safely over, told once, whoever looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cxos.core.errors import Invalid
from cxos.core.models import AuditEntry, Event
from intelligence.models import Interval
from routing.models import Alert, Threshold, WorkItem
from routing.services.alerts import read, remove_threshold, save_threshold, watch_thresholds
from routing.services.work import abandon
from routing.steadying import Change, Limit, Watch, step

# --- The hysteresis -----------------------------------------------------------------------------------------------------

ABOVE_TEN, QUIET = Limit(10, seconds=120), Watch()


def walk(limit, values, *, every=60.0, watch=QUIET):
    """The changes at each look."""
    changes = []
    for number, value in enumerate(values):
        watch, change = step(watch, value, limit=limit, now=number * every)
        changes.append(change)
    return changes


def test_it_is_raised_once_after_its_time():
    assert walk(ABOVE_TEN, [11, 12, 13, 14]) == [None, None, Change.RAISED, None]
    assert walk(Limit(10), [10, 11, 12]) == [None, Change.RAISED, None]


def test_a_value_that_comes_and_goes_raises_nothing():
    assert walk(ABOVE_TEN, [11, 11, 9, 11, 11, 9]) == [None] * 6


def test_it_is_cleared_only_when_safely_within_for_a_while():
    raised = Watch(is_raised=True)

    assert walk(ABOVE_TEN, [10, 10, 10], watch=raised) == [None] * 3
    assert walk(ABOVE_TEN, [9, 10, 9, 9], watch=raised) == [None, None, None, Change.CLEARED]


@pytest.mark.parametrize(
    ("limit", "value", "beyond", "safe"),
    [
        (Limit(80, above=False), 79.9, True, False),
        (Limit(80, above=False), 80, False, False),
        (Limit(80, above=False), 88, False, True),
        (Limit(1, above=False), 0, True, False),
        (Limit(1, above=False), 2, False, True),
        (Limit(0), 1, True, False),
        (Limit(0), 0, False, True),
        (Limit(10), 9, False, True),
    ],
)
def test_beyond_and_safe_leave_room_between_them(limit, value, beyond, safe):
    assert (limit.is_beyond(value), limit.is_safe(value)) == (beyond, safe)


def test_what_is_unknown_proves_nothing():
    assert walk(ABOVE_TEN, [11, 11, None, 11, 11]) == [None] * 5
    assert walk(ABOVE_TEN, [9, None, 9], watch=Watch(is_raised=True)) == [None] * 3


# --- On the floor --------------------------------------------------------------------------------------------------------


def names():
    return list(Event.objects.filter(key__startswith="threshold:").order_by("id").values_list("name", flat=True))


@pytest.fixture
def crowded(queue, sam):
    return save_threshold(Threshold(queue=queue, measure="waiting", limit=1, minutes=2), actor=sam)


def test_too_many_waiting_raise_an_alert_and_serving_them_clears_it(crowded, waiting, now):
    first, second = waiting(), waiting()

    assert [watch_thresholds(now=now + timedelta(seconds=s)) for s in (0, 60, 119)] == [0, 0, 0]
    assert watch_thresholds(now=now + timedelta(seconds=120)) == 1
    alert = Alert.objects.get()
    assert (alert.value, alert.worst, alert.cleared_at) == (2, 2, None)
    waiting()
    watch_thresholds(now=now + timedelta(seconds=130))
    for item in (first, second):
        abandon(item.pk, now=now + timedelta(seconds=135))
    watch_thresholds(now=now + timedelta(seconds=140))
    assert names() == ["AlertRaised"]
    abandon(WorkItem.objects.get(state="waiting").pk, now=now + timedelta(seconds=150))

    assert [watch_thresholds(now=now + timedelta(seconds=s)) for s in (160, 219, 220, 230)] == [0, 0, 1, 0]

    alert.refresh_from_db()
    assert (alert.worst, alert.cleared_at) == (3, now + timedelta(seconds=220))
    assert names() == ["AlertRaised", "AlertCleared"]
    assert Event.objects.get(name="AlertCleared").payload["lasted_ms"] == 100_000


def test_who_looks_twice_at_once_raises_once(crowded, waiting, now):
    waiting(), waiting()
    watch_thresholds(now=now)

    watch_thresholds(now=now + timedelta(seconds=120))
    watch_thresholds(now=now + timedelta(seconds=120))

    assert Alert.objects.count() == 1
    assert names() == ["AlertRaised"]


def test_every_measure_reads_what_the_board_shows(queue, ana, on_duty, waiting, now):
    on_duty(ana)
    waiting(at=now - timedelta(seconds=90))
    for subject, subject_id in (("queue", queue.pk), ("all", 0)):
        Interval.objects.create(
            subject=subject,
            subject_id=subject_id,
            start=now - timedelta(minutes=15),
            sums={"offered": 10, "answered_within": 7, "abandoned": 2, "abandoned_short": 0},
        )

    readings = read(now=now)

    for place in (queue.pk, 0):
        assert [readings.value(measure, place) for measure in Threshold.Measure.values] == [
            1,
            90,
            pytest.approx(70),
            pytest.approx(20),
            1,
        ]
    assert readings.value("service_level", queue.pk + 1) is None


def test_few_contacts_say_nothing_about_a_share(queue, now):
    Interval.objects.create(subject="queue", subject_id=queue.pk, start=now, sums={"offered": 4, "answered_within": 0})

    assert read(now=now).value("service_level", queue.pk) is None


def test_switching_a_threshold_off_ends_its_alert(crowded, waiting, sam, now):
    waiting(), waiting()
    watch_thresholds(now=now)
    watch_thresholds(now=now + timedelta(minutes=2))
    crowded.refresh_from_db()
    crowded.enabled = False
    save_threshold(crowded, actor=sam)
    save_threshold(Threshold(measure="waiting", limit=99), actor=sam)

    assert watch_thresholds(now=now + timedelta(minutes=3)) == 1

    assert Alert.objects.get().cleared_at == now + timedelta(minutes=3)
    assert names() == ["AlertRaised", "AlertCleared"]


@pytest.mark.parametrize(
    ("measure", "limit", "minutes"),
    [("waiting", -1, 0), ("service_level", 101, 0), ("waiting", 1, 241), ("mood", 1, 0), ("waiting", float("nan"), 0)],
)
def test_a_threshold_out_of_range_is_refused_and_nothing_is_written(sam, measure, limit, minutes):
    with pytest.raises(Invalid):
        save_threshold(Threshold(measure=measure, limit=limit, minutes=minutes), actor=sam)

    assert not Threshold.objects.exists()
    assert not AuditEntry.objects.exists()


def test_every_change_stands_in_the_audit(crowded, sam):
    crowded.limit = 5
    save_threshold(crowded, actor=sam)
    save_threshold(crowded, actor=sam)
    remove_threshold(crowded, actor=sam)

    entries = list(AuditEntry.objects.order_by("id").values_list("verb", "before__limit", "after__limit"))
    assert entries == [("created", None, 1), ("changed", 1, 5), ("removed", 5, None)]


def test_without_thresholds_beat_asks_one_question(django_assert_num_queries, db):
    with django_assert_num_queries(1):
        assert watch_thresholds(now=timezone.now()) == 0
