"""`list_screens`: every whole page this installation has, with an address of each and somebody who may see it, as JSON.

Pages without arguments come from the URL conf; of the others the first address that one of the pages links to is taken,
of those named by a word every one.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from typing import Any

from django.core.management.base import BaseCommand
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from cxos.core.models import Role, User

# The chat's frame needs a page around it, and the API has no pages but its documentation.
ELSEWHERE = ("api/v1/", "widget/", "chat/", "ui/bundle/")
LINK = re.compile(r'\b(?:href|hx-get|data-url|src)="(/[^"#]*)')


class Command(BaseCommand):
    help = "Every whole page, an address of it and who may see it, as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        found: dict[str, dict[str, str]] = {}
        for email, client in visitors():
            for route, path in pages(client):
                name = name_of(route, path)
                found.setdefault(name, {"name": name, "path": path, "as": email})
        self.stdout.write(json.dumps([found[name] for name in sorted(found)]))


def visitors() -> Iterator[tuple[str, Client]]:
    """A stranger, then one of each role, the least first; "" is the stranger."""
    yield "", Client(HTTP_HOST="localhost")
    for role in (Role.AGENT, Role.SUPERVISOR, Role.ADMIN):
        user = User.objects.filter(role=role, is_active=True).order_by("id").first()
        if user is not None:
            client = Client(HTTP_HOST="localhost")
            client.force_login(user)
            yield user.email, client


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """(route, path) of the whole pages this visitor can reach, by following links within the product."""
    waiting = deque(f"/{route}" for route in routes() if "<" not in route)
    seen: set[str] = set()
    while waiting:
        path = waiting.popleft()
        route = route_of(path)
        if route is None or route.startswith(ELSEWHERE):
            continue
        key = path.partition("?")[0] if "<slug:" in route else route
        if key in seen:
            continue
        seen.add(key)
        answer = client.get(path)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            if "<" in route:
                seen.discard(key)  # another address of it may lead somewhere
            continue
        text = answer.content.decode()
        if text.lstrip()[:9].lower() == "<!doctype":
            yield route, path
        waiting.extend(unescape(link) for link in dict.fromkeys(LINK.findall(text)))


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    for one in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, prefix + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield prefix + str(one.pattern)


def route_of(path: str) -> str | None:
    try:
        return resolve(path.partition("?")[0]).route
    except Resolver404:
        return None


def name_of(route: str, path: str) -> str:
    """ "settings/channels/<int:pk>/" → "settings-channels-one"; a word stands for itself; "" → "home"."""
    pairs = zip(route.strip("/").split("/"), path.partition("?")[0].strip("/").split("/"), strict=True)
    return "-".join("one" if part.startswith("<int:") else given for part, given in pairs) or "home"
