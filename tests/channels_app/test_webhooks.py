from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from channels_app.models import Channel, WebhookAttempt, WebhookSubscription
from channels_app.services import pushing, webhooks
from channels_app.services.webhooks import MAX_TRIES, replay, replay_dead, sweep_webhooks
from channels_app.signing import is_genuine
from cxos.core.catalogue import STREAMS, Received
from cxos.core.errors import Conflict
from cxos.core.events.channels import InteractionReceived, MessageSent
from cxos.core.models import AuditEntry, User
from cxos.core.outbox import emit
from cxos.core.streams import advance
from tests.channels_app.receiver import Receiver, receiving
from tests.horizon import wait_for_older_transactions

EARLIER = datetime(2026, 3, 1, tzinfo=UTC)
SECRETS = ["whsec_bmV3", "whsec_b2xk"]


def subscribe(url: str, *events: str) -> WebhookSubscription:
    return WebhookSubscription.objects.create(name="Shop", url=url, events=list(events), secrets=SECRETS)


def happened(number: int, now: datetime) -> Received:
    event = InteractionReceived(interaction_id=number, channel_id=1)
    return Received(
        id=number, name="InteractionReceived", key="thread:1:x", actor="system", depth=0, at=now, event=event
    )


@pytest.fixture
def subscription(db: None, receiver: Receiver) -> WebhookSubscription:
    return subscribe(receiver.url)


def only() -> WebhookAttempt:
    return WebhookAttempt.objects.get()


def test_event_reaches_the_subscriber_signed_by_both_secrets(
    subscription: WebhookSubscription, receiver: Receiver, now: datetime
) -> None:
    webhooks.owe([happened(7, now)])

    assert sweep_webhooks(now=now) == 1

    [got] = receiver.got
    assert got.headers["webhook-id"] == "evt_7"
    stamp = int(got.headers["webhook-timestamp"])
    assert all(is_genuine(got.headers, got.raw, secrets=[one], now=stamp) for one in SECRETS)
    assert got.body == {
        "type": "InteractionReceived",
        "timestamp": now.isoformat(),
        "data": {"key": "thread:1:x", "actor": "system", "interaction_id": 7, "channel_id": 1},
    }
    assert (only().state, only().last_status, only().delivered_at, only().tries) == ("delivered", 204, now, 1)


def test_subscriber_gets_only_the_events_it_chose(receiver: Receiver, db: None, now: datetime) -> None:
    subscribe(receiver.url, "MessageSent")
    subscribe(receiver.url, "InteractionReceived", "MessageSent")
    WebhookSubscription.objects.create(name="Off", url=receiver.url, secrets=SECRETS, enabled=False)

    assert webhooks.owe([happened(1, now)]) == 1


def test_same_events_read_twice_are_owed_once(subscription: WebhookSubscription, now: datetime) -> None:
    for _ in range(2):
        webhooks.owe([happened(1, now), happened(2, now)])

    assert WebhookAttempt.objects.count() == 2


def test_failure_is_retried_with_growing_waits_and_then_given_up(
    subscription: WebhookSubscription, receiver: Receiver, now: datetime
) -> None:
    receiver.statuses = [500]
    webhooks.owe([happened(1, now)])
    at, waits = now, []
    for _ in range(MAX_TRIES):
        assert sweep_webhooks(now=at) == 1
        attempt = only()
        waits.append(attempt.due_at - at)
        at = attempt.due_at

    assert (only().state, only().tries, only().last_problem) == ("dead", MAX_TRIES, "The target answered 500.")
    assert sweep_webhooks(now=at + timedelta(days=9)) == 0
    for waited, planned in zip(waits[:-1], webhooks.WAITS, strict=True):
        assert planned * 0.8 <= waited <= planned * 1.2
    assert timedelta(days=2) < sum(webhooks.WAITS, timedelta()) < timedelta(days=3)


def test_dead_one_is_replayed_by_hand(
    subscription: WebhookSubscription, receiver: Receiver, adi: User, now: datetime
) -> None:
    webhooks.owe([happened(1, now)])
    with pytest.raises(Conflict):
        replay(only().id, actor=adi, now=now)
    WebhookAttempt.objects.update(state="dead", tries=MAX_TRIES)

    replay(only().id, actor=adi, now=now)
    assert (only().state, only().tries) == ("pending", 0)
    sweep_webhooks(now=now)
    assert (only().state, len(receiver.got)) == ("delivered", 1)
    assert AuditEntry.objects.get().verb == "replayed"

    WebhookAttempt.objects.update(state="dead")
    assert replay_dead(subscription.id, actor=adi, now=now) == 1


