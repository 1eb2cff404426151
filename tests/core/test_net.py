"""What the last net before a 500 catches, and what it lets through."""

from __future__ import annotations

import json

import pytest
from django.db import DataError, IntegrityError
from django.http import HttpResponse
from django.test import RequestFactory
from psycopg2.extensions import adapt

from cxos.core.middleware import database_down

net = database_down(lambda request: HttpResponse())
POST = RequestFactory().post("/")


def test_a_letter_that_no_column_can_hold_is_answered_with_a_sentence() -> None:
    with pytest.raises(ValueError) as refused:
        adapt("a\0b").getquoted()

    answer = net.process_exception(POST, refused.value)

    assert answer is not None
    assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "not_storable")


def test_a_value_that_is_too_long_or_too_large_is_answered_alike() -> None:
    answer = net.process_exception(POST, DataError("value too long for type character varying(10)"))

    assert answer is not None and answer.status_code == 422


@pytest.mark.parametrize("problem", [ValueError("x"), IntegrityError("x"), KeyError("x")])
def test_our_own_mistakes_are_not_hidden(problem: Exception) -> None:
    assert net.process_exception(POST, problem) is None
