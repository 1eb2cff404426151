"""The description of the API: for programs at /api/schema/, for people at /api/docs/.

On a production installation (https) both ask who is there; elsewhere they are open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from cxos.core.api.problems import problem
from cxos.core.api.schema import PREFIX, describe
from cxos.core.services.api_keys import find_key

DEEPEST = 2  # how far the page unfolds things within things


def _may_read(request: HttpRequest) -> bool:
    if not settings.SECURE or request.user.is_authenticated:
        return True
    word, _, secret = request.headers.get("Authorization", "").partition(" ")
    return word.lower() == "bearer" and find_key(secret.strip(), now=timezone.now()) is not None


@require_GET
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as JSON (which is YAML as well)."""
    if not _may_read(request):
        refusal = problem(401, "not_authenticated", "Send an API key, or sign in.")
        return HttpResponse(orjson.dumps(refusal), status=401, content_type="application/problem+json")
    body = orjson.dumps(describe(), option=orjson.OPT_INDENT_2)
    response = HttpResponse(body, content_type="application/vnd.oai.openapi+json;version=3.1")
    patch_cache_control(response, private=True, max_age=60)
    return response


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return redirect_to_login(request.get_full_path())
    described = describe()
    groups: dict[str, list[Operation]] = {}
    for operation in operations(described):
        groups.setdefault(operation.group, []).append(operation)
    about = described["info"]
    page = {"title": about["title"], "about": prose(about["description"]), "groups": groups}
    return render(request, "api/docs.html", page)


def prose(text: str) -> list[list[tuple[str, str]]]:
    """Paragraphs of (kind, text) parts, kind "b", "code" or "": as much Markdown as our descriptions use."""
    return [
        [_part(one) for one in re.split(r"(\*\*.+?\*\*|`.+?`)", " ".join(paragraph.split())) if one]
        for paragraph in text.split("\n\n")
        if paragraph.strip()
    ]


def _part(text: str) -> tuple[str, str]:
    if text.startswith("**"):
        return "b", text.strip("*")
    return ("code", text.strip("`")) if text.startswith("`") else ("", text)


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, or a field of a body: `type` in words."""

    name: str
    type: str
    required: bool
    about: list[list[tuple[str, str]]]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as the page shows it."""

    id: str
    group: str
    method: str
    path: str
    about: list[list[tuple[str, str]]]
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    status: str
    answer: tuple[Row, ...]
    is_list: bool
    example: str

    @property
    def title(self) -> str:
        return self.group.replace("-", " ").capitalize().replace("Api", "API")

    @property
    def short_path(self) -> str:
        return self.path.removeprefix(PREFIX)

    @property
    def answer_title(self) -> str:
        return f"Answer {self.status}" + (": a page of" if self.is_list else "")


def operations(described: dict[str, Any]) -> Iterator[Operation]:
    """In the order of the addresses."""
    for path, item in described["paths"].items():
        for method, operation in item.items():
            status, answer = next((s, r) for s, r in operation["responses"].items() if str(s).startswith("2"))
            shape = _json_of(answer)
            page = _deref(shape, described).get("properties", {}).get("results") if shape else None
            body = _json_of(operation.get("requestBody", {}))
            yield Operation(
                id=operation["operationId"],
                group=operation["tags"][0],
                method=method.upper(),
                path=path,
                about=prose(f"{operation.get('summary', '')}\n\n{operation.get('description', '')}"),
                parameters=tuple(_parameter(one, described) for one in operation.get("parameters", [])),
                body=tuple(_fields(body, described)),
                status=str(status),
                answer=tuple(_fields(page["items"] if page else shape, described)),
                is_list=page is not None,
                example=_example(method.upper(), path, body, described),
            )


def _json_of(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _deref(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "allOf" in schema and len(schema["allOf"]) == 1:
        return _deref(schema["allOf"][0], described)
    return schema


def _parameter(parameter: dict[str, Any], described: dict[str, Any]) -> Row:
    return Row(
        parameter["name"],
        _type(parameter["schema"], described),
        parameter.get("required", False),
        prose(parameter.get("description", "")),
        parameter["in"],
    )


def _fields(schema: dict[str, Any], described: dict[str, Any], prefix: str = "") -> Iterator[Row]:
    """A row for each field, and below it those of the things it holds: `attachments[].url`."""
    shape = _deref(schema, described) if schema else {}
    for name, field in shape.get("properties", {}).items():
        required = name in shape.get("required", ())
        yield Row(prefix + name, _type(field, described), required, prose(field.get("description", "")))
        inner, mark = _held(field, described)
        if prefix.count(".") < DEEPEST:
            yield from _fields(inner, described, f"{prefix}{name}{mark}.")


def _held(field: dict[str, Any], described: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The shape of what a field holds, if it is an object or a list of them, and the mark behind its name."""
    for one in (field, *field.get("oneOf", ()), *field.get("allOf", ())):
        if "$ref" in one:
            return one, ""
        if one.get("type") == "array" and "$ref" in one.get("items", {}):
            return one["items"], "[]"
    return {}, ""


def _type(schema: dict[str, Any], described: dict[str, Any]) -> str:
    """A schema in a few words: `string`, `integer or null`, `list of string`, `open | pending`."""
    if "$ref" in schema:
        return "object"
    for joint in ("oneOf", "anyOf", "allOf"):
        if joint in schema:
            return " or ".join(dict.fromkeys(_type(one, described) for one in schema[joint]))
    if "enum" in schema:
        return " | ".join("null" if value is None else str(value) for value in schema["enum"])
    kinds = schema.get("type", "any")
    names = [kinds] if isinstance(kinds, str) else kinds
    if names[0] == "array":
        return f"list of {_type(schema.get('items', {}), described)}"
    word = {"date-time": "time", "email": "e-mail", "uri": "address"}.get(schema.get("format", ""), names[0])
    return " or ".join([word, *names[1:]])


def _example(method: str, path: str, body: dict[str, Any], described: dict[str, Any]) -> str:
    lines = [f"curl $CXOS{path.replace('{id}', '1')}", '  -H "Authorization: Bearer $KEY"']
    if method != "GET":
        lines[0] = lines[0].replace("curl", f"curl -X {method}", 1)
    if body:
        shape = _deref(body, described)
        wanted = shape.get("required") or list(shape.get("properties", {}))[:1]
        given = {name: _sample(shape["properties"][name], described) for name in wanted}
        lines += ["  -H 'Content-Type: application/json'", f"  -d '{orjson.dumps(given).decode()}'"]
    return " \\\n".join(lines)


def _sample(schema: dict[str, Any], described: dict[str, Any]) -> Any:
    shape = _deref(schema, described)
    if "example" in shape:
        return shape["example"]
    if "enum" in shape:
        return shape["enum"][0]
    kinds = shape.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        return [_sample(shape.get("items", {}), described)]
    if kind == "object":
        return {name: _sample(shape["properties"][name], described) for name in shape.get("required", [])}
    return {"integer": 1, "boolean": True, "number": 1.5}.get(
        kind, "2026-01-31T12:00:00Z" if "format" in shape else "…"
    )
