"""Pages that stay open: they know what they showed, and change only what they are told to look at again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from channels_app.webchat.chats import Chat, chat_region, look, thread_region
from channels_app.webchat.visitors import Visitor
from cxos.core.models import User
from cxos.screens.live import allowed_regions
from tests.proof.open_pages.markup import Part, parts_of
from tests.proof.open_pages.reading import Reader

Shown = dict[str, str]


@dataclass(slots=True)
class OpenPage:
    """A page of a member of staff: its live parts. What stands around them (title, crumbs, forms) is said once.

    `found`: what was on the page when it was read as a whole. The same template says a part there and alone, which
    `is_true` checks; so opening it again asks for the parts."""

    name: str
    user: User
    path: str
    reader: Reader
    found: dict[str, Part] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)

    def open(self) -> None:
        self.found = self.found or parts_of(self.reader.page(self.user, self.path))
        self.parts = {name: self._asked(part) for name, part in self.found.items()}

    def _asked(self, part: Part) -> Part:
        answer = self.reader.page(self.user, part.url)
        return parts_of(answer).get(part.id) or replace(part, text=answer)

    def hear(self, told: set[str]) -> None:
        """A part is asked for again when one of its names was told that its user may watch."""
        parts = [part for part in self.parts.values() if part.names & told]
        if parts:
            heard = allowed_regions(self.user, set[str]().union(*(part.names for part in parts)) & told)
            self.parts |= {part.id: self._asked(part) for part in parts if part.names & heard}

    def shown(self) -> Shown:
        return {name: part.text for name, part in self.parts.items()}

    def fresh(self) -> Shown:
        return {name: self._asked(part).text for name, part in self.parts.items()}

    def is_true(self) -> bool:
        return bool(self.found) and all(one.lazy or one == self.parts[name] for name, one in self.found.items())


@dataclass(slots=True)
class OpenChat:
    """The widget of a visitor: it asks for what came after the last message it has, and how its chat stands. What it
    shows of a message stays as it came: whether it was read is told to the page that read it, and what was once
    shown as said is not taken back."""

    name: str
    visitor: Visitor
    reader: Reader
    messages: dict[int, Any] = field(default_factory=dict)
    state: Any = None
    conversation_id: int | None = None

    def open(self) -> None:
        self.messages = {}
        self._take(look(self.visitor, now=timezone.now()))

    def _take(self, chat: Chat) -> None:
        self.messages |= {one["id"]: one for one in chat.messages}
        self.state, self.conversation_id = chat.state, chat.conversation_id

    def hear(self, told: set[str]) -> None:
        watched = {thread_region(self.visitor.channel_id, self.visitor.thread_key)}
        if self.conversation_id:
            watched.add(chat_region(self.conversation_id))
        if watched & told:
            self._take(look(self.visitor, after=max(self.messages, default=0), now=timezone.now()))

    def shown(self) -> Shown:
        said = {
            f"message {number}": json.dumps(one | {"read": None, "name": ""}) for number, one in self.messages.items()
        }
        return said | {"state": json.dumps(self.state)}

    def is_true(self) -> bool:
        return bool(self.messages) and self.shown() == self.fresh()

    def fresh(self) -> Shown:
        other = OpenChat(self.name, self.visitor, self.reader)
        other.open()
        other.messages = self.messages | other.messages
        return other.shown()
