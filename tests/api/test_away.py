"""A database that is away is told as such, also when it goes in the middle of a statement."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from django.test import Client, RequestFactory

from cxos.core.api.problems import exception_handler
from cxos.core.away import database_is_away
from cxos.core.middleware import database_down


@pytest.mark.parametrize(
    ("problem", "away"),
    [
        (OperationalError("the database system is shutting down"), True),
        (InterfaceError("connection already closed"), True),
        (DatabaseError("server closed the connection unexpectedly"), True),
        (IntegrityError("a row is there already"), False),
        (DataError("value too long"), False),
        (ProgrammingError("no such column"), False),
        (ValueError("none of the database's"), False),
    ],
)
def test_what_the_database_does_is_told_from_what_was_asked_of_it(problem: Exception, away: bool) -> None:
    page = database_down(lambda request: None).process_exception(RequestFactory().get("/"), problem)  # type: ignore[arg-type,return-value]
    answer = exception_handler(problem, {})

    assert database_is_away(problem) is away
    assert (page is not None and page.status_code == 503) is away
    assert (answer is not None and answer.status_code == 503) is away


@pytest.mark.django_db
def test_a_post_that_meets_a_dying_database_may_be_sent_again(
    as_adi: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **more: Any) -> None:
        raise DatabaseError("server closed the connection unexpectedly")

    monkeypatch.setattr("channels_app.api_ingest.accept_all", die)
    body = {"channel": api.key, "external_id": "m-1", "identities": [{"kind": "email", "value": "kim@example.com"}]}
    headers = {"Authorization": f"Bearer {as_adi.key}"}

    answer = Client().post(
        "/api/v1/interactions", {**body, "text": "Hello"}, content_type="application/json", headers=headers
    )

    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "database_away", "2")