def test_subscription_that_fails_for_three_days_is_switched_off(
    subscription: WebhookSubscription, receiver: Receiver, now: datetime
) -> None:
    receiver.statuses = [500]
    webhooks.owe([happened(1, now), happened(2, now)])
    sweep_webhooks(now=now)
    subscription.refresh_from_db()
    assert (subscription.enabled, subscription.failing_since) == (True, now)

    sweep_webhooks(now=now + timedelta(days=3))

    subscription.refresh_from_db()
    assert not subscription.enabled
    assert set(WebhookAttempt.objects.values_list("state", flat=True)) == {"dead"}
    assert AuditEntry.objects.get().verb == "switched off"


def test_success_ends_the_failing(subscription: WebhookSubscription, receiver: Receiver, now: datetime) -> None:
    WebhookSubscription.objects.update(failing_since=now)
    webhooks.owe([happened(1, now), happened(2, now)])

    sweep_webhooks(now=now)

    subscription.refresh_from_db()
    assert subscription.failing_since is None
    assert len(receiver.got) == 2


def test_failing_subscriber_is_probed_with_one_attempt_at_a_time(
    subscription: WebhookSubscription, receiver: Receiver, now: datetime
) -> None:
    WebhookSubscription.objects.update(failing_since=now)
    receiver.statuses = [500]
    webhooks.owe([happened(number, now) for number in range(1, 20)])

    assert sweep_webhooks(now=now) == 1

    assert len(receiver.got) == 1


def test_failing_subscriber_that_answers_late_is_waited_for(
    subscription: WebhookSubscription, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its one attempt is in flight while more of them are looked for many times."""
    monkeypatch.setattr(pushing, "TRY_SECONDS", 10 * pushing.POLL_SECONDS)
    WebhookSubscription.objects.update(failing_since=now)
    receiver.silent = True
    webhooks.owe([happened(number, now) for number in range(1, 20)])

    assert sweep_webhooks(now=now) == 1

    receiver.silent = False
    assert len(receiver.got) == 1


@pytest.fixture
def silent(db: None) -> Iterator[list[Receiver]]:
    """Twelve subscribers that failed before, and now take a request each without answering."""
    with ExitStack() as stack:
        targets = [stack.enter_context(receiving()) for _ in range(12)]
        for target in targets:
            target.silent = True
            subscribe(target.url)
        webhooks.owe([happened(1, EARLIER)])
        WebhookSubscription.objects.update(events=["InteractionReceived"])
        WebhookSubscription.objects.update(failing_since=EARLIER)
        yield targets


def test_silent_subscribers_do_not_hold_up_the_others(
    silent: list[Receiver], receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(receiver.url, "MessageSent")
    webhooks.owe([replace(happened(number, now), name="MessageSent") for number in range(2, 102)])
    monkeypatch.setattr(pushing, "TRY_SECONDS", 60.0)
    at_work: list[int] = []
    count = receiver.answer

    def answer() -> int:
        at_work.append(sum(len(target.got) for target in silent))
        if len(receiver.got) == 100:  # all of ours are through while not one of the silent ones has answered
            for target in silent:
                target.silent = False
        return count()

    monkeypatch.setattr(receiver, "answer", answer)

    sweep_webhooks(now=now, seconds=300)

    assert len(receiver.got) == 100
    assert max(at_work) <= pushing.ROOM["failing"], "silent ones take no more room than theirs"
    assert not WebhookAttempt.objects.exclude(state="delivered").exists(), "nobody ran into the deadline"


@pytest.mark.django_db(transaction=True)
def test_stream_owes_what_was_emitted(api: Channel, receiver: Receiver) -> None:
    subscribe(receiver.url, "MessageSent")
    with transaction.atomic():
        sent = MessageSent(
            conversation_id=1, message_id=2, channel_id=api.id, author_kind="agent", agent_id=None, at="2026-03-04"
        )
        emit(sent, key="conversation:1", actor="system")
        emit(InteractionReceived(interaction_id=1, channel_id=api.id), key="thread:1:x")

    wait_for_older_transactions()
    advance(STREAMS["webhooks"])

    assert WebhookAttempt.objects.values_list("event_name", flat=True).get() == "MessageSent"
