"""Who is planned for what: written, read from a file, and compared with what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from cxos.core.errors import Conflict, Invalid
from cxos.core.models import Event, User
from intelligence.models import Activity, Fact, PresenceMeaning, ScheduleException, Shift
from intelligence.queries.schedules import AgentDay, agent_days
from intelligence.services.schedule_file import import_schedule
from intelligence.services.schedules import approve, change_activities, excuse, remove_shift, save_shift

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 4, tzinfo=UTC)
NIGHT = DAY + timedelta(days=1)


def at(hour: int, minute: int = 0) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


@pytest.fixture(autouse=True)
def activities() -> None:
    for key, kind, presence in (("queue", "on_queue", "available"), ("break", "break", "break")):
        activity, _ = Activity.objects.get_or_create(key=key, defaults={"name": key.title(), "kind": kind})
        PresenceMeaning.objects.get_or_create(presence=presence, reason="", defaults={"activity": activity})
    Activity.objects.update(grace_seconds=300)


def activity(key: str) -> Activity:
    return Activity.objects.get(key=key)


def plan(agent: User, key: str, start: datetime, end: datetime, sam: User) -> Shift:
    return save_shift(None, agent=agent, activity=activity(key), starts_at=start, ends_at=end, actor=sam)


def changed(agent: User, when: datetime, presence: str, *, previous: str = "", reason: str = "") -> None:
    number = Fact.objects.count() + 1
    data = {"presence": presence, "previous": previous, "reason": reason, "previous_ms": 0}
    Fact.objects.create(event_id=number, name="PresenceChanged", at=when, agent_id=agent.pk, data=data)


def day_of(agent: User, *, now: datetime = NIGHT, **more: Any) -> AgentDay:
    return agent_days([agent.pk], DAY, NIGHT, now=now, **more)[agent.pk]


def test_a_day_from_presence_and_plan(ana: User, sam: User) -> None:
    """Planned 9–12 with a break at 10:00; ten minutes late, and back from the break after twenty."""
    for key, start, end in (("queue", at(9), at(10)), ("break", at(10), at(10, 15)), ("queue", at(10, 15), at(12))):
        plan(ana, key, start, end, sam)
    changed(ana, at(9, 10), "available", previous="offline")
    changed(ana, at(10), "break", previous="available")
    changed(ana, at(10, 20), "available", previous="break")
    changed(ana, at(12), "offline", previous="available")

    found = day_of(ana)

    assert (found.kept.scheduled_ms, found.kept.exception_ms) == (180 * 60_000, 10 * 60_000), "five minutes are grace"
    assert found.adherence == 1 - 10 / 180
    assert found.conformance == (50 + 100) / 165
    assert [(stay.presence, stay.kind) for stay in found.stays] == [
        ("offline", "away"), ("available", "on_queue"), ("break", "break"), ("available", "on_queue"), ("offline", "away"),
    ]  # fmt: skip


def test_editing_the_plan_changes_the_figures(ana: User, sam: User) -> None:
    shift = plan(ana, "queue", at(9), at(11), sam)
    changed(ana, at(10), "available", previous="offline")
    changed(ana, at(11), "offline", previous="available")
    assert day_of(ana).adherence == 0.5

    save_shift(shift, agent=ana, activity=activity("queue"), starts_at=at(10), ends_at=at(11), actor=sam)

    assert day_of(ana).adherence == 1.0
    told = Event.objects.filter(name="ScheduleChanged").last()
    assert told is not None
    assert (told.payload["starts_at"], told.payload["ends_at"]) == (at(9).isoformat(), at(11).isoformat())
    remove_shift(shift, actor=sam)
    assert day_of(ana).adherence is None


def test_an_exception_counts_once_it_is_approved(ana: User, sam: User) -> None:
    plan(ana, "queue", at(9), at(11), sam)
    changed(ana, at(10), "available", previous="offline")
    excused = excuse(agent=ana, starts_at=at(9), ends_at=at(10), cause="The train", approved=False, actor=sam)
    assert day_of(ana, now=at(11)).adherence == 0.5

    approve(excused, approved=True, actor=sam)

    assert day_of(ana, now=at(11)).adherence == 1.0
    with pytest.raises(Invalid, match="Say why"):
        excuse(agent=ana, starts_at=at(9), ends_at=at(10), cause=" ", approved=True, actor=sam)
    assert ScheduleException.objects.count() == 1


def test_who_was_there_since_yesterday_is_there(ana: User, sam: User) -> None:
    plan(ana, "queue", at(0), at(1), sam)
    changed(ana, DAY - timedelta(hours=1), "available", previous="offline")

    assert day_of(ana).adherence == 1.0


def test_a_reason_may_mean_something_of_its_own(ana: User, sam: User) -> None:
    """“Coaching” is chosen as a meeting, and means work on the queue here."""
    plan(ana, "queue", at(9), at(10), sam)
    changed(ana, at(9), "meeting", previous="offline", reason="Coaching")
    assert day_of(ana, now=at(10)).adherence == 0.0

    change_activities({}, meanings={("meeting", "Coaching"): "queue"}, actor=sam)
    assert day_of(ana, now=at(10)).adherence == 1.0
    change_activities({"queue": (3600, False)}, meanings={("meeting", "Coaching"): ""}, actor=sam)
    assert day_of(ana, now=at(10)).adherence == 1.0, "within the grace"


def test_nobody_is_planned_twice(ana: User, sam: User) -> None:
    plan(ana, "queue", at(9), at(11), sam)

    with pytest.raises(Conflict, match="Ana is planned for"):
        plan(ana, "break", at(10), at(12), sam)
    with pytest.raises(Invalid, match="after it begins"):
        plan(ana, "break", at(12), at(12), sam)
    with pytest.raises(Invalid, match="within 24 hours"):
        plan(ana, "break", at(12), at(37), sam)

    assert Shift.objects.count() == 1
    plan(ana, "break", at(11), at(12), sam)


HEADER = "agent,activity,starts,ends\n"


def test_a_file_replaces_the_days_it_names(ana: User, sam: User) -> None:
    plan(ana, "queue", at(9), at(11), sam)
    plan(ana, "queue", at(9) + timedelta(days=1), at(11) + timedelta(days=1), sam)
    plan(sam, "queue", at(9), at(11), sam)
    berlin = ZoneInfo("Europe/Berlin")

    read = import_schedule(
        HEADER + "ana@example.com,queue,2026-03-04 08:00,2026-03-04 12:00\n"
        "ana@example.com,Break,2026-03-04T12:00:00+01:00,2026-03-04 12:30\n",
        zone=berlin,
        actor=sam,
    )

    assert (read.problems, read.people, len(read.shifts)) == ([], 1, 2)
    assert list(Shift.objects.filter(agent=ana).order_by("starts_at").values_list("starts_at", "ends_at")) == [
        (at(7), at(11)), (at(11), at(11, 30)), (at(9) + timedelta(days=1), at(11) + timedelta(days=1)),
    ]  # fmt: skip
    assert Shift.objects.filter(agent=sam).count() == 1


def test_a_file_with_bad_rows_changes_nothing_and_names_them(ana: User, sam: User) -> None:
    plan(ana, "queue", at(9), at(11), sam)

    read = import_schedule(
        HEADER + "ana@example.com,queue,2026-03-04 08:00,2026-03-04 12:00\n"
        "who@example.com,queue,2026-03-04 08:00,2026-03-04 12:00\n"
        "ana@example.com,sleep,2026-03-04 08:00,2026-03-04 12:00\n"
        "ana@example.com,queue,tomorrow,2026-03-04 12:00\n"
        "ana@example.com,queue,2026-03-04 12:00,2026-03-04 12:00\n",
        zone=UTC,
        actor=sam,
    )

    assert read.problems == [
        (3, "Nobody with the e-mail “who@example.com” works here."),
        (4, "There is no activity “sleep”."),
        (5, "Write times as in 2026-01-31 09:00."),
        (6, "It must end after it begins, and within 24 hours."),
    ]
    assert list(Shift.objects.values_list("starts_at", flat=True)) == [at(9)]


def test_a_file_that_plans_somebody_twice_changes_nothing(ana: User, sam: User) -> None:
    plan(ana, "queue", at(9), at(11), sam)
    rows = "ana@example.com,queue,2026-03-04 08:00,2026-03-04 12:00\nana@example.com,break,2026-03-04 11:00,2026-03-04 13:00\n"

    read = import_schedule(HEADER + rows, zone=UTC, actor=sam)

    assert [number for number, _ in read.problems] == [0]
    assert "Ana would be planned twice at 2026-03-04 11:00 (UTC)." in read.problems[0][1]
    assert list(Shift.objects.values_list("starts_at", flat=True)) == [at(9)]
    assert import_schedule("who,when\n", zone=UTC, actor=sam).problems[0][0] == 1


def test_many_agents_cost_as_much_as_one(
    ana: User, sam: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for user in (ana, sam):
        plan(user, "queue", at(9), at(11), sam)
        changed(user, at(9), "available", previous="offline")

    with django_assert_num_queries(5):
        found = agent_days([ana.pk, sam.pk], DAY, NIGHT, now=NIGHT)

    assert [one.adherence for one in found.values()] == [1.0, 1.0]
