"""Per-request context for logs, and an honest 503 while the database is away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from cxos.core.away import database_is_away
from cxos.core.zones import time_zones

log = structlog.get_logger(__name__)
NUL = "NUL (0x00) characters"  # in psycopg's words
Respond = Callable[[HttpRequest], HttpResponse]


def request_context(respond: Respond) -> Respond:
    """Bind the request's id (taken from X-Request-Id when it is one of ours to trust) to every log line."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if given.isalnum() and 8 <= len(given) <= 64 else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = respond(request)
        response["X-Request-Id"] = request_id
        return response

    return middleware


def time_zone(respond: Respond) -> Respond:
    """Times are shown in the zone this browser's owner has chosen: a cookie, so that it costs no query."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get("cxos_zone", "")
        if chosen in time_zones():
            with timezone.override(ZoneInfo(chosen)):
                return respond(request)
        return respond(request)

    return middleware


class _DatabaseDown:
    """A lost or restarting database is a 503 with Retry-After; what no column can hold is a 422. Neither is a 500.

    The second is a net: each form says by itself what it takes, and the log tells which one did not.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if database_is_away(exception):
            log.error("database is away", problem=str(exception)[:200])
            return unavailable()
        if isinstance(exception, DataError) or (isinstance(exception, ValueError) and NUL in str(exception)):
            log.error("what was sent cannot be stored", problem=str(exception)[:200])
            return unstorable()
        return None


database_down = _DatabaseDown


def unstorable() -> HttpResponse:
    return JsonResponse(
        {
            "type": "about:blank",
            "title": "Unprocessable content",
            "status": 422,
            "code": "not_storable",
            "detail": "A value is too long, too large or holds letters that cannot be stored. Nothing was changed.",
        },
        status=422,
        content_type="application/problem+json",
    )


def unavailable() -> HttpResponse:
    response = JsonResponse(
        {
            "type": "about:blank",
            "title": "Service unavailable",
            "status": 503,
            "code": "database_away",
            "detail": "The database does not answer just now. Nothing was stored; send the same request again.",
        },
        status=503,
        content_type="application/problem+json",
    )
    response["Retry-After"] = "2"
    return response
