"""The page of thresholds, and the banners they raise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cxos.core.models import Team, User
from routing.models import Queue, Threshold
from routing.services.alerts import save_threshold, watch_thresholds

NEW = {"measure": "available", "limit": "1", "minutes": "0", "sound": "1"}


@pytest.fixture
def queue(team: Team) -> Queue:
    return Queue.objects.create(key="care", name="Care", team=team)


@pytest.fixture
def as_sam(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


@pytest.mark.parametrize("path", ["", "now/", "thresholds/", "form/"])
def test_alerts_are_for_supervisors(client: Client, ana: User, sam: User, path: str) -> None:
    client.force_login(ana)
    assert client.get(f"/supervisor/alerts/{path}").status_code == 403
    assert client.post("/supervisor/alerts/new/", NEW).status_code == 403
    assert not Threshold.objects.exists()
    client.force_login(sam)
    assert client.get(f"/supervisor/alerts/{path}").status_code == 200


def test_a_threshold_is_made_changed_switched_removed_and_brought_back(as_sam: Client, queue: Queue) -> None:
    as_sam.post("/supervisor/alerts/new/", NEW | {"queue": queue.pk})
    one = Threshold.objects.get()
    assert (one.queue, one.measure, one.limit, one.minutes, one.sound) == (queue, "available", 1, 0, True)

    as_sam.post(f"/supervisor/alerts/{one.pk}/", NEW | {"limit": "2,5", "sound": ""})
    one.refresh_from_db()
    assert (one.queue, one.limit, one.sound) == (None, 2.5, False)

    answer = as_sam.post(f"/supervisor/alerts/{one.pk}/switch/")
    assert f'"undo": "/supervisor/alerts/{one.pk}/switch/"' in answer["HX-Trigger"]
    one.refresh_from_db()
    assert not one.enabled

    answer = as_sam.post(f"/supervisor/alerts/{one.pk}/remove/")
    assert not Threshold.objects.exists()
    assert "restore/?queue=&measure=available&limit=2.5&minutes=0&sound=" in answer["HX-Trigger"]
    as_sam.post("/supervisor/alerts/restore/?queue=&measure=available&limit=2.5&minutes=0&sound=")
    assert Threshold.objects.get().limit == 2.5


@pytest.mark.parametrize(
    "wrong", [{"limit": "x"}, {"limit": ""}, {"measure": "mood"}, {"minutes": "-1"}, {"minutes": "y"}]
)
def test_a_wrong_form_is_refused_with_a_sentence(as_sam: Client, wrong: dict[str, str]) -> None:
    answer = as_sam.post("/supervisor/alerts/new/", NEW | wrong)

    assert answer.status_code == 422
    assert not Threshold.objects.exists()


def test_a_raised_alert_is_a_banner_on_the_board(as_sam: Client, sam: User, queue: Queue) -> None:
    save_threshold(Threshold(queue=queue, measure="available", limit=1, sound=True), actor=sam)
    watch_thresholds(now=timezone.now() - timedelta(seconds=30))

    banner = as_sam.get("/supervisor/alerts/now/").content.decode()
    page = as_sam.get("/supervisor/alerts/").content.decode()

    assert "data-sound" in banner
    assert "Agents available, fewer than 1" in " ".join(banner.split())
    assert "still raised" in page


def test_the_page_costs_the_same_for_any_number_of_thresholds(
    as_sam: Client, sam: User, queue: Queue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for limit in range(20):
        save_threshold(Threshold(queue=queue if limit % 2 else None, measure="waiting", limit=limit), actor=sam)

    with django_assert_max_num_queries(12):
        assert as_sam.get("/supervisor/alerts/").status_code == 200
