from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from channels_app.envelope import THREAD_KEY_LENGTH
from channels_app.models import Channel, Interaction
from channels_app.services.ingest import Accepted, accept, accept_all
from cxos.core.catalogue import HANDLERS_OF
from cxos.core.models import Delivery, Event
from tests.channels_app.said import envelope


def test_interaction_event_and_deliveries_are_written_together(api: Channel, now: datetime) -> None:
    answer = accept(envelope(api, "a1", now), now=now)

    stored = Interaction.objects.get()
    assert answer == Accepted(stored.id, created=True)
    assert (stored.external_id, stored.thread_key, stored.received_at) == ("a1", "email:kim@example.com", now)
    assert stored.payload["identities"] == [["email", "kim@example.com"]]
    event = Event.objects.get()
    assert (event.name, event.key) == ("InteractionReceived", f"thread:{api.id}:email:kim@example.com")
    assert event.payload == {"interaction_id": stored.id, "channel_id": api.id}
    assert Delivery.objects.count() == len(HANDLERS_OF["InteractionReceived"])


def test_duplicate_gets_the_first_id_and_no_second_event(api: Channel, now: datetime) -> None:
    first = accept(envelope(api, "a1", now), now=now)

    again = accept(envelope(api, "a1", now, text="something else"), now=now)

    assert again == Accepted(first.interaction_id, created=False)
    assert Event.objects.count() == 1
    assert Interaction.objects.get().payload["text"] == "Hello"


def test_batch_answers_in_order_with_duplicates_inside_and_outside_it(api: Channel, now: datetime) -> None:
    old = accept(envelope(api, "old", now), now=now)

    answers = accept_all([envelope(api, name, now) for name in ("z", "old", "a", "z")], now=now)

    z, a = Interaction.objects.get(external_id="z").id, Interaction.objects.get(external_id="a").id
    assert answers == [Accepted(z, True), Accepted(old.interaction_id, False), Accepted(a, True), Accepted(z, False)]
    assert z < a, "ids follow the order given"
    assert list(Event.objects.order_by("id").values_list("payload__interaction_id", flat=True)) == [
        old.interaction_id, z, a,
    ]  # fmt: skip


def test_same_external_id_on_two_channels_is_two_interactions(api: Channel, webchat: Channel, now: datetime) -> None:
    answers = accept_all([envelope(api, "a1", now), envelope(webchat, "a1", now)], now=now)

    assert [one.created for one in answers] == [True, True]
    assert answers[0].interaction_id != answers[1].interaction_id


@pytest.mark.parametrize("count", [1, 500])
def test_new_interactions_cost_one_query_however_many(
    api: Channel, now: datetime, count: int, django_assert_num_queries: object
) -> None:
    for number in (1, 2):  # the statements are prepared at the first use of a connection
        accept_all([envelope(api, f"warm{number}-{i}", now) for i in range(number)], now=now)
    batch = [envelope(api, f"n{i}", now) for i in range(count)]
    with django_assert_num_queries(1):  # type: ignore[operator]
        accept_all(batch, now=now)


def test_long_thread_key_is_shortened_but_stays_its_own(api: Channel, now: datetime) -> None:
    keys = ["k" * 150 + end for end in ("1", "2")]
    accept_all([envelope(api, key, now, thread_key=key) for key in keys], now=now)

    stored = list(Interaction.objects.values_list("thread_key", flat=True))
    assert len(set(stored)) == 2
    assert all(len(key) <= THREAD_KEY_LENGTH for key in stored)


def test_nothing_is_stored_for_an_empty_batch(api: Channel, now: datetime) -> None:
    assert accept_all([], now=now) == []
    assert Event.objects.count() == 0


def test_behind_a_pooler_statements_are_sent_whole(
    api: Channel, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)

    assert accept(envelope(api, "a", now, text="50 % off: $1"), now=now).created
    assert [one.created for one in accept_all([envelope(api, name, now) for name in "ab"], now=now)] == [False, True]

    assert Interaction.objects.get(external_id="a").payload["text"] == "50 % off: $1"
    assert Event.objects.count() == 2
