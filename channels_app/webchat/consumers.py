"""The visitor's socket, `/ws/chat/<channel key>/`. Everything it does can be done by REST too (see views).

The page says  {"hello": {"token", "identity", "after"}}        first, within ten seconds
               {"say": {"client_id", "text", "files", "form", "context"}}
               {"after": id} or {"before": id}                  ask for messages
               {"received": id} or {"read": id}                 our messages up to this one
               {"typing": true}
               {"survey": {"score", "comment"}} or {"end": true}
and hears      {"welcome": {"token", "visitor", "messages", "more", "state"}}
               {"accepted": {"client_id"}} or {"refused": {"client_id", "code", "message"}}
               {"news": {"messages", "more", "state"}}          whenever something changed, and as the answer to `after`
               {"earlier": {"messages", "more"}}                the answer to `before`
               {"typing": {"name", "on"}}
               {"refused": {"code", "message"}}                 the answer to a survey or an end that was not to be had
               {"paused": true}                                 news may be late: ask by `after` until there is news again
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import structlog
from django.utils import timezone

from channels_app.models import Channel
from channels_app.webchat.chats import Chat, chat_region, look, thread_region
from channels_app.webchat.endings import answer_survey, end_chat
from channels_app.webchat.limits import TooMuch, check_limits
from channels_app.webchat.origins import allowed_origins, client_address
from channels_app.webchat.receipts import mark_received
from channels_app.webchat.sayings import say
from channels_app.webchat.sessions import Session, find_channel, open_session
from channels_app.webchat.visitors import NotRecognised
from cxos.core import live
from cxos.core.database_threads import in_database
from cxos.core.errors import DomainError
from cxos.core.reviewer import Verdict
from cxos.core.sockets import Refused, Socket

log = structlog.get_logger(__name__)
HELLO_SECONDS = 10.0


class VisitorSocket(Socket):
    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        super().__init__(scope, receive, send)
        self.channel: Channel
        self.session: Session | None = None
        self.conversation_id: int | None = None
        self._last_id = 0
        self._last_state: dict[str, Any] = {}
        self._stale = False
        self._patience: asyncio.TimerHandle | None = None

    async def authenticate(self) -> None:
        try:
            self.channel = await in_database(find_channel, self.scope["url_route"]["kwargs"]["channel_key"])
        except DomainError:
            raise Refused(4404) from None
        self.check_origin(allowed_origins(self.channel))

    async def on_open(self) -> None:
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(HELLO_SECONDS, lambda: loop.create_task(self.close(4408)))

    async def on_close(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    async def on_message(self, body: dict[str, Any]) -> None:
        if self.session is None:
            await self._hello(body.get("hello"))
            return
        for name, answer in (
            ("say", self._say), ("after", self._after), ("before", self._before), ("received", self._received),
            ("read", self._read), ("typing", self._typing), ("survey", self._survey), ("end", self._end),
        ):  # fmt: skip
            if name in body:
                await answer(body[name])

    # --- What the page says --------------------------------------------------------------------------------------

    async def _hello(self, hello: Any) -> None:
        if not isinstance(hello, dict):
            raise Refused(4401)
        after = whole_number(hello.get("after"))
        try:
            session, chat = await in_database(
                self._open, hello.get("token"), hello.get("identity"), after, client_address(self.scope)
            )
        except NotRecognised as refusal:
            await self.answer({"refused": {"code": refusal.code, "message": refusal.message}})
            raise Refused(4401) from None
        except TooMuch:
            raise Refused(1008) from None
        self.session = session
        if self._patience is not None:
            self._patience.cancel()
        visitor = session.visitor
        # Watch first, look afterwards: what happens in between is told twice rather than not at all.
        self.watch([thread_region(visitor.channel_id, visitor.thread_key)])
        self._follow(chat)
        self._remember(chat)
        known = {"known": bool(visitor.subject), "name": visitor.name}
        await self.answer({"welcome": {"token": session.token, "visitor": known, **chat.body}})
        self._stale = True
        self._wake()

    def _open(self, token: Any, identity: Any, after: int | None, address: str) -> tuple[Session, Chat]:
        check_limits("session", address=address)
        now = timezone.now()
        session = open_session(self.channel, token=token, identity=identity, now=now)
        return session, look(session.visitor, after=after, now=now)

    async def _say(self, given: Any) -> None:
        given = given if isinstance(given, dict) else {}
        client_id = given.get("client_id") if isinstance(given.get("client_id"), str) else ""
        try:
            await in_database(self._take, given, client_address(self.scope))
        except DomainError as refusal:
            told = {"client_id": client_id, "code": refusal.code, "message": refusal.message, "field": refusal.field}
            await self.answer({"refused": told})
        else:
            await self.answer({"accepted": {"client_id": client_id}})

    def _take(self, given: dict[str, Any], address: str) -> None:
        session = self._opened
        check_limits("message", visitor=session.visitor.id, address=address)
        say(
            session.visitor,
            self.channel,
            client_id=given.get("client_id"),
            text=given.get("text"),
            files=given.get("files"),
            form=given.get("form"),
            context=given.get("context"),
            now=timezone.now(),
        )

    async def _after(self, after: Any) -> None:
        self._last_id, self._last_state = whole_number(after) or 0, {}
        self._stale = True
        self._wake()

    async def _before(self, before: Any) -> None:
        number = whole_number(before)
        if number:
            chat = await in_database(look, self._opened.visitor, before=number, now=timezone.now())
            await self.answer({"earlier": {"messages": chat.messages, "more": chat.more}})

    async def _received(self, message_id: Any) -> None:
        await self._receipt(message_id, read=False)

    async def _read(self, message_id: Any) -> None:
        await self._receipt(message_id, read=True)

    async def _receipt(self, message_id: Any, *, read: bool) -> None:
        number = whole_number(message_id)
        if number:
            visitor = self._opened.visitor
            await in_database(mark_received, visitor, message_id=number, read=read, now=timezone.now())

    async def _typing(self, on: Any) -> None:
        if self.conversation_id is not None:
            body = {"kind": "typing", "on": on is True, "customer": True}
            await in_database(live.signal, f"conversation.{self.conversation_id}", body)

    async def _survey(self, given: Any) -> None:
        given = given if isinstance(given, dict) else {}
        score, comment = given.get("score"), given.get("comment")
        await self._try(answer_survey, self._opened.visitor, self.channel, score=score, comment=comment)

    async def _end(self, given: Any) -> None:
        await self._try(end_chat, self._opened.visitor, self.channel)

    async def _try(self, command: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        try:
            await in_database(command, *args, **kwargs, now=timezone.now())
        except DomainError as refusal:
            await self.answer({"refused": {"code": refusal.code, "message": refusal.message}})

    # --- What the page hears -------------------------------------------------------------------------------------

    def hear(self, region: str, version: int) -> None:
        self._stale = True
        self._wake()

    def hear_signal(self, region: str, body: dict[str, Any]) -> None:
        if body.get("kind") == "typing":
            self.say({"typing": {"name": body.get("name", ""), "on": body.get("on") is True}})
        else:
            self.hear(region, 0)

    def hear_state(self, *, connected: bool) -> None:
        if connected:
            self._stale = True
            self._wake()
        else:
            super().hear_state(connected=False)

    def _has_news(self) -> bool:
        return super()._has_news() or self._must_look

    @property
    def _must_look(self) -> bool:
        return self._stale and self.session is not None

    def _begin(self) -> asyncio.Task[None] | None:
        """Looking takes a query and therefore a task."""
        return asyncio.get_running_loop().create_task(self._look()) if self._must_look else super()._begin()

    async def _look(self) -> None:
        """Read the news from the database, where they are never lost, until there are none; then send the rest."""
        try:
            while self.open and self._must_look:
                self._stale = False
                chat = await in_database(look, self._opened.visitor, after=self._last_id, now=timezone.now())
                self._follow(chat)
                if chat.messages or chat.state != self._last_state:
                    self._remember(chat)
                    self._stale = self._stale or chat.more
                    await self.answer({"news": chat.body})
        except Refused as refusal:
            self._flushing = None
            await self.close(refusal.code)
        except OSError:
            pass  # it has gone, as `serve` hears in a moment
        except Exception:
            log.exception("a chat could not be looked up", path=self.scope["path"])
            self._flushing = None
            await self.close(1011)
        finally:
            self._flushing = None
        self._wake()

    def _follow(self, chat: Chat) -> None:
        """Watch the conversation that is going on now."""
        if chat.conversation_id not in (None, self.conversation_id):
            if self.conversation_id is not None:
                self.unwatch([chat_region(self.conversation_id)])
            self.conversation_id = chat.conversation_id
            self.watch([chat_region(chat.conversation_id)])
            self._stale = True

    def _remember(self, chat: Chat) -> None:
        self._last_state = chat.state
        self._last_id = max([self._last_id, *(one["id"] for one in chat.messages)])

    @property
    def _opened(self) -> Session:
        assert self.session is not None
        return self.session

    @classmethod
    def review(cls, sockets: list[Self]) -> list[tuple[Self, Verdict]]:
        """A channel that was switched off, or no longer allows the page's site, ends its chats. One query."""
        channels = Channel.objects.filter(enabled=True).in_bulk({one.channel.pk for one in sockets})
        origins = {pk: allowed_origins(channel) for pk, channel in channels.items()}
        verdicts = []
        for socket in sockets:
            if socket.channel.pk not in channels:
                verdicts.append((socket, Verdict(code=4404)))
            elif not socket.comes_from(origins[socket.channel.pk]):
                verdicts.append((socket, Verdict(code=4403)))
        return verdicts


def whole_number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
