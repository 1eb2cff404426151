"""Events: written with their change, delivered in order, retried, parked, never lost by a dead process."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from structlog.contextvars import bind_contextvars, get_contextvars

from cxos.core import catalogue, leases, relay
from cxos.core.models import Delivery, Event
from cxos.core.outbox import MAX_DEPTH, cause_of, emit, emit_all
from tests.nested_loops import plan_nested_loops_only

pytestmark = pytest.mark.django_db


@catalogue.event
class LampSwitched:
    lamp: int
    on: bool = True


@catalogue.event
class RoomLit:
    lamp: int


@pytest.fixture
def heard(monkeypatch):
    """Handlers of these tests only; what they heard, in order."""
    heard: list[tuple[str, int]] = []
    monkeypatch.setattr(catalogue, "HANDLERS", {})
    monkeypatch.setattr(relay, "HANDLERS", catalogue.HANDLERS)
    monkeypatch.setattr(leases, "HANDLERS", catalogue.HANDLERS)
    catalogue.HANDLERS_OF.pop("LampSwitched", None)
    catalogue.HANDLERS_OF.pop("RoomLit", None)
    yield heard
    catalogue.HANDLERS_OF.pop("LampSwitched", None)
    catalogue.HANDLERS_OF.pop("RoomLit", None)


def listen(heard, *, fail_times: int = 0, lane: str = "live", atomic: bool = True):
    left = [fail_times]

    @catalogue.on(LampSwitched, lane=lane, atomic=atomic)
    def hear(received):
        if left[0]:
            left[0] -= 1
            raise RuntimeError("the bulb is loose")
        heard.append((received.key, received.event.lamp))

    return hear


def switch(lamp: int, key: str | None = None) -> int:
    with transaction.atomic():
        return emit(LampSwitched(lamp=lamp), key=key or f"lamp:{lamp}")


def make_due() -> None:
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        emit(LampSwitched(lamp=1), key="lamp:1")

    assert Event.objects.count() == 0


def test_an_event_of_a_failed_change_does_not_exist(heard):
    listen(heard)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit(LampSwitched(lamp=1), key="lamp:1")
        raise ZeroDivisionError

    assert (Event.objects.count(), Delivery.objects.count()) == (0, 0)


def test_each_handler_is_owed_one_delivery_and_keeps_none_when_done(heard):
    listen(heard)
    listen_other = []

    @catalogue.on(LampSwitched, lane="work")
    def note(received):
        listen_other.append(received.event.lamp)

    switch(7)
    assert sorted(Delivery.objects.values_list("lane", flat=True)) == ["live", "work"]

    assert relay.drain_outbox() == 2

    assert heard == [("lamp:7", 7)]
    assert listen_other == [7]
    assert Delivery.objects.count() == 0
    assert Event.objects.get().payload == {"lamp": 7, "on": True}


def test_what_one_delivery_binds_to_its_log_lines_ends_with_it(heard):
    bound = []

    @catalogue.on(LampSwitched, lane="live")
    def hear(received):
        bound.append(get_contextvars())
        bind_contextvars(lamp=received.event.lamp)
        if received.event.lamp == 2:
            raise RuntimeError("the bulb is loose")

    ids = [switch(1), switch(2), switch(3)]
    before = get_contextvars()

    assert relay.run_lane("live") == 3

    assert bound == [before | {"event_id": id, "event_key": f"lamp:{n}"} for n, id in enumerate(ids, 1)]
    assert get_contextvars() == before


def test_the_line_of_a_failure_carries_what_its_handler_bound(heard, caplog):
    @catalogue.on(LampSwitched, lane="live")
    def hear(received):
        bind_contextvars(lamp=received.event.lamp)
        raise RuntimeError("the bulb is loose")

    id = switch(7)

    relay.drain_outbox()

    [line] = [one.msg for one in caplog.records if one.name == "cxos.core.relay"]
    assert (line["event"], line["lamp"], line["event_id"]) == ("handler failed", 7, id)


def test_events_of_one_key_are_handled_in_order_and_wait_for_a_failing_one(heard):
    listen(heard, fail_times=1)
    switch(1, "house")
    switch(2, "house")
    switch(3, "shed")

    relay.drain_outbox()
    assert heard == [("shed", 3)], "the first event of the house failed and holds the second, not the shed"

    make_due()
    relay.drain_outbox()
    assert heard == [("shed", 3), ("house", 1), ("house", 2)]


def test_a_claim_takes_one_event_per_key(heard):
    listen(heard)
    for lamp in (1, 2, 3):
        switch(lamp, "house")
    switch(4, "shed")

    claims = relay.claim("live", batch=10)

    assert sorted(one.received.event.lamp for one in claims) == [1, 4]


def test_a_failing_handler_waits_longer_each_time_and_is_parked_at_last(heard):
    listen(heard, fail_times=99)
    switch(1)
    waits = []
    for _ in range(relay.MAX_FAILURES):
        make_due()
        [claim] = relay.claim("live", batch=1)
        before = timezone.now()
        relay.handle([claim])
        waits.append(round((Delivery.objects.get().due_at - before).total_seconds()))

    owed = Delivery.objects.get()
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert owed.state == Delivery.State.PARKED
    assert owed.last_error == "RuntimeError: the bulb is loose"
    make_due()
    assert relay.claim("live", batch=1) == []


def test_a_parked_delivery_lets_later_events_of_its_key_pass_and_can_be_retried(heard):
    listen(heard)
    switch(1, "house")
    Delivery.objects.update(state=Delivery.State.PARKED, failures=10)
    switch(2, "house")

    relay.drain_outbox()
    assert heard == [("house", 2)]

    assert relay.retry_parked(Delivery.objects.get().id) is True
    relay.drain_outbox()
    assert heard == [("house", 2), ("house", 1)]
    assert Delivery.objects.count() == 0


def test_a_dead_process_gives_its_delivery_back(heard):
    listen(heard)
    switch(1)
    [claim] = relay.claim("live", batch=1)
    assert relay.claim("live", batch=1) == [], "leased"

    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert leases.recover_leases() == 1
    relay.drain_outbox()

    assert heard == [("lamp:1", 1)]
    assert claim.attempt == 1


def test_a_handler_that_outlived_its_lease_cannot_commit(heard):
    done = []

    @catalogue.on(LampSwitched)
    def slow(received):
        Event.objects.filter(id=received.id).update(actor="slow")
        if not done:
            done.append(1)
            Delivery.objects.update(attempts=5)  # somebody else has claimed it meanwhile

    switch(1)
    [claim] = relay.claim("live", batch=1)
    relay.handle([claim])

    assert Event.objects.get().actor == "system", "what the late handler wrote is rolled back"
    assert Delivery.objects.count() == 1


def test_a_delivery_that_kills_its_process_is_parked(heard):
    listen(heard)
    switch(1)
    for _ in range(leases.MAX_DEATHS):
        make_due()
        assert relay.claim("live", batch=1)
        Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        leases.recover_leases()

    owed = Delivery.objects.get()
    assert owed.state == Delivery.State.PARKED
    assert "died" in owed.last_error


def test_what_a_handler_emits_knows_its_cause_and_depth(heard):
    @catalogue.on(LampSwitched)
    def light(received):
        emit(RoomLit(lamp=received.event.lamp), key=received.key)

    first = switch(1)
    relay.drain_outbox()

    lit = Event.objects.get(name="RoomLit")
    assert (lit.cause_id, lit.depth) == (first, 1)
    assert cause_of() is None
    assert MAX_DEPTH == 5


def test_what_is_due_for_a_handler_of_several_is_handed_over_in_one_go_and_each_keeps_its_cause(heard):
    @catalogue.on_several(LampSwitched)
    def light(batch):
        heard.append([one.event.lamp for one in batch])
        with transaction.atomic():
            emit_all([(RoomLit(lamp=one.event.lamp), one.key) for one in batch] + [(RoomLit(lamp=9), "elsewhere")])

    switched = [switch(lamp) for lamp in (1, 2, 3)]
    switch(4, "lamp:1")

    for group in relay.grouped(relay.claim("live", batch=10)):
        relay.handle(group)

    assert heard == [[1, 2, 3]], "the second of a key waits for the first"
    lit = Event.objects.filter(name="RoomLit").order_by("id").values_list("cause_id", "depth")
    assert list(lit) == [*[(cause, 1) for cause in switched], (None, 0)]
    assert list(Delivery.objects.filter(handler__contains="light").values_list("key", flat=True)) == ["lamp:1"]


def test_of_several_handled_together_only_the_one_that_cannot_be_is_put_back(heard):
    @catalogue.on_several(LampSwitched)
    def light(batch):
        if any(one.event.lamp == 2 for one in batch):
            raise RuntimeError("the bulb is loose")
        heard.extend(one.event.lamp for one in batch)

    for lamp in (1, 2, 3):
        switch(lamp)

    for group in relay.grouped(relay.claim("live", batch=10)):
        relay.handle(group)

    assert heard == [1, 3]
    assert list(Delivery.objects.values_list("key", "state", "attempts")) == [("lamp:2", "pending", 1)]


def test_several_events_go_in_one_statement_in_their_order(heard, django_assert_num_queries):
    listen(heard)
    with transaction.atomic(), django_assert_num_queries(1):
        ids = emit_all([(LampSwitched(lamp=n), "house") for n in (1, 2, 3)], actor="user:7")

    assert ids == sorted(ids)
    assert [e.payload["lamp"] for e in Event.objects.order_by("id")] == [1, 2, 3]
    assert set(Event.objects.values_list("actor", flat=True)) == {"user:7"}


def test_an_unknown_field_of_an_older_event_is_ignored():
    assert catalogue.rebuild("LampSwitched", {"lamp": 3, "colour": "red"}) == LampSwitched(lamp=3)


@pytest.mark.django_db(transaction=True)
def test_a_lost_redis_does_not_stop_a_change(heard, settings, monkeypatch):
    from cxos.core import broker

    listen(heard)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    broker.client.cache_clear()
    monkeypatch.setattr(broker, "_away_until", 0.0)

    switch(1)
    relay.drain_outbox()

    assert heard == [("lamp:1", 1)]
    broker.client.cache_clear()
    monkeypatch.setattr(broker, "_away_until", 0.0)


@pytest.mark.parametrize("batch", [1, 2])
def test_no_more_are_claimed_than_were_asked_for_whatever_the_plan(heard, batch):
    """A subquery that locks may be run once for each row that a nested loop compares it with."""
    listen(heard)
    for lamp in range(4):
        switch(lamp)
    plan_nested_loops_only()

    assert len(relay.claim("live", batch=batch)) == batch
