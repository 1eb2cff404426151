"""Every refusal as application/problem+json (RFC 9457): what, which field, what next."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cxos.core.errors import DomainError
from cxos.core.middleware import unavailable

log = structlog.get_logger(__name__)
TITLES = {
    400: "Bad request", 401: "Not authenticated", 403: "Forbidden", 404: "Not found", 405: "Method not allowed",
    406: "Not acceptable", 409: "Conflict", 413: "Too large", 415: "Unsupported media type", 422: "Not valid",
    429: "Too many requests",
}  # fmt: skip


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    } | more


def respond(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    return Response(
        problem(status, code, detail, **more), status=status, headers=headers, content_type="application/problem+json"
    )


def exception_handler(exception: Exception, context: dict[str, Any]) -> Any:
    set_rollback()
    if isinstance(exception, DomainError):
        errors = [{"field": exception.field, "message": exception.message}] if exception.field else []
        return respond(exception.status, exception.code, exception.message, **({"errors": errors} if errors else {}))
    if isinstance(exception, Http404):
        return respond(404, "not_found", "There is no such thing, or you may not see it.")
    if isinstance(exception, PermissionDenied):
        return respond(403, "forbidden", str(exception) or "You may not do that.")
    if isinstance(exception, ValidationError):
        errors = list(flatten(exception.detail))
        first = errors[0] if errors else {"field": "", "message": "The input is not valid."}
        where = f"{first['field']}: " if first["field"] else ""
        return respond(422, "not_valid", f"{where}{first['message']}", errors=errors)
    if isinstance(exception, APIException):
        headers = {}
        if getattr(exception, "auth_header", None):
            headers["WWW-Authenticate"] = exception.auth_header
        if getattr(exception, "wait", None) is not None:
            headers["Retry-After"] = str(int(exception.wait) + 1)  # type: ignore[attr-defined]
        code = getattr(exception.detail, "code", None) or exception.default_code
        return respond(exception.status_code, str(code), str(exception.detail), headers)
    if isinstance(exception, (OperationalError, InterfaceError)):
        log.error("database is away", problem=str(exception)[:200])
        return unavailable()
    return None


def flatten(detail: Any, path: str = "") -> Any:
    """DRF's nested errors as {field: "items.3.text", message} in order."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from flatten(inner, path if name == "non_field_errors" else f"{path}.{name}".strip("."))
    elif isinstance(detail, list) and any(isinstance(inner, (dict, list)) for inner in detail):
        for index, inner in enumerate(detail):
            if inner:
                yield from flatten(inner, f"{path}.{index}".strip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield {"field": path, "message": str(inner)}
    else:
        yield {"field": path, "message": str(detail)}
