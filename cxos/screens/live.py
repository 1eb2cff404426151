"""The staff socket: who may open it, which regions each may watch, and what a page tells through it.

A page says    {"subscribe": [regions], "age_ms": n}   n: since it asked for what it shows of them; absent = do not catch up
               {"unsubscribe": [regions]}  {"heartbeat": true}
               {"signal": {"region": "conversation.5", "kind": "typing" | "viewing" | "watching", "on": true, "note": false}}
and hears      {"subscribed": [regions], "refused": [regions]}   the answer to subscribe
               {"regions": [regions], "version": n}              these are now at version n: ask for them again
               {"regions": [region], "signal": {…}}              somebody types or looks; never stored
               {"paused": true} then {"resync": true}            hints were lost: ask for everything again
               {"heartbeat": true}                               the answer to one: the line is alive

A browser shows its session cookie and must come from one of our own pages; a program shows an API key instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Self

import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.utils import timezone

from automation.models import Article
from cases.models import Case
from channels_app.models import Conversation
from crm.models import Customer
from cxos.core import live
from cxos.core.database_threads import in_database
from cxos.core.models import ApiKey, Scope, User
from cxos.core.origins import own_origins, single_header
from cxos.core.reviewer import Verdict
from cxos.core.services.api_keys import find_key
from cxos.core.sockets import MAX_REGIONS, Refused, Socket
from routing.services.presence import heartbeat

log = structlog.get_logger(__name__)
REGION = re.compile(r"[a-z]+(?:\.[1-9][0-9]{0,17})?")
HEARTBEAT_EVERY = timedelta(seconds=10)
SIGNALS = ("typing", "viewing", "watching")


@dataclass(frozen=True, slots=True)
class Entrance:
    """How this socket was opened, and so by what it may be ended: a session, or an API key."""

    user: User
    session_key: str = ""
    session_hash: str = ""
    key: ApiKey | None = None

    def may(self, scope: Scope) -> bool:
        return self.key is None or scope in self.key.scopes


# --- Who -------------------------------------------------------------------------------------------------------------


def entrance_by_key(secret: str) -> Entrance | None:
    key = find_key(secret, now=timezone.now())
    return Entrance(user=key.user, key=key) if key is not None and Scope.READ in key.scopes else None


def entrance_by_session(session_key: str) -> Entrance | None:
    """The signed-in, active user of a session. The same checks as on every page: Django's own."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
    if not isinstance(user, User) or not user.is_active:
        return None
    return Entrance(user=user, session_key=session_key, session_hash=user.get_session_auth_hash())


def session_key_of(cookies: str) -> str:
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel is not None and morsel.value.isalnum() else ""


# --- What they may watch ---------------------------------------------------------------------------------------------


def own(user: User, ids: set[int]) -> set[int]:
    return ids & {user.pk}


