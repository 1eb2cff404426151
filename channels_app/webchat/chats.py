"""What a visitor may see: the messages of his thread, and how its conversation stands. Reads only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from channels_app.file_links import linked
from channels_app.models import Conversation, Message
from channels_app.services.threads import own_key
from channels_app.webchat.outlook import outlook_of
from channels_app.webchat.visitors import Visitor
from crm.models import Identity
from crm.normalise import normalise
from cxos.core.models import User

PAGE = 50
SHOWN_OF_A_FILE = ("url", "name", "mime", "size", "width", "height")


@dataclass(frozen=True, slots=True)
class Chat:
    """One look at the thread. `conversation_id`: the one that is going on, or was last; None before the first.

    `more`: there are messages before the first (asked for by `before`) or after the last (by `after`).
    """

    conversation_id: int | None
    messages: list[dict[str, Any]]
    more: bool
    state: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        return {"messages": self.messages, "more": self.more, "state": self.state}


def look(visitor: Visitor, *, after: int | None = None, before: int | None = None, now: datetime) -> Chat:
    """The newest messages; or those after an id; or the page before one. Oldest first. Costs 3 queries, 4 with somebody coming in."""
    conversations = list(conversations_of(visitor).select_related("assignee").order_by("-id")[:PAGE])
    messages, more = _page([one.pk for one in conversations], after=after, before=before, now=now)
    names = _names_of_joined(messages)
    current = conversations[0] if conversations else None
    return Chat(
        conversation_id=current.pk if current else None,
        messages=[present(one, names) for one in messages],
        more=more,
        state=present_state(current, visitor, now=now),
    )


def conversations_of(visitor: Visitor) -> QuerySet[Conversation]:
    """The visitor's conversations on this channel: those under his key, whoever the customer turned out to be."""
    kind, value = visitor.identities[0]
    owner = (
        Identity.objects.filter(kind=kind, value=normalise(kind, value)).values_list("customer_id", flat=True).first()
    )
    keys = [visitor.thread_key, *([own_key(visitor.thread_key, owner)] if owner else [])]
    return Conversation.objects.filter(channel_id=visitor.channel_id, thread_key__in=keys)


def said_messages(conversation_ids: Iterable[int], *, now: datetime) -> QuerySet[Message]:
    """What was said, without what is still held back (to be sent later, or undone) and without what failed."""
    held_back = Q(state=Message.State.PENDING, due_at__gt=now, attempts=0)
    said = Message.objects.said().filter(conversation__in=conversation_ids)
    return said.exclude(held_back | Q(state=Message.State.FAILED))


def shown_lines(conversation_ids: Iterable[int], *, now: datetime) -> QuerySet[Message]:
    """What was said, and who came in to answer."""
    joined = Q(kind=Message.Kind.EVENT, metadata__what="assigned", metadata__assignee_id__gt=0)
    return said_messages(conversation_ids, now=now) | Message.objects.filter(joined, conversation__in=conversation_ids)


def _page(
    conversation_ids: list[int], *, after: int | None, before: int | None, now: datetime
) -> tuple[list[Message], bool]:
    if not conversation_ids:
        return [], False
    rows = shown_lines(conversation_ids, now=now).select_related("author")
    rows = rows.annotate(external_id=F("interaction__external_id"))
    if after is not None:
        found = list(rows.filter(id__gt=after).order_by("id")[: PAGE + 1])
        return found[:PAGE], len(found) > PAGE
    found = list((rows.filter(id__lt=before) if before else rows).order_by("-id")[: PAGE + 1])
    return found[:PAGE][::-1], len(found) > PAGE


def _names_of_joined(messages: list[Message]) -> dict[int, str]:
    ids = {one.metadata["assignee_id"] for one in messages if one.kind == Message.Kind.EVENT}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def present(message: Message, names: dict[int, str]) -> dict[str, Any]:
    """The message as the visitor gets it. `client_id` lets the page that sent it recognise its own.

    `from` is customer, agent, bot, or joined: then `name` has come in, and there is no text. `read`: by the visitor.
    """
    joined = message.kind == Message.Kind.EVENT
    name = names.get(message.metadata["assignee_id"], "") if joined else message.author.name if message.author else ""
    return {
        "id": message.pk,
        "from": "joined" if joined else message.author_kind,
        "name": name,
        "text": "" if joined else message.text,
        "read": message.state == Message.State.READ,
        "attachments": [
            {name: one[name] for name in SHOWN_OF_A_FILE if name in one} for one in linked(message.attachments)
        ],
        "at": message.created_at.isoformat(),
        "client_id": client_id_of(getattr(message, "external_id", None) or ""),
    }


def client_id_of(external_id: str) -> str:
    """An interaction's external id is `<visitor id>:<client id>`."""
    return external_id.partition(":")[2]


def present_state(conversation: Conversation | None, visitor: Visitor, *, now: datetime) -> dict[str, Any]:
    """How the conversation stands. `seen_at`: until when an agent has read it; `outlook`: see webchat.outlook."""
    outlook = outlook_of(conversation, channel_id=visitor.channel_id, now=now)
    if conversation is None:
        return {"status": "new", "agent": None, "seen_at": None, "outlook": outlook.body, "survey": None}
    agent = conversation.assignee
    return {
        "status": conversation.status,
        "agent": {"name": agent.name} if agent else None,
        "seen_at": conversation.agent_last_seen_at.isoformat() if conversation.agent_last_seen_at else None,
        "outlook": outlook.body,
        "survey": conversation.metadata.get("survey"),
    }


def thread_region(channel_id: int, thread_key: str) -> str:
    """The region by which a visitor hears that his thread has a new conversation; nobody can guess another's."""
    base = thread_key.partition("#")[0]
    return "thread." + hashlib.sha256(f"{channel_id}:{base}".encode()).hexdigest()[:24]


def chat_region(conversation_id: int) -> str:
    return f"chat.{conversation_id}"
