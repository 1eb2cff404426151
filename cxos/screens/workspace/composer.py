"""What the composer starts from: the user's drafts and files, what waits to be sent, and what the channel allows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from channels_app.channel_rules import Rules, rules_of, window_ends
from channels_app.models import Attachment, Conversation, Draft, HeldReply, MessageTemplate, ReadMarker
from channels_app.services.replies import last_heard_at
from cxos.core.models import User

MOST_TEMPLATES = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A reply that waits, as the thread shows it below the last line. `seconds`: until it is sent."""

    id: int
    kind: str
    state: str
    text: str
    files: list[dict[str, Any]]
    author: str
    mine: bool
    send_at: datetime
    seconds: int
    then_resolve: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Desk:
    """`drafts`: mode → {text, seen_id}. `files` name the mode they belong to. `read_to`: the newest line the user had read. `closed`: the channel takes free
    text no longer, since `window_ends`; then `templates` are what can be sent."""

    drafts: dict[str, dict[str, Any]]
    files: list[dict[str, Any]]
    held: list[Held]
    read_to: int | None
    rules: Rules
    window_ends: datetime | None = None
    closed: bool = False
    templates: list[MessageTemplate] = field(default_factory=list)

    @property
    def starts_from(self) -> dict[str, Any]:
        """For the page's script."""
        return {"drafts": self.drafts, "files": self.files}

    @property
    def start(self) -> str:
        """The same as the text of an attribute."""
        return json.dumps(self.starts_from)


def read_desk(conversation: Conversation, user: User, *, now: datetime) -> Desk:
    """One query; a second one where the channel has a window, a third when it has closed."""
    found = _rows(conversation.pk, user)
    rules = rules_of(conversation.channel.kind, conversation.channel.config)
    ends = window_ends(rules, last_heard_at=last_heard_at(conversation.pk)) if rules.window else None
    closed = ends is not None and ends <= now
    return Desk(
        drafts={one["mode"]: {"text": one["text"], "seen_id": one["seen_id"]} for one in found["drafts"]},
        files=found["files"],
        held=[_held(one, user, now) for one in found["held"]],
        read_to=found["read_to"],
        rules=rules,
        window_ends=ends,
        closed=closed,
        templates=approved_templates(conversation.channel_id) if closed else [],
    )


def read_held(conversation: Conversation, user: User, *, now: datetime) -> list[Held]:
    """What waits to be sent, or could not be. One query."""
    rows = _held_rows(conversation.pk).values_list("shown", flat=True)
    return [_held(one, user, now) for one in rows]


def approved_templates(channel_id: int) -> list[MessageTemplate]:
    rows = MessageTemplate.objects.filter(channel=channel_id, state=MessageTemplate.State.APPROVED)
    return list(rows[:MOST_TEMPLATES])


def undo_seconds() -> int:
    return int(settings.UNDO_SEND_SECONDS)


def _rows(conversation_id: int, user: User) -> dict[str, Any]:
    of_this = {"conversation_id": OuterRef("pk")}
    drafts = Draft.objects.filter(**of_this, user=user)
    files = Attachment.objects.unused().filter(**of_this, uploader=user).order_by("id")
    marker = ReadMarker.objects.filter(**of_this, user=user)
    return Conversation.objects.values(
        drafts=ArraySubquery(drafts.values(shown=JSONObject(mode="mode", text="text", seen_id="seen_id"))),
        files=ArraySubquery(
            files.values(shown=JSONObject(id="key", mode="mode", name="name", mime="mime", size="size", width="width"))
        ),
        held=ArraySubquery(_held_rows(OuterRef("pk")).values("shown")),
        read_to=Subquery(marker.values("message_id")),
    ).get(pk=conversation_id)


def _held_rows(conversation_id: Any) -> Any:
    waiting = HeldReply.objects.filter(
        conversation_id=conversation_id, state__in=[HeldReply.State.WAITING, HeldReply.State.FAILED]
    )
    shown = JSONObject(
        id="id", kind="kind", state="state", text="text", files="attachments", author="author__name", by="author_id",
        send_at="send_at", then_resolve="then_resolve", problem="problem",
    )  # fmt: skip
    return waiting.order_by("send_at", "id").annotate(shown=shown)


def _held(row: dict[str, Any], user: User, now: datetime) -> Held:
    at = datetime.fromisoformat(row["send_at"])
    return Held(
        id=row["id"], kind=row["kind"], state=row["state"], text=row["text"], files=row["files"],
        author=row["author"] or "", mine=row["by"] == user.pk, send_at=at,
        seconds=max(0, round((at - now).total_seconds())), then_resolve=row["then_resolve"], problem=row["problem"],
    )  # fmt: skip
