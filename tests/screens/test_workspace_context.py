"""Beside and above a conversation: cards in everybody's own order, the customer's record, wrap-up, and how offers ring."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases.models import Case
from cases.services.cases import open_case
from channels_app.models import Channel, Conversation, Interaction, Message
from crm.models import Customer, Identity
from crm.services.consents import record_consent
from crm.services.customers import change_customer
from crm.services.identity import resolve
from cxos.core.models import Team, User
from cxos.core.phrases import Phrase
from intelligence.models import Insight
from routing.models import Disposition, Queue, WorkItem
from routing.services.hand_over import give
from routing.services.queue import enqueue
from routing.services.wrap_up import finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def talk(webchat: Channel, kim: Customer) -> Conversation:
    return Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")


def cards(client: Client, talk: Conversation) -> list[tuple[str, bool]]:
    context = client.get(f"/workspace/c/{talk.pk}/context/").context["context"]
    return [(card.key, card.is_open) for card in context.cards]


def test_the_cards_keep_their_order_and_what_is_folded_with_the_person(
    as_ana: Client, talk: Conversation, ana: User, sam: User
) -> None:
    first = [key for key, _is_open in cards(as_ana, talk)]
    assert first[:2] == ["customer", "promises"]

    as_ana.post("/workspace/cards/", {"order": "why,nothing,tags,why", "folded": "tags"})

    kept = cards(as_ana, talk)
    assert [key for key, _is_open in kept] == ["why", "tags", *(key for key in first if key not in {"why", "tags"})]
    assert [key for key, is_open in kept if not is_open] == ["tags"]
    other = Client()
    other.force_login(sam)
    assert [key for key, _is_open in cards(other, talk)] == first


def test_an_address_is_shown_once_and_no_device(as_ana: Client, talk: Conversation, kim: Customer) -> None:
    for kind, value in (("device", "0RryBP"), ("external_id", "kim@example.com"), ("phone", "+491511234567")):
        Identity.objects.create(customer=kim, kind=kind, value=value)

    context = as_ana.get(f"/workspace/c/{talk.pk}/context/").context["context"]

    assert sorted(one.value for one in context.identities) == ["+491511234567", "kim@example.com"]


def test_what_the_customer_was_recognised_by_is_told(as_ana: Client, talk: Conversation, now: datetime) -> None:
    found = resolve([("email", "kim@example.com")], now=now)
    Interaction.objects.create(
        channel=talk.channel, external_id="1", thread_key="t", payload={}, occurred_at=now, handled_at=now,
        customer=found.customer, conversation=talk, evidence=found.kept,
    )  # fmt: skip

    page = as_ana.get(f"/workspace/c/{talk.pk}/context/").content.decode()

    assert "Recognised by the e-mail address kim@example.com, as the sender claims." in page


def test_the_customers_record_is_changed_beside_the_conversation(
    as_ana: Client, talk: Conversation, kim: Customer
) -> None:
    address = f"/workspace/c/{talk.pk}/customer/"
    as_ana.post(address, {"what": "attribute", "name": "plan", "value": "5G"})
    as_ana.post(address, {"what": "notes", "notes": "Likes tea"})
    as_ana.post(address, {"what": "tag", "tag": "Gold"})
    kim.refresh_from_db()
    assert (kim.attributes, kim.notes, kim.tags) == ({"plan": "5G"}, "Likes tea", ["gold"])

    as_ana.post(address, {"what": "attribute", "name": "plan", "value": ""})
    as_ana.post(address, {"what": "tag", "remove": "gold"})
    assert as_ana.post(address, {"what": "everything"}).status_code == 422
    kim.refresh_from_db()
    assert (kim.attributes, kim.tags) == ({}, [])


def test_a_case_is_opened_where_one_stands(as_ana: Client, talk: Conversation) -> None:
    assert as_ana.post(f"/workspace/c/{talk.pk}/case/", {"subject": " "}).status_code == 422
    answer = as_ana.post(f"/workspace/c/{talk.pk}/case/", {"subject": "Refund"})

    case = Case.objects.get()
    assert (case.subject, [one.pk for one in case.conversations.all()]) == ("Refund", [talk.pk])
    assert f"/cases/{case.pk}/" in answer.content.decode()


# --- Wrap-up -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def wrapping(talk: Conversation, ana: User, team: Team, now: datetime) -> WorkItem:
    """Ana's contact with Kim is over, and waits for how it ended."""
    queue = Queue.objects.create(key="care", name="Care", team=team, wrap_up_seconds=60)
    other = Queue.objects.create(key="sales", name="Sales", team=team)
    bill = Disposition.objects.create(key="bill", name="Bill")
    Disposition.objects.create(key="refunded", name="Refunded", parent=bill)
    elsewhere = Disposition.objects.create(key="sold", name="Sold")
    elsewhere.queues.add(other)
    item = enqueue(talk, queue=queue, priority=1, why=Phrase("test"), now=now)
    for number, (author, text) in enumerate((("customer", "Where is  my\nparcel?"), ("agent", "On its way."))):
        Message.objects.create(
            conversation=talk, author_kind=author, text=text, state="sent", created_at=now + timedelta(seconds=number)
        )
    give(talk, to=ana, actor=ana, now=now)
    return finish(item.pk, actor=ana, now=now)


