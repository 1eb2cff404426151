from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from channels_app.models import Channel, Conversation, Message
from channels_app.services import delivery
from channels_app.services.delivery import MAX_TRIES, deliver, record_state, sweep_replies
from channels_app.services.replies import retry_message, send_reply
from channels_app.signing import is_genuine
from crm.models import Customer
from cxos.core.models import Event, User
from cxos.core.relay import drain_outbox
from tests.channels_app.receiver import Receiver
from tests.channels_app.said import say

SECRET = "a shared secret"


@pytest.fixture
def conversation(api: Channel, kim: Customer, now: datetime, receiver: Receiver) -> Conversation:
    api.config, api.secrets = {"reply_url": receiver.url}, {"signing_secrets": [SECRET]}  # type: ignore[assignment]
    api.save()
    named = {"thread_key": "ref:order-7", "conversation_external_id": "order-7"}
    return say(api, kim, "question-1", now, **named).conversation


@pytest.fixture
def reply(conversation: Conversation, ana: User, now: datetime) -> Message:
    return send_reply(conversation.id, text="Hello Kim", author=ana, actor=ana, now=now)


def told(name: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(name=name).order_by("id").values_list("payload", flat=True))


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_reply_reaches_the_other_system_signed(
    conversation: Conversation, reply: Message, receiver: Receiver, now: datetime
) -> None:
    drain_outbox()

    assert state_of(reply) == "sent"
    [got] = receiver.got
    assert got.headers["webhook-id"] == f"msg_{reply.id}"
    stamp = int(got.headers["webhook-timestamp"])
    assert is_genuine(got.headers, got.raw, secrets=[SECRET], now=stamp)
    data = got.body["data"]
    assert (data["text"], data["conversation_external_id"], data["in_reply_to"], data["author"]) == (
        "Hello Kim", "order-7", "question-1", "Ana",
    )  # fmt: skip
    assert [one["state"] for one in told("MessageDelivered")] == ["sent"]


def test_webchat_reply_is_sent_once_it_is_stored(webchat: Channel, kim: Customer, ana: User, now: datetime) -> None:
    conversation = say(webchat, kim, "v1:abc", now).conversation
    message = send_reply(conversation.id, text="Hi", author=ana, actor=ana, now=now)

    deliver(message.id, now=now)

    assert state_of(message) == "sent"


def test_channel_without_an_address_keeps_replies_for_the_system_to_read(
    api: Channel, kim: Customer, ana: User, now: datetime
) -> None:
    conversation = say(api, kim, "a1", now).conversation
    message = send_reply(conversation.id, text="Hi", author=ana, actor=ana, now=now)

    deliver(message.id, now=now)

    assert state_of(message) == "sent"


def test_failing_target_is_tried_again_later_and_then_succeeds(
    reply: Message, receiver: Receiver, now: datetime
) -> None:
    receiver.statuses = [503, 429, 200]
    deliver(reply.id, now=now)
    assert (state_of(reply), reply.attempts, reply.problem) == ("pending", 1, "The target answered 503.")
    assert timedelta(seconds=4) <= reply.due_at - now <= timedelta(seconds=6)

    assert sweep_replies(now=now + timedelta(seconds=3)) == 0
    assert sweep_replies(now=now + timedelta(seconds=7)) == 1
    assert sweep_replies(now=now + timedelta(seconds=60)) == 1

    assert (state_of(reply), reply.problem, reply.due_at) == ("sent", "", None)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert told("MessageFailed") == []


def test_refused_reply_fails_at_once_and_can_be_sent_again(
    reply: Message, receiver: Receiver, ana: User, now: datetime
) -> None:
    receiver.statuses = [404, 200]
    deliver(reply.id, now=now)

    assert (state_of(reply), reply.due_at) == ("failed", None)
    assert told("MessageFailed")[0]["problem"] == "The target answered 404, and so refused it."

    retry_message(reply.id, actor=ana, now=now)
    drain_outbox()
    assert state_of(reply) == "sent"


def test_dead_target_makes_the_reply_fail_in_the_end(reply: Message, receiver: Receiver, now: datetime) -> None:
    receiver.statuses = [500]
    deliver(reply.id, now=now)
    for day in range(1, MAX_TRIES):
        assert state_of(reply) == "pending"
        sweep_replies(now=now + timedelta(days=day))

    assert (state_of(reply), reply.attempts) == ("failed", MAX_TRIES)
    assert sweep_replies(now=now + timedelta(days=99)) == 0
    assert [one["problem"] for one in told("MessageFailed")] == ["The target answered 500."]


