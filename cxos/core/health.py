"""Is this process alive, and can it do its work? `/livez` asks nobody; `/readyz` asks the database and Redis."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, JsonResponse

from cxos.core import broker


def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"alive": True})


def readyz(request: HttpRequest) -> JsonResponse:
    checks = {"database": _database(), "redis": _redis()}
    ready = all(problem is None for problem in checks.values())
    body = {"ready": ready, "checks": {name: "ok" if problem is None else "away" for name, problem in checks.items()}}
    return JsonResponse(body, status=200 if ready else 503)


def _problem(check: Callable[[], object]) -> str | None:
    try:
        check()
    except Exception as problem:  # noqa: BLE001  whatever it is, this process is not ready
        return str(problem)[:200] or type(problem).__name__
    return None


def _database() -> str | None:
    def check() -> None:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    problem = _problem(check)
    if problem:
        connection.close()
    return problem


def _redis() -> str | None:
    return _problem(lambda: broker.client().ping())
