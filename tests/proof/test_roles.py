"""Every address as every role. A route without an entry fails; no GET writes anything. Operations of the API have a
table of their own (tests/api/test_roles.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from channels_app.models import Channel
from channels_app.services.replies import send_reply
from cxos.core.models import Role, User
from routing.models import Offer, Queue, WorkItem

pytestmark = pytest.mark.django_db

EVERYBODY = {None, Role.AGENT, Role.SUPERVISOR, Role.ADMIN}
STAFF = EVERYBODY - {None}
SUPERVISORS = STAFF - {Role.AGENT}
ADMINS = {Role.ADMIN}
ELSEWHERE = ("api/v1/", "api/^")
# A whole folder of pages with one audience.
FOLDERS = {
    "settings/": ADMINS,
    "customers/": STAFF,
    "cases/": STAFF,
    "knowledge/": STAFF,
    "insights/": SUPERVISORS,
    "supervisor/alerts/": SUPERVISORS,
    "supervisor/schedule/": SUPERVISORS,
    "supervisor/simulator/": SUPERVISORS,
    "supervisor/watch/": SUPERVISORS,
    "supervisor/ear/": STAFF,
    "search/": STAFF,
    "workspace/views/": STAFF,
    "workspace/bulk/": STAFF,
    "notifications/": STAFF,
    "profile/": STAFF,
}

# Pages and parts of pages: who may, and what a GET of the right person is answered (200 unless said).
PAGES: dict[str, Any] = {
    "livez": EVERYBODY, "readyz": EVERYBODY, "api/schema/": EVERYBODY, "api/schema.json": EVERYBODY, "api/docs/": EVERYBODY,
    "": (STAFF, 302), "language/": (EVERYBODY, 302), "login/": ({None}, 200), "demo/": EVERYBODY,
    "widget/sdk.js": EVERYBODY, "widget/<slug:channel_key>/sdk.js": EVERYBODY, "widget/<slug:channel_key>/": EVERYBODY,
    "widget/files/<slug:digest>/<str:name>": (EVERYBODY, 404), "chat/<slug:channel_key>/messages": (EVERYBODY, 401),
    "chat/<slug:channel_key>/help": (EVERYBODY, 404), "chat/<slug:channel_key>/help/<int:pk>": (EVERYBODY, 404),
    "workspace/": STAFF, "workspace/list/": STAFF, "workspace/offers/": STAFF, "workspace/presence/": STAFF,
    "workspace/capacity/": STAFF, "workspace/c/<int:pk>/": STAFF, "workspace/c/<int:pk>/thread/": STAFF,
    "workspace/c/<int:pk>/head/": STAFF, "workspace/c/<int:pk>/context/": STAFF, "workspace/c/<int:pk>/why-not/": STAFF,
    "workspace/c/<int:pk>/assign-menu/": STAFF, "workspace/c/<int:pk>/share-menu/": STAFF, "workspace/c/<int:pk>/wrap-up/form/": STAFF,
    "workspace/c/<int:pk>/drafts/": STAFF, "workspace/c/<int:pk>/held/": STAFF, "workspace/c/<int:pk>/suggest/": STAFF, "workspace/c/<int:pk>/knowledge/": STAFF, "workspace/c/<int:pk>/next/": STAFF, "workspace/c/<int:pk>/template/": STAFF,
    "workspace/c/<int:pk>/outside/": (STAFF, 409),
    "workspace/c/<int:pk>/snooze-menu/": STAFF, "workspace/c/<int:pk>/snooze-until/": STAFF, "workspace/c/<int:pk>/call-back/": STAFF,
    "workspace/c/<int:pk>/macros/": STAFF, "workspace/c/<int:pk>/merge/": STAFF, "workspace/c/<int:pk>/health/": STAFF,
    "workspace/c/<int:pk>/picture/<int:message>/<int:place>/": (STAFF, 404),
    "settings/snippets/": STAFF, "settings/macros/": STAFF, "settings/macros/new/": STAFF, "settings/macros/<int:pk>/": (STAFF, 404), "help/": EVERYBODY, "help/<int:pk>/": (EVERYBODY, 404),
    "workspace/files/<uuid:key>/": (STAFF, 404), "files/<str:token>": (EVERYBODY, 404),
    "supervisor/": SUPERVISORS, "supervisor/board/": SUPERVISORS, "supervisor/agents/": SUPERVISORS,
    "supervisor/waiting/": SUPERVISORS, "supervisor/risk/": SUPERVISORS, "supervisor/chart/": SUPERVISORS,
    "supervisor/behind/<slug:figure>/": SUPERVISORS, "supervisor/agents/<int:pk>/": SUPERVISORS,
    "supervisor/work/<int:pk>/": SUPERVISORS, "supervisor/forecast/": SUPERVISORS, "supervisor/metrics/": SUPERVISORS,
    "ui/": ADMINS, "ui/page/<slug:name>/": (ADMINS, 404), "ui/<slug:name>/": (ADMINS, 404),
    "ui/bundle/<str:digest>.<str:kind>": EVERYBODY,
    "settings/welcome/<str:uid>/<str:token>/": (EVERYBODY, 410),
}  # fmt: skip
# Commands: nobody may GET them.
COMMANDS: dict[str, set[Role | None]] = {
    "logout/": EVERYBODY, "help/<int:pk>/answer/": EVERYBODY,
    "chat/<slug:channel_key>/session": EVERYBODY, "chat/<slug:channel_key>/receipts": EVERYBODY,
    "chat/<slug:channel_key>/typing": EVERYBODY, "chat/<slug:channel_key>/end": EVERYBODY, "chat/<slug:channel_key>/callback": EVERYBODY,
    "chat/<slug:channel_key>/survey": EVERYBODY, "chat/<slug:channel_key>/files": EVERYBODY,
    **{f"workspace/c/<int:pk>/{verb}/": STAFF for verb in (
        "reply", "note", "seen", "resolve", "reopen", "status", "snooze", "spam", "run-macro", "priority", "tag", "assign", "wrap-up",
        "retry/<int:message>", "files", "files/<uuid:key>/remove", "draft", "held/<int:held>/take-back",
        "held/<int:held>/send", "held/<int:held>/discard", "ask", "let-take-part", "hand-over", "leave",
        "callback/<slug:name>", "unmerge",
    )},
    "workspace/cards/": STAFF, "workspace/c/<int:pk>/customer/": STAFF, "workspace/c/<int:pk>/case/": STAFF,
    "settings/macros/<int:pk>/remove/": STAFF, "settings/snippets/new/": STAFF, "settings/snippets/<int:pk>/": STAFF, "settings/snippets/<int:pk>/remove/": STAFF,
    "workspace/offers/<int:pk>/accept/": STAFF, "workspace/offers/<int:pk>/decline/": STAFF,
    "workspace/presence/set/": STAFF, "workspace/presence/sound/": STAFF, "workspace/presence/media/": STAFF,
    "supervisor/agents/<int:pk>/presence/": SUPERVISORS, "supervisor/work/<int:pk>/assign/": SUPERVISORS,
    "supervisor/work/<int:pk>/move/": SUPERVISORS, "supervisor/work/<int:pk>/requeue/": SUPERVISORS,
    "supervisor/work/<int:pk>/restore/": SUPERVISORS,
}  # fmt: skip
WRITTEN = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[str]:
    for one in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, prefix + str(one.pattern))
        elif isinstance(one, URLPattern) and not (prefix + str(one.pattern)).startswith(ELSEWHERE):
            yield prefix + str(one.pattern)


def folder_of(route: str) -> str | None:
    """None for a route with an entry of its own."""
    if route in PAGES or route in COMMANDS:
        return None
    return next((folder for folder in FOLDERS if route.startswith(folder)), None)


@pytest.fixture
def floor(team: Any, ana: User, webchat: Channel, waiting: Any, broadcast: Any) -> dict[str, int]:
    """What the addresses name: Ana's offer of a conversation with a message, which Sam and Adi may see as well."""
    item: WorkItem = waiting()
    (offer,) = broadcast(item, [ana])
    Queue.objects.get().memberships.create(user=ana)
    message = send_reply(item.conversation_id, text="Hello", author=ana, actor=ana, now=timezone.now())
    return {
        "workspace/c/": item.conversation_id or 0, "workspace/offers/": offer.id, "supervisor/agents/": ana.id,
        "supervisor/work/": item.id, "message": message.id,
    }  # fmt: skip


