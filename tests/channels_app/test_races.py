"""Everything at once, on real connections: what is posted twenty times is there once, in order, and all are told so."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import orjson
import pytest
from django.db import IntegrityError, close_old_connections, connection, connections
from django.test import Client

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.delivery import deliver
from channels_app.services.ingest import accept_all
from channels_app.services.replies import send_reply
from channels_app.services.threads import attach
from crm.models import Customer
from cxos.core import relay
from cxos.core.errors import Conflict
from cxos.core.models import Delivery, Event, IdempotentAnswer, User
from cxos.wsgi import application
from tests.channels_app.posts import BULK, SINGLE, item, new_key, post
from tests.channels_app.receiver import Receiver
from tests.channels_app.said import envelope
from tests.core.wsgi_calls import call

pytestmark = pytest.mark.django_db(transaction=True)
R = TypeVar("R")


def at_once(count: int, run: Callable[[int], R]) -> list[R]:
    """Run in as many threads, starting together; their results in order. The first exception is raised here."""
    barrier, results, problems = threading.Barrier(count), dict[int, R](), list[Exception]()

    def work(number: int) -> None:
        try:
            barrier.wait(timeout=60)
            results[number] = run(number)
        except Exception as problem:  # noqa: BLE001
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    if problems:
        raise problems[0]
    return [results[number] for number in range(count)]


@pytest.fixture
def key(ana: User, api: Channel) -> str:
    return new_key(ana)


def test_same_webhook_twenty_times_at_once_is_one_row_and_twenty_successes(key: str) -> None:
    answers = at_once(20, lambda number: post(key, item("same")))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert {answer.body["id"] for answer in answers} == {Interaction.objects.get().id}
    assert Event.objects.count() == 1


def test_overlapping_batches_in_opposite_orders_do_not_deadlock(key: str) -> None:
    items = [item(f"n{number}") for number in range(200)]

    answers = at_once(8, lambda number: post(key, {"interactions": items[:: 1 if number % 2 else -1]}, BULK))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert sum(answer.body["created"] for answer in answers) == Interaction.objects.count() == 200
    assert Event.objects.count() == 200


def test_same_idempotency_key_at_once_runs_once_and_all_get_its_answer(key: str) -> None:
    answers = at_once(10, lambda number: post(key, item(), Idempotency_Key="k1"))

    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.body == answers[0].body for answer in answers)
    assert Counter(answer.get("Idempotent-Replayed") for answer in answers) == {None: 1, "true": 9}
    assert (Interaction.objects.count(), IdempotentAnswer.objects.count()) == (1, 1)


def test_first_messages_of_a_thread_at_once_start_one_conversation(api: Channel, kim: Customer, now: datetime) -> None:
    accepted = accept_all([envelope(api, str(number), now) for number in range(10)], now=now)
    rows = [Interaction.objects.get(id=one.interaction_id) for one in accepted]

    landed = at_once(10, lambda number: attach(rows[number], kim, now=now))

    assert sum(one.created for one in landed) == 1
    assert Conversation.objects.get().messages.count() == 10


def test_same_interaction_attached_at_once_is_one_message(api: Channel, kim: Customer, now: datetime) -> None:
    accept_all([envelope(api, "a1", now)], now=now)

    def run(number: int) -> int | None:
        try:
            return attach(Interaction.objects.get(), kim, now=now).message.id
        except IntegrityError:  # the relay runs this one again
            return None

    ids = set(at_once(8, run)) - {None}

    assert ids == {Message.objects.get().id}
    assert attach(Interaction.objects.get(), kim, now=now).message.id in ids


def test_same_reply_at_once_is_one_message(api: Channel, kim: Customer, ana: User, now: datetime) -> None:
    accept_all([envelope(api, "a1", now)], now=now)
    conversation = attach(Interaction.objects.get(), kim, now=now).conversation

    def run(number: int) -> int:
        return send_reply(conversation.id, text="Hi", author=ana, client_id="c1", actor=ana, now=now).id

    assert len(set(at_once(8, run))) == 1
    assert Event.objects.filter(name="MessageSent").count() == 1


def test_reply_delivered_by_several_at_once_is_posted_once(
    api: Channel, kim: Customer, ana: User, receiver: Receiver, now: datetime
) -> None:
    Channel.objects.update(config={"reply_url": receiver.url})
    channel = Channel.objects.get()
    channel.secrets = {"signing_secrets": ["s"]}  # type: ignore[assignment]
    channel.save()
    accept_all([envelope(api, "a1", now)], now=now)
    conversation = attach(Interaction.objects.get(), kim, now=now).conversation
    message = send_reply(conversation.id, text="Hi", author=ana, actor=ana, now=now)

    at_once(8, lambda number: deliver(message.id, now=now))

    message.refresh_from_db()
    assert (message.state, len(receiver.got)) == ("sent", 1)


def test_order_within_threads_is_kept_by_relays_that_work_at_once(key: str) -> None:
    """Eight messages in each of three threads, interleaved; three relays."""
    threads = [f"kim{number}@example.com" for number in range(3)]
    for number in range(8):
        items = [
            item(f"{thread}-{number}", text=str(number), identities=[{"kind": "email", "value": thread}])
            for thread in threads
        ]
        post(key, {"interactions": items}, BULK)

    def run(number: int) -> None:
        for lane in ("live", "work") * 2:
            relay.run_lane(lane, seconds=60)

    at_once(3, run)

    assert not Delivery.objects.filter(handler__endswith="begin_journey").exists()
    assert Conversation.objects.count() == 3
    for conversation in Conversation.objects.all():
        said = conversation.messages.filter(author_kind="customer").order_by("id").values_list("text", flat=True)
        assert list(said) == [str(number) for number in range(8)]


def test_next_request_after_all_connections_were_cut_succeeds(key: str) -> None:
    assert post(key, item("before")).status_code == 201
    cut_own_connection()
    close_old_connections()  # as at the start of every request; the test client leaves it out

    answer = post(key, item("after"))

    assert (answer.status_code, answer.body["created"]) == (201, True)


def test_short_way_survives_cut_connections_too(key: str) -> None:
    def send(external_id: str) -> int:
        body = orjson.dumps(item(external_id))
        return call(application, SINGLE, body, HTTP_AUTHORIZATION=f"Bearer {key}")[0]

    assert send("before") == 201
    cut_own_connection()
    assert (send("after"), send("after")) == (201, 200)


def cut_own_connection() -> None:
    """End this thread's connection from another one, as a restarting server does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()

    def end(number: int) -> None:
        with connection.cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    at_once(1, end)


def test_database_that_is_away_is_a_503_and_nothing_is_half_stored(key: str, monkeypatch: Any) -> None:
    post(key, item("before"))
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    connection.close()
    raw = orjson.dumps(item("after"))

    answer = Client().post(
        "/api/v1/interactions", raw, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    monkeypatch.undo()
    assert not Interaction.objects.filter(external_id="after").exists()


def test_conflicting_use_of_one_key_at_once_never_mixes_answers(key: str) -> None:
    answers = at_once(10, lambda number: post(key, item(f"n{number % 2}"), Idempotency_Key="k1"))

    assert Interaction.objects.count() == 1
    winner = Interaction.objects.get().external_id
    for number, answer in enumerate(answers):
        assert answer.status_code == (201 if f"n{number % 2}" == winner else Conflict.status)
