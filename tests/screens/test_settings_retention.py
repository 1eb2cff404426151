"""How long explanations and records are kept: chosen by an admin, taken back, and followed by what drops them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cxos.core.errors import Invalid
from cxos.core.models import AuditEntry, Notification, Retention, User
from cxos.core.services.retention import keep_days, set_keep_days
from cxos.core.tasks import prune
from cxos.screens.settings.retention import KINDS
from cxos.screens.settings.undo import take_back
from routing.models import Trial
from routing.services.pruning import prune as prune_routing

ASKED = {"decisions": "30", "actions": "400", "trials": "0", "webhook_attempts": "30", "notifications": "7"}


@pytest.fixture
def as_adi(client: Client, adi: User) -> Client:
    client.force_login(adi)
    return client


def test_the_page_offers_every_kind_that_is_kept(as_adi: Client) -> None:
    page = as_adi.get("/settings/retention/").content.decode()

    assert set(KINDS) == set(settings.KEEP_DAYS)
    assert all(f'name="{kind}"' in page for kind in KINDS)


def test_what_is_chosen_holds_and_each_change_can_be_taken_back(as_adi: Client, adi: User) -> None:
    assert as_adi.post("/settings/retention/", ASKED).status_code == 302

    assert keep_days() == {"decisions": 30, "actions": 400, "trials": 0, "webhook_attempts": 30, "notifications": 7}
    entries = AuditEntry.objects.order_by("id")
    assert [(one.object_label, one.before, one.after) for one in entries] == [
        ("decisions", {"days": 400}, {"days": 30}),
        ("notifications", {"days": 90}, {"days": 7}),
        ("trials", {"days": 180}, {"days": 0}),
    ]

    take_back(entries[0], actor=adi, now=timezone.now())

    assert keep_days()["decisions"] == 400
    assert as_adi.get("/settings/audit/").status_code == 200


def test_a_wrong_number_changes_nothing(as_adi: Client) -> None:
    answer = as_adi.post("/settings/retention/", ASKED | {"trials": "-1"})

    assert answer.status_code == 422
    assert not Retention.objects.exists()
    with pytest.raises(Invalid, match="Nothing called luck"):
        set_keep_days({"luck": 3}, actor=None)


def test_agents_and_supervisors_choose_nothing(client: Client, sam: User) -> None:
    client.force_login(sam)

    assert client.post("/settings/retention/", ASKED).status_code == 403


def test_old_trials_and_notifications_go_by_it(ana: User, now) -> None:  # type: ignore[no-untyped-def]
    for age in (10, 200):
        at = timezone.now() - timedelta(days=age)
        Trial.objects.create(author=ana, day=at.date(), days=2, state="done", created_at=at)
        Notification.objects.create(user=ana, kind="assigned", about=f"conversation:{age}", details={}, at=at)
    Trial.objects.create(author=ana, day=now.date(), days=2, created_at=timezone.now() - timedelta(days=300))

    assert prune_routing(keep_days=keep_days(), now=timezone.now())["trials"] == 1
    prune()

    assert sorted(Trial.objects.values_list("state", flat=True)) == ["done", "waiting"]
    assert [one.about for one in Notification.objects.all()] == ["conversation:10"]
