"""What its sender calls a conversation comes back with every reply, whatever the thread key makes of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import datetime

import pytest
from django.apps import apps
from django.db import connection, transaction

from channels_app.adapters.api import reply_body
from channels_app.handlers import follow_merge
from channels_app.intake import read_interaction
from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.ingest import accept
from channels_app.services.replies import send_reply
from channels_app.services.threads import attach
from crm.models import Customer
from cxos.core.catalogue import Received
from cxos.core.events.crm import CustomersMerged
from cxos.core.models import User

pytestmark = pytest.mark.django_db
LONG = "x" * 200


@pytest.fixture
def ask(api: Channel, now: datetime) -> Callable[..., Conversation]:
    """A question as another system posts it, in the conversation that it calls `name`."""

    def post(name: str, customer: Customer) -> Conversation:
        body = {
            "channel": api.key, "external_id": f"{name[:50]}-{Interaction.objects.count()}", "text": "Where is it?",
            "conversation_external_id": name, "identities": [{"kind": "handle", "value": customer.name}],
        }  # fmt: skip
        envelope = read_interaction(body, find_channel=lambda _key: api.pk, now=now)
        interaction = Interaction.objects.get(id=accept(envelope, now=now).interaction_id)
        attached = attach(interaction, customer, now=now)
        Interaction.objects.filter(id=interaction.pk).update(conversation=attached.conversation, customer=customer)
        return attached.conversation

    return post


@pytest.fixture
def told(ana: User, now: datetime) -> Callable[[Conversation], tuple[str | None, str]]:
    """(name, thread key) that the other system gets with a reply."""

    def reply(conversation: Conversation) -> tuple[str | None, str]:
        sent = send_reply(conversation.pk, text="On its way", author=ana, actor=ana, now=now)
        body = reply_body(Message.objects.select_related("conversation__channel", "author").get(pk=sent.pk))
        return body["data"]["conversation_external_id"], body["data"]["thread_key"]

    return reply


def test_a_long_name_comes_back_whole(ask, told, kim: Customer) -> None:
    name, thread_key = told(ask(LONG, kim))

    assert (name, len(thread_key)) == (LONG, 87)


def test_the_name_outlives_a_merge_of_its_customer(ask, told, kim: Customer, max: Customer, now: datetime) -> None:
    ask("77", kim)
    of_max = ask("77", max)
    assert of_max.thread_key == f"ref:77#{max.pk}"
    merged = CustomersMerged(survivor_id=kim.pk, merged_id=max.pk)
    follow_merge(Received(id=1, name="CustomersMerged", key="", actor="", depth=0, at=now, event=merged))

    assert told(of_max) == ("77", "ref:77")


def test_a_name_that_ends_like_a_customers_own_key_is_left_as_it_is(ask, told, kim: Customer) -> None:
    name = f"order#{kim.pk}"

    assert told(ask(name, kim)) == (name, f"ref:{name}")


def test_a_conversation_nobody_named_has_no_name(ask, told, kim: Customer) -> None:
    assert told(ask("", kim)) == (None, "handle:kim")


def test_a_conversation_from_before_learns_its_name_from_the_next_message(ask, told, kim: Customer) -> None:
    ask(LONG, kim)
    Conversation.objects.update(external_id="")

    conversation = ask(LONG, kim)

    assert Conversation.objects.get() == conversation
    assert told(conversation)[0] == LONG


def test_names_from_before_are_read_where_the_key_has_them_whole(
    ask, kim: Customer, max: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"77": kim, f"order#{kim.pk}": kim, "": kim, LONG: kim, "ref:ref:1": max, "x" * 86: max}
    kept = {ask(name, customer).pk: name for name, customer in names.items()} | {ask("77", max).pk: "77"}
    Conversation.objects.update(external_id="")
    step = importlib.import_module("channels_app.migrations.0015_external_ids_of_conversations")
    monkeypatch.setattr(step, "PORTION", 2)

    with transaction.atomic(), connection.schema_editor(atomic=False) as editor:
        step.fill(apps, editor)

    found = dict(Conversation.objects.values_list("pk", "external_id"))
    assert found == {pk: "" if name == LONG else name for pk, name in kept.items()}
