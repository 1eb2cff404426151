"""Stream readers see every committed event once, in commit order, and none that is still being written."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from cxos.core import catalogue, streams
from cxos.core.models import StreamCursor
from cxos.core.outbox import emit
from tests.horizon import wait_for_older_transactions


@catalogue.event
class BellRang:
    number: int


@pytest.fixture
def reader(monkeypatch):
    read: list[int] = []
    monkeypatch.setattr(catalogue, "STREAMS", {})
    monkeypatch.setattr(streams, "STREAMS", catalogue.STREAMS)

    @catalogue.stream("bells", BellRang)
    def keep(batch):
        read.extend(one.event.number for one in batch)

    keep.read = read
    return keep


def ring(number: int) -> None:
    with transaction.atomic():
        emit(BellRang(number=number), key="bell")


@pytest.mark.django_db(transaction=True)
def test_a_reader_gets_each_event_once(reader):
    for number in range(5):
        ring(number)

    wait_for_older_transactions()
    streams.run_streams()
    ring(5)
    wait_for_older_transactions()
    streams.run_streams()
    streams.run_streams()

    assert reader.read == [0, 1, 2, 3, 4, 5]


@pytest.mark.django_db(transaction=True)
def test_an_event_committed_late_is_not_skipped(reader):
    written, go = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            emit(BellRang(number=1), key="bell")
            written.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=slow_writer)
    thread.start()
    written.wait(10)
    ring(2)

    streams.run_streams()
    before = list(reader.read)
    go.set()
    thread.join(10)
    wait_for_older_transactions()
    streams.run_streams()

    assert before == [], "the later event waits for the older transaction"
    assert sorted(reader.read) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_failing_reader_stays_where_it_was(reader, monkeypatch):
    ring(1)
    calls = []

    def fail(batch):
        calls.append(len(batch))
        raise RuntimeError

    monkeypatch.setitem(
        catalogue.STREAMS, "bells", catalogue.Stream(name="bells", events=frozenset({"BellRang"}), run=fail)
    )
    wait_for_older_transactions()
    streams.run_streams()

    assert calls == [1]
    assert StreamCursor.objects.get(name="bells").event_id == 0
