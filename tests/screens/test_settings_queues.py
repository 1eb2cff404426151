"""The page of a queue: all of routing's rules in it, rings drawn by the server, and what they would mean."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cxos.core.models import AuditEntry, Team, User
from cxos.screens.settings.queue_form import QueueForm
from cxos.screens.settings.rings import read_rings, rings_of, rows_of
from routing.models import AgentSkill, AgentState, Queue, QueueMember, Skill, WorkItem
from routing.services.configure import QUEUE_FIELDS
from tests.screens.form_reading import FormReader


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


@pytest.fixture
def queue(team: Team, ana: User) -> Queue:
    Skill.objects.create(key="french", name="French")
    made = Queue.objects.create(
        key="care", name="Care", max_occupancy=0.85, callback_from=510, offer_seconds_by={"voice": 15},
        auto_accept=["chat"], rings=[
            {"seconds": 30, "drops": ["french"], "min_queue_level": 3, "hold": True},
            {"drops_all_soft": True, "groups": [
                {"team": team.pk, "level": 2, "min_expected_wait": 60, "max_service_level": 0.8, "from": 480, "until": 1080},
            ]},
        ],
    )  # fmt: skip
    QueueMember.objects.create(queue=made, user=ana, level=4)
    return made


def fields(client: Client, path: str) -> dict[str, object]:
    return dict(FormReader(client.get(path).content.decode(), "queue-form").fields)


def test_every_rule_of_a_queue_stands_in_the_form() -> None:
    elsewhere = {"team_id", "calendar_id", "overflow_to_id", "rings", "offer_seconds_by"}
    assert set(QUEUE_FIELDS) - elsewhere <= set(QueueForm.base_fields)


def test_saving_the_page_as_it_is_changes_nothing(as_adi: Client, queue: Queue) -> None:
    given = fields(as_adi, f"/settings/queues/{queue.pk}/")

    answer = as_adi.post(f"/settings/queues/{queue.pk}/", given)

    assert answer.status_code == 302
    kept = Queue.objects.get()
    assert (kept.version, kept.rings, AuditEntry.objects.count()) == (1, queue.rings, 0)


def test_what_is_changed_is_saved_and_an_emptied_limit_is_none(as_adi: Client, queue: Queue) -> None:
    given = fields(as_adi, f"/settings/queues/{queue.pk}/")
    given |= {
        "max_size": "40",
        "max_occupancy": "",
        "push": "pull",
        "offer_by_voice": "",
        "callback_until": "20:30",
        "offer_seconds": "",
    }

    as_adi.post(f"/settings/queues/{queue.pk}/", given)

    kept = Queue.objects.get()
    assert (kept.max_size, kept.max_occupancy, kept.push, kept.offer_seconds_by) == (40, None, False, {})
    assert (kept.callback_until, kept.offer_seconds, kept.version) == (1230, 30, 2)


def test_rings_are_drawn_and_read_back(queue: Queue) -> None:

    post = QueryDict(mutable=True)
    for number, row in enumerate(rows_of(queue.rings)):
        for name in ("seconds", "drops", "soft", "level", "hold"):
            post.appendlist(f"ring_{name}", row[name])
        for group in row["groups"]:
            for name, value in group.items():
                post.appendlist(f"{name}_{number}", value)
    assert rings_of(read_rings(post)) == queue.rings


def test_buttons_change_the_rings_in_the_form_only(as_adi: Client, queue: Queue) -> None:
    given = fields(as_adi, f"/settings/queues/{queue.pk}/")
    answer = as_adi.post(f"/settings/queues/{queue.pk}/", given | {"do": "ring"}, headers={"HX-Request": "true"})
    assert answer.content.decode().count("<legend>") == 3
    answer = as_adi.post(f"/settings/queues/{queue.pk}/", given | {"do": "unring:0"}, headers={"HX-Request": "true"})
    assert answer.content.decode().count("<legend>") == 1
    assert Queue.objects.get().rings == queue.rings


def test_a_ring_that_cannot_be_is_named(as_adi: Client, queue: Queue) -> None:
    given = fields(as_adi, f"/settings/queues/{queue.pk}/")
    answer = as_adi.post(f"/settings/queues/{queue.pk}/", given | {"ring_seconds": ["soon", ""]})
    assert answer.status_code == 422
    assert "Ring 1: “soon” is no whole number." in answer.content.decode()


def test_the_outlook_says_who_could_serve_and_what_would_have_been(
    as_adi: Client,
    queue: Queue,
    ana: User,
    sam: User,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    AgentState.objects.create(user=ana, presence="available")
    AgentSkill.objects.create(user=ana, skill=Skill.objects.get(), level=2)
    for wait, level in ((20, 2), (90, 4)):
        WorkItem.objects.create(
            queue=queue, medium="chat", cost=34, state="completed", agent=ana, queued_at=now, entered_at=now,
            eligible_at=now, accepted_at=now + timedelta(seconds=wait),
            required=[{"skill": "french", "level": level, "hard": True}],
        )  # fmt: skip
    given = fields(as_adi, f"/settings/queues/{queue.pk}/")
    given |= {"service_level_seconds": "100", f"member_{sam.pk}": "1", "max_wait_seconds": "30"}

    with django_assert_max_num_queries(12):
        page = as_adi.post(f"/settings/queues/{queue.pk}/outlook/", given).content.decode()

    for words in ("1 person could serve it now", "of 2 who serve it", "100 of 100 free", "Of the last 2, 2 were answered",
                  "(1 as it is now)", "1 needed skills that none of these people has: french", "1 waited longer"):  # fmt: skip
        assert words in " ".join(page.split())
    assert AuditEntry.objects.count() == 0


def test_a_queue_that_never_held_work_is_removed(as_adi: Client, queue: Queue) -> None:
    answer = as_adi.post(f"/settings/queues/{queue.pk}/remove/")
    assert (answer.status_code, Queue.objects.count()) == (302, 0)
    assert AuditEntry.objects.latest("id").before == {"name": "Care", "members": {"ana@example.com": 4}}