def test_private_address_is_never_posted_to(
    reply: Message, receiver: Receiver, now: datetime, monkeypatch: Any
) -> None:
    monkeypatch.delenv("CXOS_ALLOWED_PRIVATE_HOSTS")

    deliver(reply.id, now=now)

    assert (state_of(reply), receiver.got) == ("failed", [])
    assert "not on the public internet" in reply.problem


def test_silent_target_is_left_after_the_time_for_a_first_try(
    reply: Message, receiver: Receiver, now: datetime, monkeypatch: Any
) -> None:
    receiver.silent = True
    monkeypatch.setattr(delivery, "FIRST_TRY_SECONDS", 0.2)

    deliver(reply.id, now=now)

    assert (state_of(reply), reply.problem) == ("pending", "127.0.0.1 did not answer within 0.2 s.")


def test_later_reply_waits_for_the_earlier_one(
    conversation: Conversation, reply: Message, receiver: Receiver, ana: User, now: datetime
) -> None:
    receiver.statuses = [503, 200]
    second = send_reply(conversation.id, text="And more", author=ana, actor=ana, now=now)

    deliver(reply.id, now=now)
    deliver(second.id, now=now)
    assert (state_of(reply), state_of(second), len(receiver.got)) == ("pending", "pending", 1)

    sweep_replies(now=now + timedelta(seconds=10))

    assert (state_of(reply), state_of(second)) == ("sent", "sent")
    assert [got.body["data"]["text"] for got in receiver.got] == ["Hello Kim", "Hello Kim", "And more"]


def test_failing_channel_gets_no_first_tries_meanwhile(
    api: Channel, reply: Message, receiver: Receiver, kim: Customer, ana: User, now: datetime
) -> None:
    receiver.statuses = [503]
    deliver(reply.id, now=now)
    other = say(api, kim, "b1", now, thread_key="ref:other").conversation
    message = send_reply(other.id, text="Other", author=ana, actor=ana, now=now)

    deliver(message.id, now=now)

    assert (state_of(message), message.attempts, len(receiver.got)) == ("pending", 0, 1)


def test_second_handler_does_not_send_what_is_being_sent(reply: Message, receiver: Receiver, now: datetime) -> None:
    Message.objects.filter(id=reply.id).update(attempts=1, due_at=now + delivery.LEASE)

    deliver(reply.id, now=now)
    assert receiver.got == []

    sweep_replies(now=now + delivery.LEASE)  # whoever was sending it has died
    assert (state_of(reply), len(receiver.got)) == ("sent", 1)


def test_outcome_of_a_try_that_outlived_its_lease_is_not_written(
    reply: Message, receiver: Receiver, now: datetime
) -> None:
    job = delivery._claim_one(reply.id, now)
    assert job is not None
    sweep_replies(now=now + delivery.LEASE)

    delivery._finish(job, delivery.Outcome("failed", "too late"), now=now)

    assert (state_of(reply), told("MessageFailed")) == ("sent", [])


REPORTS = ["sent", "delivered", "read", "failed", "delivered"]


def test_any_order_of_reports_ends_in_the_same_state(
    conversation: Conversation, ana: User, now: datetime, receiver: Receiver
) -> None:
    message = send_reply(conversation.id, text="Hello", author=ana, actor=ana, now=now)
    for length in range(1, len(REPORTS) + 1):
        for some in {frozenset(chosen) for chosen in permutations(REPORTS, length)}:
            ends = set()
            for order in permutations(some):
                Message.objects.filter(id=message.id).update(state="pending")
                for report in order:
                    record_state([message.id], state=report)
                ends.add(state_of(message))
            highest = max(some, key=lambda state: delivery.RANK[state])
            assert ends == {highest}, some


def test_reports_are_told_once(conversation: Conversation, reply: Message, now: datetime) -> None:
    assert record_state([reply.id], state="delivered") == [reply.id]
    assert record_state([reply.id], state="delivered") == []
    assert record_state([reply.id], state="sent") == []

    assert [one["state"] for one in told("MessageDelivered")] == ["delivered"]


def test_what_the_customer_said_has_no_delivery_state(conversation: Conversation, now: datetime) -> None:
    asked = Message.objects.get(author_kind="customer")

    assert record_state([asked.id], state="read") == []
    assert state_of(asked) == "received"
