"""Schemathesis over the whole description, against the real application in this process: same examples every time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

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


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The server closes connections between requests; here all of them share the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@pytest.mark.django_db
@pytest.mark.slow
def test_no_generated_request_is_a_fault_of_ours(case, as_adi, talk):
    number = (case.path_parameters or {}).get("id")
    if isinstance(number, int) and number % 2:  # most numbers are nobody's
        case.path_parameters["id"] = talk.id
    case.call_and_validate(headers={"Authorization": f"Bearer {as_adi.key}"}, checks=CHECKS)
