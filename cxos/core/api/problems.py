"""Every refusal as application/problem+json (RFC 9457): what, which field, what next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cxos.core.away import database_is_away
from cxos.core.errors import DomainError
from cxos.core.middleware import unavailable

log = structlog.get_logger(__name__)
TITLES = {
    400: "Bad request", 401: "Not authenticated", 403: "Forbidden", 404: "Not found", 405: "Method not allowed",
    406: "Not acceptable", 409: "Conflict", 413: "Too large", 415: "Unsupported media type", 422: "Not valid",
    429: "Too many requests",
}  # fmt: skip
MAX_ERRORS = 20


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    } | more


def problem_of(refusal: DomainError) -> dict[str, Any]:
    errors = [{"field": refusal.field, "message": refusal.message}] if refusal.field else []
    return problem(refusal.status, refusal.code, refusal.message, **({"errors": errors} if errors else {}))


def respond(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    return answer(problem(status, code, detail, **more), headers)


def answer(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], headers=headers, content_type="application/problem+json")


def exception_handler(exception: Exception, context: dict[str, Any]) -> Any:
    """The answer to a refusal; None for a fault of ours, which goes on to Django's handler and the log."""
    set_rollback()
    if isinstance(exception, DomainError):
        return answer(problem_of(exception))
    if isinstance(exception, Http404):
        return respond(404, "not_found", "There is no such thing, or you may not see it.")
    if isinstance(exception, PermissionDenied):
        return respond(403, "forbidden", str(exception) or "You may not do that.")
    if isinstance(exception, ValidationError):
        return not_valid(exception)
    if isinstance(exception, APIException):
        return refused(exception)
    if isinstance(exception, RequestDataTooBig):
        return respond(413, "too_large", "The body is larger than what is taken at once. Send less at a time.")
    if isinstance(exception, SuspiciousOperation):
        return respond(400, "bad_request", "The request is malformed.")
    if isinstance(exception, DataError):
        log.warning("a value could not be stored", problem=str(exception)[:200])
        return respond(422, "not_storable", "A value is too long or too large to be stored.")
    if database_is_away(exception):
        log.error("database is away", problem=str(exception)[:200])
        return unavailable()
    return None


def not_valid(exception: ValidationError) -> Response:
    errors = list(flatten(exception.detail))[:MAX_ERRORS] or [{"field": "", "message": "The input is not valid."}]
    where = f"{errors[0]['field']}: " if errors[0]["field"] else ""
    return respond(422, "not_valid", f"{where}{errors[0]['message']}", errors=errors)


def refused(exception: APIException) -> Response:
    headers = {}
    if getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = str(exception.auth_header)  # type: ignore[attr-defined]
    detail = str(exception.detail)
    if exception.status_code == 429:
        wait = int(getattr(exception, "wait", None) or 0) + 1
        headers["Retry-After"] = str(wait)
        detail = f"You have used this minute's requests. Send the next one in {wait} s."
    if exception.status_code == 415:
        detail = "A body must be JSON: send `Content-Type: application/json`."
    code = str(getattr(exception.detail, "code", None) or exception.default_code)
    return respond(exception.status_code, code, detail, headers)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: under /api/ a problem that says nothing but where to look it up; elsewhere the page."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    detail = f"Something went wrong here, and was recorded as {request_id}. Send it again, or tell the operator."
    return _plain(problem(500, "fault", detail))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400, for what is refused before an endpoint is reached."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    return _plain(problem(400, "bad_request", "The request is malformed."))


def _plain(body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=body["status"], content_type="application/problem+json")


def flatten(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
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
