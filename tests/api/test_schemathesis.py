"""Schemathesis over the whole description, against the real application in this process: same examples every time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from channels_app.models import Conversation
from cxos.core.api.schema import describe
from cxos.wsgi import application

EXAMPLES = 4  # an operation; all of it takes about half a minute on two cores
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


schema = schemathesis.openapi.from_dict(describe())
schema.app = application
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
OPERATIONS = {found.ok().label: found.ok() for found in schema.get_all_operations()}


@cache
def of_our_code() -> FeedbackSources:
    """Words that stand in the code are tried as values."""
    return FeedbackSources(constants_value_source=make_constants_value_source(schema))


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The server closes connections between requests; here all of them share the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.django_db
@pytest.mark.slow
def test_no_generated_request_is_a_fault_of_ours(label: str, as_adi: Any, talk: Conversation) -> None:
    """The requests are made up here, not while tests are collected: that takes as long as a tenth of the sending, and
    every worker collects all tests."""

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def send(case: Case) -> None:
        number = (case.path_parameters or {}).get("id")
        if isinstance(number, int) and number % 2:  # most numbers are nobody's
            case.path_parameters["id"] = talk.id
        case.call_and_validate(headers={"Authorization": f"Bearer {as_adi.key}"}, checks=CHECKS)

    build_operation_test(
        config=schema.config, operation=OPERATIONS[label], test_func=send, given_kwargs={}, feedback=of_our_code()
    )()
