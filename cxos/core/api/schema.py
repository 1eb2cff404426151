"""The OpenAPI 3.1 description, drawn from the endpoints themselves: nothing in it is written twice."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

PREFIX = "/api/v1/"
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457): `code` for programs, `detail` for people, `errors` by field.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
RATE_HEADERS = {
    "RateLimit-Limit": "Requests a minute.",
    "RateLimit-Remaining": "Requests left in this minute.",
    "RateLimit-Reset": "Seconds until the next minute begins.",
}
DESCRIPTION = """Post interactions, read the customer record, work as an agent.

**Who you are.** Send `Authorization: Bearer cx_…` with a key from Settings → API keys. A key acts as one user, within its
scopes; a browser may use its session and CSRF token instead.

**Lists** come newest first with `next_cursor`; ask for the next page with `?cursor=`. `?fields=id,status` takes fewer
fields, `?ordering=` another order. A parameter or field that is not listed here is refused by name.

**Commands** are POSTs. They answer after the change has committed. With an `Idempotency-Key` a repeat gets the first
answer instead of a second effect; another body under the same key is refused with 409.

**Refusals** are `application/problem+json`: `code` for programs, `detail` for people, `errors` naming each field.
**Rates** are in the headers `RateLimit-Limit`, `-Remaining` and `-Reset`; a 429 says in `Retry-After` when to come back.
"""


class ApiSchema(AutoSchema):
    """Reads our endpoints: `input`, `output`, `parameters()`, `roles`."""

    def get_operation_id(self) -> str:
        """`conversations_list`, `conversations_get`, `conversations_reply`: the noun, then the verb."""
        words = [word.replace("-", "_") for word in self._tokenize_path()]
        if self.method != "GET":
            return "_".join(words) if len(words) > 1 else f"{words[0]}_create"
        return "_".join([*words, "list" if self._is_list_view() else "get"])

    def get_summary(self) -> str:
        return self._doc().partition("\n")[0]

    def get_description(self) -> str:  # type: ignore[override]
        return self._doc().partition("\n")[2].strip()

    def _doc(self) -> str:
        text = super().get_description()
        override = getattr(self.view, "summaries", {}).get(getattr(self.view, "action", ""))
        return override or text

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        return str(super().get_serializer_name(serializer, direction)).removesuffix("Output")

    def get_override_parameters(self) -> list[Any]:
        parameters = [
            OpenApiParameter(
                name=name,
                type=dict(parameter.schema),
                description=parameter.description,
                style="form" if parameter.schema.get("type") == "array" else None,
                explode=False if parameter.schema.get("type") == "array" else None,
            )
            for name, parameter in getattr(self.view, "parameters", dict)().items()
        ]
        if hasattr(self.view, "input"):
            parameters.append(
                OpenApiParameter(
                    name="Idempotency-Key",
                    location=OpenApiParameter.HEADER,
                    type={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                    description="A key of your choice, such as a UUID: a repeat of the command gets the first answer.",
                )
            )
        return parameters

    def get_request_serializer(self) -> Any:
        shape = getattr(self.view, "input", None)
        return shape if shape is not None and shape().fields else None

    def get_response_serializers(self) -> Any:
        shape = getattr(self.view, "output", None)
        if shape is None:
            return super().get_response_serializers()
        if hasattr(self.view, "success_status"):
            return {
                self.view.success_status: shape,
                getattr(self.view, "repeat_status", self.view.success_status): shape,
            }
        return shape(many=True) if getattr(self.view, "action", "") == "list" else shape

    def _get_paginator(self) -> Any:
        return _Page() if getattr(self.view, "action", "") == "list" else None


class _Page:
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next_cursor", "next"],
            "properties": {
                "results": schema,
                "next_cursor": {"type": ["string", "null"], "description": "For `?cursor=`; null on the last page."},
                "next": {"type": ["string", "null"], "format": "uri", "description": "The next page's address."},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[Any]:
        return []  # they are among the view's own parameters


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "cxos.core.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key from Settings → API keys: `Bearer cx_…`."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "cxos.core.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in browser; commands need the CSRF token as well.",
        }


def complete(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Post-processing: what every operation has in common, said once."""
    result["info"]["description"] = DESCRIPTION
    result["components"]["schemas"]["Problem"] = PROBLEM
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
    result["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "integer"}} for name, text in RATE_HEADERS.items()
    }
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, item in result["paths"].items():
        for operation in item.values():
            for status, response in operation["responses"].items():
                response.setdefault("description", "")
                if str(status).startswith("2"):
                    response["description"] = response["description"] or "Done."
                    response.setdefault("headers", {}).update(headers)
            operation["responses"].setdefault(
                "4XX", {"description": "Refused, with the reason.", "headers": headers, "content": body}
            )
            operation["responses"].setdefault(
                "503", {"description": "The database is away; send it again.", "content": body}
            )
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
                    parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
            operation["tags"] = [path.removeprefix(PREFIX).split("/")[0]]
    return result


def find_endpoints(endpoints: list[Any], **context: Any) -> list[Any]:
    """Pre-processing: the addresses of this API only, with the commands that share the address of a list."""
    found = []
    for path, path_regex, method, callback in endpoints:
        if path.startswith(PREFIX):
            found.append((path, path_regex, method, callback))
            if hasattr(callback, "post_endpoint"):
                found.append((path, path_regex, "POST", callback.post_endpoint))
    return found


@lru_cache(maxsize=1)
def describe() -> dict[str, Any]:
    """The whole description as JSON values; drawn once per process."""
    from drf_spectacular.generators import SchemaGenerator

    described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return described
