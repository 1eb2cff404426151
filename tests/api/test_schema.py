"""The description equals what there is, and both forms of it work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from cxos.core.api.schema import describe
from cxos.core.api.views import NothingHere


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, path)
        else:
            yield path, pattern


def api_routes() -> dict[str, URLPattern]:
    found = {f"/{path}".replace("<int:id>", "{id}"): pattern for path, pattern in routes(get_resolver())}
    return {
        path: pattern
        for path, pattern in found.items()
        if path.startswith("/api/v1/") and getattr(pattern.callback, "cls", None) is not NothingHere
    }


def test_every_route_is_described_and_every_description_has_a_route():
    assert set(describe()["paths"]) == set(api_routes())


def test_every_method_of_a_route_is_described():
    for path, pattern in api_routes().items():
        callback = pattern.callback
        offered = {"get"} if hasattr(callback, "actions") else set(callback.cls().allowed_methods) - {"OPTIONS"}
        offered = {method.lower() for method in offered} | ({"post"} if hasattr(callback, "post_endpoint") else set())

        assert set(describe()["paths"][path]) == offered, path


def test_it_is_openapi_3_1_with_unique_operation_ids():
    operations = [operation for item in describe()["paths"].values() for operation in item.values()]

    assert describe()["openapi"] == "3.1.0"
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] and "4XX" in operation["responses"] for operation in operations)


def test_an_interaction_posted_again_is_described_as_200():
    assert {"200", "201", "4XX", "503"} == set(describe()["paths"]["/api/v1/interactions"]["post"]["responses"])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema/", "/api/schema.json"])
def test_the_schema_is_served(path):
    answer = Client().get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.1"
    assert answer.json() == describe()


@pytest.mark.django_db
def test_the_page_names_every_operation_and_needs_no_script():
    page = Client().get("/api/docs/")

    assert page.status_code == 200
    text = page.content.decode()
    for item in describe()["paths"].values():
        for operation in item.values():
            assert f'id="{operation["operationId"]}"' in text
    assert "<script" not in text and "style=" not in text and "https://" not in text


@pytest.mark.django_db
def test_in_production_both_ask_who_is_there(settings):
    settings.SECURE = True

    assert Client().get("/api/schema/").status_code == 401
    assert Client().get("/api/docs/").headers["Location"].startswith("/login/")
