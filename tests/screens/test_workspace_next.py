"""The card of what to do next: counted from what was done, and only what this person may do."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from automation.models import Macro, MacroRun
from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.models import User
from intelligence.models import Insight

pytestmark = pytest.mark.django_db


def about(intent: str, channel: Channel, customer: Customer, key: str, status: str = "resolved") -> Conversation:
    talk = Conversation.objects.create(customer=customer, channel=channel, thread_key=key, status=status)
    said = Message.objects.create(
        conversation=talk, author_kind="customer", text="?", state="received", created_at=timezone.now()
    )
    Insight.objects.create(message=said, intent=intent)
    return talk


@pytest.fixture
def talk(webchat: Channel, kim: Customer) -> Conversation:
    """Six about invoices were solved, four of them with macro 1; one is open, one about something else."""
    for number in range(6):
        done = about("invoice", webchat, kim, f"s{number}")
        if number < 4:
            MacroRun.objects.create(macro_id=1, name="Refund", conversation=done)
    for key, intent, status in (("o", "invoice", "open"), ("e", "parcel", "resolved")):
        MacroRun.objects.create(macro_id=1, name="Refund", conversation=about(intent, webchat, kim, key, status))
    return about("invoice", webchat, kim, "here", "open")


def test_a_macro_is_suggested_with_how_often_it_was_run(client: Client, ana: User, talk: Conversation) -> None:
    Macro.objects.create(pk=1, name="Refund", actions=[{"kind": "resolve"}])
    Macro.objects.create(pk=2, name="Other", actions=[{"kind": "resolve"}])
    client.force_login(ana)

    page = client.get(f"/workspace/c/{talk.pk}/next/").content.decode()

    assert "Run in 4 of 6 conversations about “invoice” that were solved." in page
    assert page.count('data-key="u"') == 1
    dialog = client.get(f"/workspace/c/{talk.pk}/macros/?only=1")  # which shows what it does before it is run
    assert [one["macro"].name for one in dialog.context["macros"]] == ["Refund"]

    MacroRun.objects.create(macro_id=1, name="Refund", conversation=talk)
    assert "Nothing stands out." in client.get(f"/workspace/c/{talk.pk}/next/").content.decode()


def test_a_macro_of_somebody_else_is_not_told(client: Client, ana: User, sam: User, talk: Conversation) -> None:
    Macro.objects.create(pk=1, name="Refund", owner=sam, actions=[{"kind": "resolve"}])
    client.force_login(ana)
    page = client.get(f"/workspace/c/{talk.pk}/next/").content.decode()
    assert "Refund" not in page and "Nothing stands out." in page


def test_who_likes_to_be_called_is(client: Client, ana: User, talk: Conversation, kim: Customer) -> None:
    Customer.objects.filter(pk=kim.pk).update(preferred_way="voice")
    client.force_login(ana)
    page = client.get(f"/workspace/c/{talk.pk}/next/").content.decode()
    assert "They are reached best by phone." in page and f"/workspace/c/{talk.pk}/call-back/" in page

    Conversation.objects.filter(pk=talk.pk).update(status="resolved")
    assert "Nothing stands out." in client.get(f"/workspace/c/{talk.pk}/next/").content.decode()