def visible_conversations(user: User, ids: set[int]) -> set[int]:
    return set(Conversation.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def visible_articles(user: User, ids: set[int]) -> set[int]:
    return set(Article.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def visible_customers(user: User, ids: set[int]) -> set[int]:
    return set(Customer.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def visible_cases(user: User, ids: set[int]) -> set[int]:
    return set(Case.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


# Regions about one thing: `<name>.<id>`, with what filters the ids this user may watch. One query at most.
REGIONS_OF: dict[str, Callable[[User, set[int]], set[int]]] = {
    "offers": own,
    "inbox": own,
    "presence": own,
    "notifications": own,
    "whispers": own,
    "drafts": own,
    "conversation": visible_conversations,
    "context": visible_conversations,
    "customer": visible_customers,
    "history": visible_customers,
    "case": visible_cases,
    "article": visible_articles,
}
# Regions there is one of, with who may watch it.
SINGLE_REGIONS: dict[str, Callable[[User], bool]] = {
    "board": lambda user: user.supervises,
    "schedule": lambda user: user.supervises,
    "inbox": lambda user: user.is_active,  # what nobody holds
    "others": lambda user: user.is_active,  # what somebody holds
    "figures": lambda user: user.supervises,
    "cases": lambda user: user.is_active,
}


def allowed_regions(user: User, asked: Iterable[Any]) -> set[str]:
    """Those of the regions asked for that exist and that this user may watch."""
    allowed, ids_of = set[str](), dict[str, set[int]]()
    for region in asked:
        if not isinstance(region, str) or not REGION.fullmatch(region):
            continue
        name, _, number = region.partition(".")
        if number and name in REGIONS_OF:
            ids_of.setdefault(name, set()).add(int(number))
        elif not number and name in SINGLE_REGIONS and SINGLE_REGIONS[name](user):
            allowed.add(region)
    for name, ids in ids_of.items():
        allowed |= {f"{name}.{id}" for id in REGIONS_OF[name](user, ids)}
    return allowed


# --- The socket ------------------------------------------------------------------------------------------------------


class StaffSocket(Socket):
    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        super().__init__(scope, receive, send)
        self.entrance: Entrance

    @property
    def user(self) -> User:
        return self.entrance.user

    async def authenticate(self) -> None:
        word, _, secret = single_header(self.scope["headers"], b"authorization").partition(" ")
        if word:
            entrance = await in_database(entrance_by_key, secret.strip()) if word.lower() == "bearer" else None
        else:
            self.check_origin(own_origins())
            session_key = session_key_of(single_header(self.scope["headers"], b"cookie"))
            entrance = await in_database(entrance_by_session, session_key) if session_key else None
        if entrance is None:
            raise Refused(4401)
        self.entrance = entrance

    async def on_message(self, body: dict[str, Any]) -> None:
        if isinstance(body.get("subscribe"), list):
            await self._subscribe(body["subscribe"], age_ms=body.get("age_ms"))
        if isinstance(body.get("unsubscribe"), list):
            self.unwatch([region for region in body["unsubscribe"] if isinstance(region, str)])
        if body.get("heartbeat") is True:
            await self.answer({"heartbeat": True})
            if self.entrance.may(Scope.WRITE):
                await beat(self.user.pk, now=timezone.now())
        if isinstance(body.get("signal"), dict):
            await self._signal(body["signal"])

    async def _subscribe(self, asked: list[Any], *, age_ms: Any) -> None:
        asked = asked[: MAX_REGIONS - len(self.regions)]
        allowed = await in_database(allowed_regions, self.user, asked)
        self.watch(allowed)
        refused = [region for region in asked if not isinstance(region, str) or region not in allowed]
        await self.answer({"subscribed": sorted(allowed), "refused": refused})
        if isinstance(age_ms, int | float) and not isinstance(age_ms, bool) and age_ms >= 0:
            self.catch_up(allowed, seconds=age_ms / 1000)

    async def _signal(self, signal: dict[str, Any]) -> None:
        """Tell colleagues, and the customer when a reply is being typed. A note is nobody's business but ours."""
        region, kind = str(signal.get("region")), signal.get("kind")
        if kind not in SIGNALS or region not in self.regions or not region.startswith("conversation."):
            return
        on, note = bool(signal.get("on")), bool(signal.get("note"))
        body = {"kind": kind, "on": on, "note": note, "user": self.user.pk, "name": self.user.name}
        await in_database(live.signal, region, body)
        if kind == "typing" and not note and self.entrance.may(Scope.WRITE):
            chat = "chat." + region.partition(".")[2]
            await in_database(live.signal, chat, {"kind": "typing", "on": on, "name": self.user.name})

    @classmethod
    def review(cls, sockets: list[Self]) -> list[tuple[Self, Verdict]]:
        """Deactivated, signed out, session ended, password changed, key revoked; or a region no longer visible."""
        users = {user.pk: user for user in User.objects.filter(pk__in={one.user.pk for one in sockets})}
        keys = ApiKey.objects.in_bulk([one.entrance.key.pk for one in sockets if one.entrance.key])
        sessions = living_sessions({one.entrance.session_key for one in sockets if one.entrance.session_key})
        now, verdicts = timezone.now(), []
        for socket in sockets:
            user, entrance = users.get(socket.user.pk), socket.entrance
            if user is None or not may_stay(entrance, user, keys, sessions, now):
                verdicts.append((socket, Verdict(code=4401)))
            elif lost := lost_regions(user, socket.regions):
                verdicts.append((socket, Verdict(lost=lost)))
        return verdicts


def may_stay(entrance: Entrance, user: User, keys: dict[int, ApiKey], sessions: set[str], now: datetime) -> bool:
    """Whether the way in that was used would still be open."""
    if not user.is_active:
        return False
    if entrance.key is None:
        return entrance.session_key in sessions and user.get_session_auth_hash() == entrance.session_hash
    key = keys.get(entrance.key.pk)
    if key is None:
        return False
    key.user = user  # spares a query
    return key.usable(now)


def living_sessions(keys: set[str]) -> set[str]:
    model = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    living = model.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return set(living.values_list("session_key", flat=True))


def lost_regions(user: User, regions: set[str]) -> frozenset[str]:
    """Costs a query per agent who has a conversation open; supervisors see all and cost none."""
    watched = set(regions)  # the event loop may change it meanwhile
    if user.supervises:
        return frozenset()
    return frozenset(watched - allowed_regions(user, watched))


_last_beats: dict[int, datetime] = {}


async def beat(user_id: int, *, now: datetime) -> None:
    """Renew the agent's lease, at most once per HEARTBEAT_EVERY however many pages are open."""
    last = _last_beats.get(user_id)
    if last is not None and timedelta(0) <= now - last < HEARTBEAT_EVERY:
        return
    if len(_last_beats) > 10_000:
        _last_beats.clear()
    _last_beats[user_id] = now
    await in_database(heartbeat, user_id, now=now)
