"""The page of the schedule: who may, what it shows and costs, and what is changed on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cxos.core.models import User
from intelligence.models import Activity, Fact, PresenceMeaning, ScheduleException, Shift
from routing.models import PresenceReason

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 4, tzinfo=UTC)
PAGES = [
    "/supervisor/schedule/", "/supervisor/schedule/rows/?day=2026-03-04", "/supervisor/schedule/shifts/new/",
    "/supervisor/schedule/exceptions/new/", "/supervisor/schedule/import/", "/supervisor/schedule/activities/",
]  # fmt: skip

SAID = ("agent_id", "starts_at", "ends_at", "cause", "approved")


@pytest.fixture(autouse=True)
def activities() -> None:
    for key, kind, presence in (("queue", "on_queue", "available"), ("break", "break", "break")):
        activity, _ = Activity.objects.get_or_create(key=key, defaults={"name": key.title(), "kind": kind})
        PresenceMeaning.objects.get_or_create(presence=presence, reason="", defaults={"activity": activity})


@pytest.fixture
def page(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


@pytest.fixture
def shift(ana: User) -> Shift:
    """Ana was planned 9–11, and came at ten."""
    for number, (hour, presence, previous) in enumerate([(10, "available", "offline"), (11, "offline", "available")]):
        data = {"presence": presence, "previous": previous, "reason": ""}
        at = DAY + timedelta(hours=hour)
        Fact.objects.create(event_id=number + 1, name="PresenceChanged", at=at, agent_id=ana.pk, data=data)
    return Shift.objects.create(
        agent=ana, activity=Activity.objects.get(key="queue"), starts_at=DAY + timedelta(hours=9),
        ends_at=DAY + timedelta(hours=11),
    )  # fmt: skip


def toast_of(answer: Any) -> dict[str, Any]:
    return json.loads(answer["HX-Trigger"])["toast"]


@pytest.mark.parametrize("path", PAGES)
def test_the_schedule_is_for_supervisors(client: Client, ana: User, sam: User, path: str) -> None:
    client.force_login(ana)
    assert client.get(path).status_code == 403
    client.force_login(sam)
    assert client.get(path).status_code == 200


def test_a_day_shows_plan_presence_and_figures(page: Client, shift: Shift, ana: User) -> None:
    shown = page.get("/supervisor/schedule/?day=2026-03-04").content.decode()

    assert "09:00–11:00" in shown
    assert "10:00–11:00 Available" in shown
    assert shown.count("50\u2009%") == 2
    day = page.get(f"/supervisor/schedule/agents/{ana.pk}/?day=2026-03-04").content.decode()
    assert "09:00–10:00" in day
    assert "starts=2026-03-04T09:00&amp;ends=2026-03-04T10:00" in day


def test_work_outside_the_schedule_counts_where_asked(page: Client, shift: Shift) -> None:
    shift.ends_at = DAY + timedelta(hours=10)
    shift.save()

    assert "100\u2009%" in page.get("/supervisor/schedule/rows/?day=2026-03-04").content.decode()
    shown = page.get("/supervisor/schedule/rows/?day=2026-03-04&outside=1").content.decode()
    assert "outside=1" in shown
    assert "0\u2009%" in shown


def test_a_day_costs_as_much_for_many(
    page: Client, shift: Shift, sam: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        user = User.objects.create_user(f"a{number}@example.com", "correct horse battery", name=f"A{number}")
        Shift.objects.create(agent=user, activity=shift.activity, starts_at=shift.starts_at, ends_at=shift.ends_at)

    with django_assert_max_num_queries(12):
        page.get("/supervisor/schedule/?day=2026-03-04")


def test_a_shift_is_planned_changed_and_both_are_undone(page: Client, ana: User) -> None:
    queue = Activity.objects.get(key="queue")
    values = {"agent": ana.pk, "activity": queue.pk, "starts": "2026-03-04T09:00", "ends": "2026-03-04T17:00"}
    planned = page.post("/supervisor/schedule/shifts/new/", values)
    made = Shift.objects.get()
    assert (planned.status_code, made.starts_at, made.ends_at) == (
        204, DAY + timedelta(hours=9), DAY + timedelta(hours=17),
    )  # fmt: skip

    later = page.post(f"/supervisor/schedule/shifts/{made.pk}/", values | {"starts": "2026-03-04T10:00"})
    assert Shift.objects.get().starts_at == DAY + timedelta(hours=10)
    page.post(toast_of(later)["undo"])
    assert Shift.objects.get().starts_at == DAY + timedelta(hours=9)

    gone = page.post(f"/supervisor/schedule/shifts/{made.pk}/remove/")
    assert not Shift.objects.exists()
    page.post(toast_of(gone)["undo"])
    assert Shift.objects.get().ends_at == DAY + timedelta(hours=17)
    page.post(toast_of(planned)["undo"].replace(str(made.pk), str(Shift.objects.get().pk)))
    assert not Shift.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"starts": "soon"}, "Choose when it begins"),
        ({"activity": "0"}, "Choose an activity."),
        ({"ends": "2026-03-04T09:00"}, "It must end after it begins"),
        ({"starts": "2026-03-04T10:30", "ends": "2026-03-04T12:00"}, "is planned for"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    page: Client, shift: Shift, ana: User, wrong: dict[str, str], words: str
) -> None:
    values = {"agent": ana.pk, "activity": shift.activity_id, "starts": "2026-03-04T09:00", "ends": "2026-03-04T17:00"}

    answer = page.post("/supervisor/schedule/shifts/new/", values | wrong)

    assert answer.status_code in {409, 422}
    assert words in answer.content.decode()
    assert Shift.objects.get() == shift


def test_lateness_is_excused_and_approved(page: Client, shift: Shift, ana: User) -> None:
    values = {"agent": ana.pk, "starts": "2026-03-04T09:00", "ends": "2026-03-04T10:00", "cause": "The train"}
    page.post("/supervisor/schedule/exceptions/new/", values)
    made = ScheduleException.objects.get()
    assert not made.approved
    assert "50\u2009%" in page.get("/supervisor/schedule/rows/?day=2026-03-04").content.decode()

    answer = page.post(f"/supervisor/schedule/exceptions/{made.pk}/approve/")

    assert "50\u2009%" not in page.get("/supervisor/schedule/rows/?day=2026-03-04").content.decode()
    page.post(toast_of(answer)["undo"])
    assert not ScheduleException.objects.get().approved
    answer = page.post(f"/supervisor/schedule/exceptions/{made.pk}/remove/")
    assert not ScheduleException.objects.exists()

    answer = page.post(toast_of(answer)["undo"])
    again = ScheduleException.objects.get()
    assert [getattr(again, name) for name in SAID] == [getattr(made, name) for name in SAID]
    page.post(toast_of(answer)["undo"])
    assert not ScheduleException.objects.exists()


def test_an_activity_is_added_beside_the_others(page: Client) -> None:
    def added(name: str, kind: str = "off_queue") -> int:
        kept = {f"grace-{one.pk}": "5" for one in Activity.objects.all()}
        return page.post("/supervisor/schedule/activities/", kept | {"new-name": name, "new-kind": kind}).status_code

    assert added("Back office") == 204
    made = Activity.objects.get(key="back-office")
    assert (made.name, made.kind, made.grace_seconds) == ("Back office", "off_queue", 300)

    assert (added("back OFFICE"), added("Filing", "nothing")) == (409, 422)
    assert added("Back-office") == 204
    assert Activity.objects.filter(key="back-office-2").exists()


def test_a_file_is_taken_whole_or_its_lines_are_named(page: Client, ana: User) -> None:
    good = "agent,activity,starts,ends\nana@example.com,queue,2026-03-04 09:00,2026-03-04 17:00\n"
    bad = good + "who@example.com,queue,2026-03-04 09:00,2026-03-04 17:00\n"

    refused = page.post("/supervisor/schedule/import/", {"text": bad})
    assert refused.status_code == 422
    assert "Line 3" in refused.content.decode()
    assert "who@example.com" in refused.content.decode()
    assert not Shift.objects.exists()

    taken = page.post("/supervisor/schedule/import/", {"file": SimpleUploadedFile("week.csv", good.encode())})
    assert toast_of(taken)["message"] == "1 shifts planned, for 1 people"
    assert Shift.objects.get().agent == ana


def test_a_reason_means_an_activity_and_grace_is_in_minutes(page: Client) -> None:
    PresenceReason.objects.create(key="coaching", name="Coaching", presence="meeting")
    shown = page.get("/supervisor/schedule/activities/").content.decode()
    assert "Coaching" in shown
    queue = Activity.objects.get(key="queue")
    values = {f"grace-{one.pk}": "7" for one in Activity.objects.all()} | {
        f"strict-{queue.pk}": "1",
        "means-0": queue.pk,
    }

    answer = page.post("/supervisor/schedule/activities/", values | {"means-6": queue.pk})

    assert answer.status_code == 204
    queue.refresh_from_db()
    assert (queue.grace_seconds, queue.strict) == (420, True)
    assert set(PresenceMeaning.objects.values_list("presence", "reason", "activity__key")) == {
        ("available", "", "queue"), ("meeting", "Coaching", "queue"),
    }  # fmt: skip
    assert page.post("/supervisor/schedule/activities/", values | {f"grace-{queue.pk}": "x"}).status_code == 422