def address(route: str, floor: dict[str, int]) -> str:
    pk = next((value for folder, value in floor.items() if route.startswith(folder)), 987_654)
    told = {
        "<int:pk>": str(pk), "<int:message>": str(floor["message"]), "<slug:channel_key>": "site",
        "<slug:figure>": "abandoned", "<slug:digest>": "0", "<str:digest>": "0", "<str:kind>": "js", "<str:name>": "x.js",
        "<slug:name>": "nothing", "<int:place>": "7", "<int:held>": "987654", "<uuid:key>": "00000000-0000-4000-8000-000000000000",
    }  # fmt: skip
    for part, value in told.items():
        route = route.replace(part, value)
    return "/" + re.sub(r"<[^>]*>", "1", route)


@pytest.fixture
def clients(ana: User, sam: User, adi: User) -> dict[Role | None, Client]:
    found: dict[Role | None, Client] = {None: Client()}
    for user in (ana, sam, adi):
        found[Role(user.role)] = Client()
        found[Role(user.role)].force_login(user)
    return found


def test_every_route_has_its_entry_and_every_entry_its_route() -> None:
    told = [route for route in routes() if folder_of(route) is None]

    assert set(told) ^ {*PAGES, *COMMANDS} == set()


def test_a_page_is_for_whom_the_table_says_and_reading_it_writes_nothing(
    floor: dict[str, int], clients: dict[Role | None, Client]
) -> None:
    for route, entry in PAGES.items():
        audience, status = entry if isinstance(entry, tuple) else (entry, 200)
        for role, client in clients.items():
            before = written()
            answer = client.get(address(route, floor))
            expected = status if role in audience else 302 if role is None or route == "login/" else 403
            assert answer.status_code == expected, (route, role, answer.status_code)
            assert written() == before, f"GET /{route} as {role} writes"
    assert Offer.objects.get().state == "pending"


def test_a_command_is_never_a_get_and_refuses_whom_the_table_does_not_name(
    floor: dict[str, int], clients: dict[Role | None, Client]
) -> None:
    for route, audience in COMMANDS.items():
        for role, client in clients.items():
            path, before = address(route, floor), written()
            assert client.get(path).status_code == 405, (route, role)
            if role not in audience:
                answer = client.post(path)
                assert answer.status_code == (302 if role is None else 403), (route, role, answer.status_code)
            assert written() == before, (route, role)


def test_a_folder_of_one_audience_lets_nobody_else_in(
    floor: dict[str, int], clients: dict[Role | None, Client]
) -> None:
    for route in routes():
        folder = folder_of(route)
        for role in EVERYBODY - FOLDERS[folder] if folder else ():
            path, before = address(route, floor), written()
            for answer in (clients[role].get(path), clients[role].post(path)):
                assert answer.status_code in {302 if role is None else 403, 405}, (route, role, answer.status_code)
            assert written() == before, (route, role)


def written() -> int:
    """Rows this transaction has written so far."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0])
