"""Statements a connection plans once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import NotSupportedError, connection, transaction

from cxos.core import prepared
from cxos.core.models import Event
from cxos.core.prepared import Prepared

pytestmark = pytest.mark.django_db


def names_of(text: str) -> list[str]:
    """Of the statements this connection has prepared that hold this text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE position(%s IN statement) > 0", [text])
        return [name for (name,) in cursor.fetchall()]


def test_a_statement_is_prepared_once_and_takes_other_values(django_assert_num_queries: Any) -> None:
    twice = Prepared("SELECT %(word)s || 'once', unnest(%(numbers)s)", word="text", numbers="int[]")

    with django_assert_num_queries(2):
        first, second = twice.run({"word": "a", "numbers": [1, 2]}), twice.run({"word": "b", "numbers": []})

    assert (first, second) == ([("aonce", 1), ("aonce", 2)], [])
    assert len(names_of("|| 'once'")) == 1


def test_what_returns_nothing_is_counted() -> None:
    Event.objects.bulk_create(Event(name="Counted", key=f"k:{number}", payload={}) for number in range(3))
    gone = Prepared("DELETE FROM core_event WHERE name = %(name)s", name="text")

    assert gone.run_counted({"name": "Counted"}) == ([], 3)
    assert gone.run({"name": "Counted"}) == []


def test_behind_pgbouncer_it_is_sent_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    whole = Prepared("SELECT %(word)s || 'whole', %(none)s IS NULL", word="text", none="bigint")

    assert whole.run({"word": "a", "none": None}) == [("awhole", True)]
    assert names_of("|| 'whole'") == []


def test_a_plan_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "PLAN_SECONDS", 0.0)
    old = Prepared("SELECT 'forgotten'")

    old.run({})
    before = names_of("'forgotten'")
    old.run({})

    after = names_of("'forgotten'")
    assert len(before) == len(after) == 1
    assert before != after


def test_a_column_that_has_become_another_type_fails_one_run_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE changing (thing int); INSERT INTO changing VALUES (7)")
    look = Prepared("SELECT thing FROM changing")
    assert look.run({}) == [(7,)]

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ALTER thing TYPE text")
    with pytest.raises(NotSupportedError), transaction.atomic():
        look.run({})

    assert look.run({}) == [("7",)]
