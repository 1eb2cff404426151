"""Leases: kept while a process lives, and a death is put down to whom the process died of."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.models import F

from cxos.core import catalogue, leases, outbox, relay
from cxos.core.catalogue import Received
from cxos.core.models import Delivery, Event
from cxos.core.outbox import emit

PATIENCE_SECONDS = 60


@catalogue.event
class BellRung:
    bell: int


@pytest.fixture(autouse=True)
def only_bells(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    handlers: dict[str, catalogue.Handler] = {}
    for module in (catalogue, relay, leases):
        monkeypatch.setattr(module, "HANDLERS", handlers)
    monkeypatch.setattr(outbox, "nudge", lambda lane: None)
    catalogue.HANDLERS_OF.pop("BellRung", None)
    yield
    catalogue.HANDLERS_OF.pop("BellRung", None)


def ring(*bells: int) -> None:
    with transaction.atomic():
        for bell in bells:
            emit(BellRung(bell=bell), key=f"bell:{bell}")


def counted() -> list[tuple[str, str, int, int]]:
    return list(Delivery.objects.order_by("id").values_list("key", "state", "deaths", "failures"))


def time_passes() -> None:
    """Longer than any lease; what was leased together stays so."""
    Delivery.objects.update(leased_until=F("leased_until") - timedelta(hours=1))


def until(condition: Callable[[], bool]) -> None:
    stop = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < stop
        time.sleep(0.01)


# --- Who it was ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_the_one_in_hand_is_counted_and_parked_at_last() -> None:
    catalogue.on(BellRung)(lambda received: None)
    ring(1, 2, 3, 4)
    for death in range(leases.MAX_DEATHS):
        claims = relay.grouped(relay.claim("live", batch=8))
        if death == 0:
            relay.handle(claims[0])
        time_passes()
        leases.recover_leases()

    assert counted() == [("bell:2", "parked", 5, 0), ("bell:3", "pending", 0, 0), ("bell:4", "pending", 0, 0)]
    assert Delivery.objects.get(state="parked").last_error == "The process died while handling this."


@pytest.mark.django_db
def test_those_handled_together_are_suspected_once_and_then_handled_alone() -> None:
    catalogue.on_several(BellRung)(lambda batch: None)
    ring(1, 2, 3)
    relay.claim("live", batch=8)
    time_passes()
    assert leases.recover_leases() == 3
    assert [deaths for _, _, deaths, _ in counted()] == [1, 1, 1]

    ring(4, 5)
    assert [len(group) for group in relay.grouped(relay.claim("live", batch=8))] == [1, 1, 1, 2]
    time_passes()
    leases.recover_leases()
    assert [deaths for _, _, deaths, _ in counted()] == [2, 1, 1, 0, 0]


@pytest.mark.django_db
def test_those_that_failed_together_are_tried_in_the_order_by_which_a_death_is_told() -> None:
    turns = leases.Turns[relay.Claim](given_back=lambda: None)
    catalogue.on(BellRung)(lambda received: None)
    ring(1, 2, 3)
    first, second, third = relay.claim("live", batch=8)

    with turns:
        order = []
        for group in turns.of([[first, third], [second]], leased_at=time.monotonic()):
            order.append(group)
            if len(group) == 2:
                turns.one_by_one(group)

    assert order == [[first, third], [first], [second], [third]]


@pytest.mark.django_db
def test_claims_that_came_to_nothing_are_no_failures_and_never_lend_their_fence_again() -> None:
    @catalogue.on(BellRung)
    def jam(received: Received) -> None:
        raise RuntimeError("the clapper is stuck")

    ring(1, 2)
    for _ in range(2 * relay.MAX_FAILURES):
        claims = relay.claim("live", batch=8)
        leases.renew([], claims)
    [late] = [one for one in claims if one.row[2] == "bell:2"]
    Delivery.objects.filter(key="bell:2").update(state="parked", deaths=5)

    assert relay.drain_outbox() == 1
    assert counted() == [("bell:1", "pending", 0, 1), ("bell:2", "parked", 5, 0)]
    assert relay.retry_parked(late.delivery_id)
    [again] = relay.claim("live", batch=8)
    assert again.attempt == late.attempt + 1
    with pytest.raises(relay.LostLease):
        relay.finish([late])


@pytest.mark.django_db
def test_an_event_nobody_knows_any_more_fails_alone() -> None:
    heard: list[int] = []

    @catalogue.on(BellRung)
    def hear(received: Received) -> None:
        heard.append(received.event.bell)

    ring(1, 2)
    Event.objects.filter(key="bell:1").update(name="GongStruck")

    relay.run_lane("live")

    assert heard == [2]
    assert counted() == [("bell:1", "pending", 0, 1)]


# --- With real processes and threads ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_delivery_that_really_kills_its_process_takes_no_other_with_it() -> None:
    @catalogue.on(BellRung)
    def crack(received: Received) -> None:
        Event.objects.filter(id=received.id).update(actor="heard")
        if received.event.bell == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    ring(1, 2, 3, 4)
    for _ in range(leases.MAX_DEATHS):
        assert ended_by(lambda: relay.run_lane("live")) == signal.SIGKILL
        time_passes()
        leases.recover_leases()
    assert counted() == [("bell:2", "parked", 5, 0), ("bell:3", "pending", 0, 0), ("bell:4", "pending", 0, 0)]

    relay.run_lane("live")
    assert counted() == [("bell:2", "parked", 5, 0)]
    heard = Event.objects.filter(actor="heard").order_by("key").values_list("key", flat=True)
    assert list(heard) == ["bell:1", "bell:3", "bell:4"]


def ended_by(work: Callable[[], object]) -> int:
    """The signal that ended a process of its own which did this."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_behind_a_slow_one_goes_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.4)
    healthy, by = threading.Event(), {}

    @catalogue.on(BellRung, atomic=False)
    def toll(received: Received) -> None:
        by[received.event.bell] = threading.current_thread().name
        if received.event.bell == 1:
            assert healthy.wait(PATIENCE_SECONDS)

    ring(1, 2, 3)
    slow = threading.Thread(target=in_thread(lambda: relay.run_lane("live")), name="slow")
    slow.start()
    until(lambda: 1 in by)
    until(lambda: Delivery.objects.filter(state="pending").count() == 2)
    relay.run_lane("live")
    assert counted() == [("bell:1", "running", 0, 0)]
    healthy.set()
    slow.join(PATIENCE_SECONDS)

    assert by == {1: "slow", 2: "MainThread", 3: "MainThread"}
    assert counted() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [True, False])
def test_a_handler_over_its_lease_keeps_it_and_works_once(monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1.0)
    begun: list[int] = []
    go_on = threading.Event()

    @catalogue.on(BellRung, atomic=atomic)
    def toll(received: Received) -> None:
        begun.append(received.event.bell)
        assert go_on.wait(PATIENCE_SECONDS)

    ring(1)
    slow = threading.Thread(target=in_thread(lambda: relay.run_lane("live")))
    slow.start()
    seen = set()
    until(lambda: bool(begun))
    until(lambda: seen.add(Delivery.objects.get().leased_until) or len(seen) == 4)
    assert (max(seen) - min(seen)).total_seconds() > 0.7, "three beats"
    go_on.set()
    slow.join(PATIENCE_SECONDS)

    assert (begun, counted()) == ([1], [])


def in_thread(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run
