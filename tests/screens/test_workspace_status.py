"""What state a conversation is in, until when, and the ways into another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Conversation
from channels_app.services import conversations as verbs
from crm.models import Customer
from cxos.core.models import User
from tests.screens.markup import Reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    client.cookies["cxos_zone"] = "Europe/Berlin"
    return client


@pytest.fixture
def talk(webchat: Channel, kim: Customer) -> Conversation:
    return Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")


def head(client: Client, talk: Conversation) -> str:
    return client.get(f"/workspace/c/{talk.pk}/head/").content.decode()


def ticked(page: str) -> list[str]:
    """The states the menu ticks."""
    elements = [attributes for tag, attributes in Reader(page).elements if tag == "button"]
    return [
        one.get("hx-vals") or one["hx-get"]
        for one in elements
        if one.get("aria-checked") == "true" and "priority" not in (one.get("hx-vals") or "")
    ]


def test_the_menu_ticks_the_state_it_is_in(as_ana: Client, talk: Conversation, ana: User) -> None:
    assert ticked(head(as_ana, talk)) == ['{"status": "open"}']
    for status in ("pending", "resolved"):
        as_ana.post(f"/workspace/c/{talk.pk}/status/", {"status": status})
        assert ticked(head(as_ana, talk)) == [f'{{"status": "{status}"}}']
    as_ana.post(f"/workspace/c/{talk.pk}/status/", {"status": "open"})
    verbs.snooze(talk.pk, until=timezone.now() + timedelta(days=1), actor=ana, now=timezone.now())
    assert ticked(head(as_ana, talk)) == [f"/workspace/c/{talk.pk}/snooze-until/"]


def test_a_snoozed_one_tells_until_when_in_the_readers_zone_and_opens_again(
    as_ana: Client, talk: Conversation, ana: User
) -> None:
    until = datetime(2099, 7, 1, 7, 0, tzinfo=UTC)
    verbs.snooze(talk.pk, until=until, actor=ana, now=timezone.now())

    page = head(as_ana, talk)
    assert "Snoozed until" in page and "Jul 1, 2099, 09:00" in page
    assert 'data-key="o"' in page
    assert "Jul 1, 2099, 09:00" in as_ana.get("/workspace/list/?tab=snoozed").content.decode()

    as_ana.post(f"/workspace/c/{talk.pk}/status/", {"status": "open"})
    talk.refresh_from_db()
    assert (talk.status, talk.snoozed_until) == ("open", None)
    assert 'data-key="o"' not in head(as_ana, talk)


def test_a_waiting_one_opens_again_in_one_step(as_ana: Client, talk: Conversation) -> None:
    as_ana.post(f"/workspace/c/{talk.pk}/status/", {"status": "pending"})

    assert "Waiting for customer" in head(as_ana, talk) and 'data-key="o"' in head(as_ana, talk)


def test_snoozing_to_a_time_of_ones_own(as_ana: Client, talk: Conversation) -> None:
    address = f"/workspace/c/{talk.pk}/snooze-until/"
    assert 'type="datetime-local"' in as_ana.get(address).content.decode()
    soon = timezone.now().replace(second=0, microsecond=0) + timedelta(days=40)

    for wrong, why in (("", "Give a day"), ("2020-01-01T09:00", "has passed"), ("2999-01-01T09:00", "a year at most")):
        refused = as_ana.post(address, {"until": wrong})
        assert refused.status_code == 422 and why in refused.content.decode()
    talk.refresh_from_db()
    assert talk.status == "open"

    answer = as_ana.post(address, {"until": f"{soon:%Y-%m-%dT%H:%M}Z"})
    talk.refresh_from_db()
    assert (talk.status, talk.snoozed_until) == ("snoozed", soon)
    assert "dialog:close" in answer["HX-Trigger"] and answer["HX-Retarget"] == "#head"


def test_the_menu_says_what_its_words_mean_now(as_ana: Client, talk: Conversation) -> None:
    for address, where in ((f"c/{talk.pk}/snooze-menu/", f"c/{talk.pk}/snooze/"), ("bulk/snooze-menu/", "bulk/")):
        page = as_ana.get(f"/workspace/{address}").content.decode()
        assert f'hx-post="/workspace/{where}"' in page and "09:00" in page and "Until the customer replies" in page
    assert 'name="until"' in as_ana.get("/workspace/bulk/snooze-until/").content.decode()


def test_spam_is_marked_where_one_stands_and_taken_back(as_ana: Client, talk: Conversation) -> None:
    answer = as_ana.post(f"/workspace/c/{talk.pk}/spam/")
    talk.refresh_from_db()
    assert (talk.status, talk.tags) == ("resolved", ["spam"])
    assert as_ana.post(f"/workspace/c/{talk.pk}/spam/").status_code == 409

    undo = answer["HX-Trigger"].split('"undo": "')[1].split('"')[0]
    as_ana.post(undo)
    talk.refresh_from_db()
    assert (talk.status, talk.tags) == ("open", [])


def test_the_palette_has_the_same_states(as_ana: Client, talk: Conversation) -> None:
    def offered() -> str:
        return as_ana.get("/search/commands/", {"at": f"/workspace/c/{talk.pk}/"}).content.decode()

    page = offered()
    assert "Status: waiting for customer" in page and "Status: open" not in page
    assert (
        f'hx-get="/workspace/c/{talk.pk}/snooze-until/"' in page and f'hx-post="/workspace/c/{talk.pk}/spam/"' in page
    )

    as_ana.post(f"/workspace/c/{talk.pk}/status/", {"status": "pending"})
    assert "Status: open" in offered() and "Status: waiting" not in offered()
