"""What happens to two conversations of which one is becoming part of the other at that very moment."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services import joining
from channels_app.services.ingest import accept
from channels_app.services.lines import lock_conversation
from channels_app.services.replies import send_reply
from channels_app.services.threads import attach
from crm.models import Customer
from cxos.core.errors import Conflict
from cxos.core.models import User
from tests.channels_app.said import envelope
from tests.locks import changed_while_waiting
from tests.routing.test_merged_conversations import MINUTE, texts

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_message_that_waited_for_the_merge_lands_in_the_survivor(
    api: Channel, kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    late = envelope(api, "late", now + MINUTE, thread_key="parcel again", text="Hello again")
    received = Interaction.objects.get(id=accept(late, now=now).interaction_id)

    def merge() -> None:
        joining.merge(second.pk, into=first.pk, actor=ana, now=now)

    def write() -> int:
        with transaction.atomic():
            return attach(Interaction.objects.get(pk=received.pk), kim, now=now).conversation.pk

    assert changed_while_waiting(merge, write) == first.pk
    assert Conversation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_at_once_the_later_is_told(
    api: Channel, kim: Customer, first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    def there() -> None:
        joining.merge(second.pk, into=first.pk, actor=ana, now=now)

    def back() -> str:
        try:
            joining.merge(first.pk, into=second.pk, actor=ana, now=now)
        except Conflict as refusal:
            return refusal.code
        return "merged twice"

    assert changed_while_waiting(there, back) == "merged"
    assert texts(first) == ["Where is my parcel?", "Is it lost?"]


@pytest.mark.django_db(transaction=True)
def test_a_reply_that_waited_for_the_merge_is_refused_and_nothing_is_lost(
    first: Conversation, second: Conversation, ana: User, now: datetime
) -> None:
    def merge() -> None:
        joining.merge(second.pk, into=first.pk, actor=ana, now=now)

    def reply() -> str:
        try:
            send_reply(second.pk, text="Hello", author=ana, actor=ana, now=now)
        except Conflict as refusal:
            return refusal.code
        return "sent"

    assert changed_while_waiting(merge, reply) == "merged"
    assert not Message.objects.filter(author_kind="agent").exists()


def test_both_rows_are_locked_in_the_order_of_their_ids(first: Conversation, second: Conversation) -> None:
    with transaction.atomic():
        assert [one.pk for one in joining.lock_two(second.pk, first.pk)] == [second.pk, first.pk]
        assert lock_conversation(first.pk) == first
