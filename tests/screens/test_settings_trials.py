"""Trying what was set up: a channel is listened to, a key rotated, the first steps followed."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.envelope import Envelope
from channels_app.models import Channel, Conversation, WebhookSubscription
from channels_app.services.ingest import accept
from channels_app.signing import new_secret
from cxos.core.models import ApiKey, User
from cxos.core.relay import drain_outbox
from cxos.core.services.api_keys import find_key, make_key


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


def write(channel: Channel, text: str, number: str) -> None:
    envelope = Envelope(
        channel_id=channel.pk, external_id=number, occurred_at=timezone.now(), text=text,
        identities=(("email", "kim@example.com"),),
    )  # fmt: skip
    accept(envelope, now=timezone.now())


def test_the_page_of_a_channel_hears_what_comes_in_after_it_was_opened(
    as_adi: Client, api: Channel, webchat: Channel
) -> None:
    write(api, "Long ago", "1")
    listening = as_adi.get(f"/settings/channels/{api.pk}/heard/").content.decode()
    found = re.search(r"since=(\d+)", listening)
    assert found and "Listening" in listening
    path = f"/settings/channels/{api.pk}/heard/?since={found[1]}"

    write(webchat, "Elsewhere", "2")
    assert "Listening" in as_adi.get(path).content.decode()
    write(api, "Hello <b>there</b>", "3")
    heard = as_adi.get(path).content.decode()

    assert "It arrived: “Hello &lt;b&gt;there&lt;/b&gt;”" in heard
    assert "hx-get" in heard and "/workspace/" not in heard
    drain_outbox()
    sorted_in = as_adi.get(path).content.decode()
    talk = Conversation.objects.get(messages__text="Hello <b>there</b>")
    assert "hx-get" not in sorted_in and f'href="/workspace/c/{talk.pk}/"' in sorted_in
    assert "Nothing came in" in as_adi.get(f"/settings/channels/{api.pk}/heard/?since=9999&asked=300").content.decode()


def test_a_rotated_key_ends_a_day_later_and_the_new_one_is_shown_once(as_adi: Client, adi: User, ana: User) -> None:
    key, secret = make_key(name="Shop", user=ana, scopes=["read"], expires_at=None, actor=adi)

    page = as_adi.post(f"/settings/api-keys/{key.pk}/rotate/").content.decode()

    made = ApiKey.objects.latest("id")
    shown = re.search(r"cx_[0-9a-f]{8}_[\w-]+", page)
    assert shown and find_key(shown[0], now=timezone.now()) == made
    assert (made.name, made.user, made.scopes, made.expires_at) == ("Shop", ana, ["read"], None)
    key.refresh_from_db()
    assert key.expires_at is not None and 86_300 < (key.expires_at - timezone.now()).total_seconds() <= 86_400
    assert find_key(secret, now=timezone.now()) == key


def test_a_revoked_key_is_not_rotated(as_adi: Client, adi: User) -> None:
    key, _secret = make_key(name="Shop", user=adi, scopes=["read"], expires_at=None, actor=adi)
    as_adi.post(f"/settings/api-keys/{key.pk}/revoke/")
    assert as_adi.post(f"/settings/api-keys/{key.pk}/rotate/").status_code == 409
    assert ApiKey.objects.count() == 1


def test_a_webhook_that_cannot_be_reached_says_so(as_adi: Client) -> None:
    made = WebhookSubscription.objects.create(name="Shop", url="http://127.0.0.1:9/hook", secrets=[new_secret()])
    page = as_adi.post(f"/settings/webhooks/{made.pk}/try/").content.decode()
    assert 'data-tone="error"' in page
    assert as_adi.post("/settings/webhooks/987654/try/").status_code == 404


def test_each_first_step_is_one_click_and_the_last_is_a_chat(as_adi: Client) -> None:
    page = as_adi.get("/settings/").content.decode()
    for path in ("hours/new/", "people/invite/", "queues/new/", "sla/new/", "rules/new/", "channels/new/"):
        assert f'href="/settings/{path}"' in page
    assert "A first conversation" in page and "0 of 9 things are there" in " ".join(page.split())


def test_the_last_first_step_leads_to_the_channel(as_adi: Client, webchat: Channel) -> None:
    assert f'href="/settings/channels/{webchat.pk}/"' in as_adi.get("/settings/").content.decode()
