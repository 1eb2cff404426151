"""Callbacks and shared work over the API, as their callers see it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from routing.models import AgentState, Callback, Offer, Queue, WorkItem
from routing.services.matcher import match_items
from routing.services.offers import accept_offer
from routing.services.work import assign_by_hand

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def held(ana, ben, on_duty, waiting, now) -> WorkItem:
    on_duty(ana)
    [offer] = match_items([waiting().id], now=now)
    on_duty(ben)
    return accept_offer(offer.id, user=ana, now=now)


def post(client: Client, path: str, **body: object) -> tuple[int, dict]:
    answer = client.post(f"/api/v1/{path}", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_a_callback_from_request_to_reached(client, held, ana):
    client.force_login(ana)

    status, made = post(
        client, f"conversations/{held.conversation_id}/callback", kind="scheduled", address="+49 30 1",
        slot_at=timezone.now().replace(year=timezone.now().year + 9).isoformat(),
    )  # fmt: skip
    assert (status, made["code"]) == (422, "slot_at")
    Queue.objects.update(callback_from=0, callback_until=0)  # at any hour
    callback = Callback.objects.create(
        item=held, queue=held.queue, address="+49301", kind="in_queue", created_at=timezone.now()
    )

    assert post(client, f"callbacks/{callback.pk}/claim")[1]["state"] == "calling"
    assert post(client, f"callbacks/{callback.pk}/reached")[1]["state"] == "reached"
    assert client.get(f"/api/v1/callbacks/{callback.pk}").json()["attempts"] == 0


def test_asked_joined_and_handed_over(client, held, ana, ben):
    client.force_login(ana)
    status, offer = post(client, f"work-items/{held.pk}/ask", agent=ben.pk, kind="consult")
    assert (status, offer["agent"]["name"]) == (200, "Ben")
    accept_offer(Offer.objects.get(agent=ben).pk, user=ben, now=timezone.now())

    status, moved = post(client, f"work-items/{held.pk}/hand-over", agent=ben.pk, version=held.version)

    assert (status, moved["agent"]["name"]) == (200, "Ben")


def test_a_late_command_of_a_former_holder_is_told_so(client, held, ana, sam):
    assign_by_hand(held.pk, agent=sam, actor=sam, now=timezone.now())
    client.force_login(ana)

    for path, body in (
        ("transfer-out", {"address": "x@y.z"}), ("requeue", {}), ("complete", {}), ("hand-over", {"agent": ana.pk}),
    ):  # fmt: skip
        status, refusal = post(client, f"work-items/{held.pk}/{path}", version=held.version, **body)
        assert (status, refusal["code"]) == (409, "moved_on"), path


def test_an_agent_switches_media_off(client, ana):
    client.force_login(ana)

    assert post(client, "me/media", off=["voice"])[0] == 200
    assert AgentState.objects.get(user=ana).media_off == ["voice"]
    assert post(client, "me/media", off=["smoke"])[0] == 422