def test_wrap_up_offers_the_endings_of_its_queue_and_a_first_summary(
    as_ana: Client, talk: Conversation, wrapping: WorkItem
) -> None:
    wrap_up = as_ana.get(f"/workspace/c/{talk.pk}/wrap-up/form/").context["wrap_up"]
    assert [one.said for one in wrap_up.endings] == ["Bill › Refunded"]
    assert wrap_up.summary == "Asked: Where is my parcel?\nAnswered: On its way."


def test_wrapping_up_keeps_the_summary_and_comes_back_when_asked_to(
    as_ana: Client, talk: Conversation, wrapping: WorkItem
) -> None:
    address = f"/workspace/c/{talk.pk}/wrap-up/"
    for wrong in ("", "bill", "sold"):
        assert as_ana.post(address, {"disposition": wrong}).status_code == 422

    as_ana.post(address, {"disposition": "refunded", "summary": "Paid back", "follow_up": "3d"})

    wrapping.refresh_from_db()
    talk.refresh_from_db()
    assert (wrapping.state, wrapping.disposition.key if wrapping.disposition else "") == ("completed", "refunded")
    assert talk.messages.get(kind="note").text == "Paid back"
    assert (talk.status, talk.snoozed_until is not None) == ("snoozed", True)
    assert as_ana.post(address, {"disposition": "refunded"}).status_code == 422


def test_somebody_elses_wrap_up_is_not_shown(client: Client, talk: Conversation, wrapping: WorkItem, sam: User) -> None:
    client.force_login(sam)
    assert client.get(f"/workspace/c/{talk.pk}/wrap-up/form/").context["wrap_up"] is None


def test_the_sound_of_offers_is_switched_off_and_on_again(as_ana: Client, ana: User) -> None:
    assert b'data-offer-sound="on"' in as_ana.get("/workspace/presence/").content
    assert b'data-offer-sound="off"' in as_ana.post("/workspace/presence/sound/").content
    ana.refresh_from_db()
    assert ana.preferences == {"offer_sound": False}
    assert b'data-offer-sound="on"' in as_ana.post("/workspace/presence/sound/").content


# --- Wishes and health --------------------------------------------------------------------------------------------------


def test_preferences_and_consent_stand_beside_the_conversation(
    as_ana: Client, talk: Conversation, kim: Customer, ana: User, now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    page = as_ana.get(f"/workspace/c/{talk.pk}/context/").content.decode()
    assert "Nothing is known yet." in page
    times = {"days": [0, 1], "from": "09:00", "until": "12:00"}
    change_customer(kim.pk, changes={"preferred_way": "voice", "contact_times": times}, actor=ana)
    record_consent(kim.pk, purpose="marketing", way="email", state="withdrawn", wording="No ads", actor=ana, now=now)

    as_ana.get(f"/workspace/c/{talk.pk}/context/")
    with django_assert_max_num_queries(12):
        page = as_ana.get(f"/workspace/c/{talk.pk}/context/").content.decode()

    assert all(said in page for said in ("Phone", "Mon, Tue 09:00–12:00", "Offers · E-mail", "Withdrawn", "No ads"))


def test_health_is_told_with_its_reasons(
    as_ana: Client, talk: Conversation, kim: Customer, ana: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    at = timezone.now()
    for number, mood in enumerate(("negative", "negative", "positive", "neutral")):
        said = Message.objects.create(
            conversation=talk, author_kind="customer", text=str(number), state="received", created_at=at
        )
        Insight.objects.create(message=said, sentiment=mood)
    talk.metadata = {"survey": {"score": 2}}
    talk.save()
    open_case(customer=kim, subject="Refund", actor=ana, now=at)

    as_ana.get(f"/workspace/c/{talk.pk}/health/")
    with django_assert_max_num_queries(12):
        answer = as_ana.get(f"/workspace/c/{talk.pk}/health/")

    assert (answer.context["health"].score, answer.context["health"].band) == (60, "fair")
    page = answer.content.decode()
    assert all(said in page for said in ("Last survey: 2 of 5", "2 of 4 messages read unhappy", "1 open case", "−20"))


def test_without_contact_no_health_is_made_up(as_ana: Client, talk: Conversation) -> None:
    Conversation.objects.update(last_message_at=timezone.now() - timedelta(days=91))
    assert "nothing to judge by" in as_ana.get(f"/workspace/c/{talk.pk}/health/").content.decode()
