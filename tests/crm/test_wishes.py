"""What customers allow and how they like to be reached: the ledger, and that sending obeys it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from channels_app.models import Channel, Conversation, HeldReply, Message
from channels_app.services.held import hold_reply, release_due
from channels_app.services.replies import send_reply
from crm.models import Consent, Customer, MergeSuggestion
from crm.services import merging
from crm.services.consents import record_consent, undo_consent
from crm.services.customers import change_customer
from cxos.core.errors import Conflict, Invalid
from cxos.core.models import AuditEntry, User
from cxos.core.relay import drain_outbox
from cxos.screens.wishes import outside_times
from tests.channels_app.said import say

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def talk(api: Channel, kim: Customer, now: datetime) -> Conversation:
    with transaction.atomic():
        return say(api, kim, "1", now).conversation


def forbids(kim: Customer, ana: User, at: datetime, purpose: str = "service", way: str = "messaging") -> Consent:
    return record_consent(
        kim.pk, purpose=purpose, way=way, state="withdrawn", wording="Stop", actor=ana, now=at
    )  # fmt: skip


def refused(kim: Customer) -> list[str]:
    return Customer.objects.get(pk=kim.pk).refused


def test_the_newest_entry_holds_and_every_entry_stays(kim: Customer, ana: User, now: datetime) -> None:
    given = {"purpose": "service", "way": "email", "actor": ana}
    record_consent(kim.pk, **given, state="given", now=now)
    record_consent(kim.pk, **given, state="withdrawn", wording="No mails", now=now + HOUR)

    assert refused(kim) == ["service:email"]
    entries = Consent.objects.order_by("pk").values_list("state", "wording", "by")
    assert list(entries) == [("given", "", f"user:{ana.pk}"), ("withdrawn", "No mails", f"user:{ana.pk}")]
    entry = AuditEntry.objects.filter(verb="consent").latest("pk")
    assert (entry.before, entry.after) == ({"service:email": "given"}, {"service:email": "withdrawn"})
    with pytest.raises(Conflict):
        record_consent(kim.pk, **given, state="withdrawn", now=now + HOUR)
    with pytest.raises(Invalid):
        record_consent(kim.pk, purpose="service", way="pigeon", state="given", actor=ana, now=now)
    assert Consent.objects.count() == 2


def test_an_entry_by_mistake_is_taken_back_by_another(kim: Customer, ana: User, now: datetime) -> None:
    first = forbids(kim, ana, now)
    undo_consent(kim.pk, first.pk, actor=ana, now=now + HOUR)
    assert refused(kim) == []
    assert list(Consent.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "void"]
    with pytest.raises(Conflict):
        undo_consent(kim.pk, first.pk, actor=ana, now=now + HOUR)


def test_nothing_is_sent_to_who_forbade_it_until_they_write(
    api: Channel, kim: Customer, talk: Conversation, ana: User, now: datetime
) -> None:
    forbids(kim, ana, now + HOUR)
    for deed in (
        lambda: send_reply(talk.pk, text="Hello", author=ana, actor=ana, now=now + 2 * HOUR),
        lambda: hold_reply(talk.pk, text="Hello", author=ana, now=now + 2 * HOUR),
    ):
        with pytest.raises(Conflict) as refusal:
            deed()
        assert refusal.value.code == "consent_withdrawn" and "Kim" in refusal.value.message
    assert not Message.objects.filter(author_kind="agent").exists()

    with transaction.atomic():
        say(api, kim, "2", now + 3 * HOUR)
    send_reply(talk.pk, text="Hello", author=ana, actor=ana, now=now + 4 * HOUR)


def test_another_way_and_another_purpose_forbid_nothing(
    kim: Customer, talk: Conversation, ana: User, now: datetime
) -> None:
    forbids(kim, ana, now + HOUR, way="email")
    forbids(kim, ana, now + HOUR, purpose="marketing")
    send_reply(talk.pk, text="Hello", author=ana, actor=ana, now=now + 2 * HOUR)


def test_a_withdrawal_stops_what_waits(kim: Customer, talk: Conversation, ana: User, now: datetime) -> None:
    sent = send_reply(talk.pk, text="Hello", author=ana, actor=ana, now=now)
    held = hold_reply(talk.pk, text="Later", author=ana, send_at=now + 2 * HOUR, now=now)
    Message.objects.filter(pk=sent.pk).update(due_at=now + timedelta(days=9999))  # its channel is down for now

    forbids(kim, ana, now + HOUR)
    drain_outbox()
    release_due(now=now + 3 * HOUR)

    stopped = Message.objects.get(pk=sent.pk)
    assert (stopped.state, "does not want" in stopped.problem) == ("failed", True)
    kept = HeldReply.objects.get(pk=held.pk)
    assert (kept.state, "does not want" in kept.problem) == ("failed", True)
    assert Message.objects.filter(author_kind="agent").count() == 1


def test_the_ledger_follows_a_merge_and_comes_back(
    kim: Customer, max: Customer, ana: User, sam: User, now: datetime
) -> None:
    forbids(max, ana, now)
    pair = MergeSuggestion.objects.create(first=kim, second=max, evidence=["Same phone"])
    merging.merge(pair.pk, keep=kim.pk, actor=sam, now=now)
    assert refused(kim) == ["service:messaging"]
    merging.undo_merge(pair.pk, actor=sam, now=now)
    assert (refused(kim), refused(max)) == ([], ["service:messaging"])


@pytest.mark.parametrize(
    "times",
    [
        {"days": [0], "from": "18:00", "until": "09:00"}, {"days": [7], "from": "09:00", "until": "18:00"},
        {"days": [], "from": "09:00", "until": "18:00"}, {"days": [0], "from": "9", "until": "18:00"}, {"days": [0]},
    ],
)  # fmt: skip
def test_times_that_make_no_sense_are_refused(kim: Customer, ana: User, times: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        change_customer(kim.pk, changes={"contact_times": times}, actor=ana)
    assert refusal.value.field == "contact_times"


def test_outside_of_their_times_is_told_by_their_clock(kim: Customer, ana: User, now: datetime) -> None:
    times = {"days": ["2"], "from": "09:00", "until": "18:00"}  # a Wednesday, as now
    kim = change_customer(kim.pk, changes={"contact_times": times, "time_zone": "Asia/Tokyo"}, actor=ana)
    assert kim.contact_times == {"days": [2], "from": "09:00", "until": "18:00"}
    assert outside_times(kim, now=now)  # 19:00 there
    assert not outside_times(kim, now=now - 2 * HOUR)
    assert outside_times(kim, now=now + timedelta(days=1, hours=-2))
    kim.time_zone = ""
    assert not outside_times(kim, now=now)
