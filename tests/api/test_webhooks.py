"""Webhook subscriptions over the API: made, changed, rotated, replayed."""

from __future__ import annotations

import pytest

from channels_app.models import WebhookAttempt, WebhookSubscription
from cxos.core.models import AuditEntry, IdempotentAnswer

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/hook"  # an address, so that no name is looked up


@pytest.fixture
def subscription(as_adi) -> dict:
    return as_adi.post("webhook-subscriptions", {"name": "Shop", "url": URL, "events": ["MessageSent"]}).json()


def test_the_secret_is_shown_once_and_sealed(as_adi):
    wanted = {"name": "Shop", "url": URL}
    made = as_adi.post("webhook-subscriptions", wanted, once="k").json()
    repeated = as_adi.post("webhook-subscriptions", wanted, once="k").json()

    assert made["secret"].startswith("whsec_")
    assert repeated == {**made, "secret": None}
    assert made["secret"] not in str(IdempotentAnswer.objects.values_list("body", flat=True))
    assert made["secret"] not in as_adi.get(f"webhook-subscriptions/{made['id']}").content.decode()
    assert WebhookSubscription.objects.get().secrets == [made["secret"]]
    assert AuditEntry.objects.filter(verb="made", object_type="channels_app.WebhookSubscription").count() == 1


def test_a_rotation_keeps_the_secret_before(as_adi, subscription):
    rotated = as_adi.post(f"webhook-subscriptions/{subscription['id']}/rotate-secret").json()

    assert WebhookSubscription.objects.get().secrets == [rotated["secret"], subscription["secret"]]


def test_it_is_changed_and_switched_off(as_adi, subscription):
    path = f"webhook-subscriptions/{subscription['id']}/change"

    assert as_adi.post(path, {"enabled": False, "name": "Old shop"}).json()["enabled"] is False
    assert as_adi.post(path, {"events": []}).json()["events"] == []
    assert as_adi.post("webhook-subscriptions/987654321/change", {"enabled": False}).status_code == 404


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "javascript:1", "x", ""]
)
def test_an_address_we_must_not_call_is_refused_when_made_and_when_changed(as_adi, subscription, url):
    made = as_adi.post("webhook-subscriptions", {"name": "x", "url": url})
    changed = as_adi.post(f"webhook-subscriptions/{subscription['id']}/change", {"url": url})

    assert [(one.status_code, one.json()["errors"][0]["field"]) for one in (made, changed)] == [(422, "url")] * 2
    assert WebhookSubscription.objects.get().url == URL


def test_an_unknown_event_is_named(as_adi):
    answer = as_adi.post("webhook-subscriptions", {"name": "x", "url": URL, "events": ["Nothing"]})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_event")


def test_what_was_given_up_is_replayed(as_adi, subscription):
    one = WebhookAttempt.objects.create(
        subscription_id=subscription["id"], event_id=1, event_name="MessageSent", body={}, state="dead", tries=9
    )
    assert as_adi.get("webhook-attempts", state="dead").json()["results"][0]["id"] == one.id

    assert as_adi.post(f"webhook-attempts/{one.id}/replay").json()["state"] == "pending"
    assert as_adi.post(f"webhook-attempts/{one.id}/replay").status_code == 409
    WebhookAttempt.objects.update(state="dead")
    assert as_adi.post(f"webhook-subscriptions/{subscription['id']}/replay").status_code == 200
    assert WebhookAttempt.objects.get().state == "pending"
