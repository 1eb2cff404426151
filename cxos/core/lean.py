"""A second, short way through Django for the few addresses where programs post at high rates.

Django's own requests, responses and error handling, but only the middleware that means anything to a program (no
session, language, messages, templates), a look in a dictionary instead of the list of all addresses, and no signals at
the start and end of a request: of their receivers, only the one that looks after the connections matters here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpRequest
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch

from cxos.core.middleware import database_down, request_context

View = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], Any], Any]
MIDDLEWARE = (request_context, SecurityMiddleware, database_down)  # outermost first


class LeanHandler(WSGIHandler):
    """Answers the addresses in `views`, and hands every other one to `otherwise`."""

    def __init__(self, views: Mapping[str, View], *, otherwise: Wsgi) -> None:
        super().__init__()
        self.otherwise = otherwise
        self.matches = {path: ResolverMatch(view, (), {}, route=path) for path, view in views.items()}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("PATH_INFO") not in self.matches or environ.get("SCRIPT_NAME"):
            return self.otherwise(environ, start_response)
        look_after_connections()
        response: Any = self.get_response(self.request_class(environ))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler: Any = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for middleware in reversed(MIDDLEWARE):
            made: Any = middleware(handler)
            if hasattr(made, "process_exception"):
                self._exception_middleware.append(made.process_exception)
            handler = convert_exception_to_response(made)
        self._middleware_chain = handler

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        match = self.matches[request.path_info]
        request.resolver_match = match
        return match


def look_after_connections() -> None:
    """What Django does between requests: ask again whether a kept connection still lives, and end one that failed."""
    for connection in connections.all(initialized_only=True):
        connection.health_check_done = False  # type: ignore[attr-defined]
        if connection.errors_occurred:
            connection.close_if_unusable_or_obsolete()
