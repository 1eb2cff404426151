"""Commands for the conversation that is open: they press the same buttons as its head."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from channels_app.models import Conversation
from channels_app.permissions import can_reply, get_conversation_for
from cxos.core.errors import NotFound
from cxos.core.models import User
from routing.models import Queue

COLLEAGUES = 200


@dataclass(frozen=True, slots=True)
class Command:
    """`verb`: the view that does it; `quiet`: shown only once somebody types for it."""

    label: str
    icon: str
    verb: str
    values: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    quiet: bool = False
    words: str = ""
    url: str = ""

    @property
    def vals(self) -> str:
        return json.dumps(self.values)


def here(user: User, *, at: str) -> dict[str, Any]:
    """4 queries where a conversation is open, none elsewhere."""
    found = open_at(user, at)
    if found is None:
        return {"conversation": None, "commands": []}
    listed = [*verbs(found), *priorities(found), *snoozes(), *receivers(user, found)]
    return {"conversation": found, "commands": [addressed(one, found.pk) for one in listed]}


def addressed(one: Command, conversation_id: int) -> Command:
    url = reverse(f"workspace:{one.verb}", args=[conversation_id])
    return Command(one.label, one.icon, one.verb, one.values, one.key, one.quiet, one.words, url)


def open_at(user: User, at: str) -> Conversation | None:
    """The conversation of a page's address, if this user may change it."""
    try:
        match = resolve(at.partition("?")[0])
    except (Resolver404, ValueError):
        return None
    if match.view_name != "workspace:conversation":
        return None
    try:
        found = get_conversation_for(user, match.kwargs["pk"])
    except NotFound:
        return None
    return found if can_reply(user, found) else None


def verbs(found: Conversation) -> list[Command]:
    ended = found.status == Conversation.Status.RESOLVED
    waiting = {"status": Conversation.Status.PENDING.value}
    return [
        Command(_("Assign to me"), "hand", "assign", {"to": "me"}, words=_("take")),
        Command(_("Reopen"), "rotate-ccw", "reopen", key="e") if ended else Command(_("Resolve"), "check", "resolve", key="e"),
        *([] if ended else [Command(_("Status: waiting for customer"), "hourglass", "status", waiting)]),
    ]  # fmt: skip


def priorities(found: Conversation) -> list[Command]:
    choices = Conversation._meta.get_field("priority").choices or ()
    return [
        Command(_("Priority: %(level)s") % {"level": label}, "flag", "priority", {"priority": value}, quiet=True)
        for value, label in choices
        if value != found.priority
    ]


def snoozes() -> list[Command]:
    spans = {"1h": _("one hour"), "3h": _("three hours"), "tomorrow": _("tomorrow"), "week": _("next week")}
    return [
        Command(_("Snooze: %(span)s") % {"span": words}, "alarm-clock", "snooze", {"for": span}, quiet=True)
        for span, words in spans.items()
    ]


def receivers(user: User, found: Conversation) -> list[Command]:
    """Everybody and every queue it can be given to. 2 queries."""
    colleagues = User.objects.filter(is_active=True).exclude(pk__in=[user.pk, found.assignee_id or 0])
    queues = Queue.objects.filter(enabled=True).only("id", "name")
    return [
        *(
            Command(_("Assign to %(name)s") % {"name": one.name}, "user-plus", "assign", {"to": one.pk}, quiet=True)
            for one in colleagues.only("id", "name")[:COLLEAGUES]
        ),
        *(
            Command(_("Send to %(queue)s") % {"queue": one.name}, "rows-3", "assign", {"queue": one.pk}, quiet=True)
            for one in queues
        ),
    ]


def tagging(user: User, text: str, *, at: str) -> Command | None:
    """ "#refund" or "tag refund" typed while a conversation is open."""
    word = _("tag")
    tag = text[1:] if text.startswith("#") else text[len(word) :] if text.lower().startswith(f"{word} ") else ""
    tag = tag.strip()[:40]
    if not tag or tag.isdigit():
        return None
    found = open_at(user, at)
    if found is None:
        return None
    label = _("Tag with “%(tag)s”") % {"tag": tag}
    return addressed(Command(label, "tag", "tag", {"tag": tag}), found.pk)
