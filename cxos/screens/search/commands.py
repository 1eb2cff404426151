"""Commands for the conversation that is open: they press the same buttons as its head."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from django.urls import Resolver404, resolve, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from automation.models import Macro
from channels_app.models import Conversation
from channels_app.permissions import can_reply, get_conversation_for
from channels_app.services.snoozes import snoozes as presets
from cxos.core.errors import NotFound
from cxos.core.models import User
from routing.models import Queue

COLLEAGUES = 200
MACROS = 200
Status = Conversation.Status


@dataclass(frozen=True, slots=True)
class Command:
    """`verb`: the view that does it; `quiet`: shown only once somebody types for it; `asks`: it opens a dialog first."""

    label: str
    icon: str
    verb: str
    values: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    quiet: bool = False
    words: str = ""
    url: str = ""
    asks: bool = False

    @property
    def vals(self) -> str:
        return json.dumps(self.values)


def here(user: User, *, at: str) -> dict[str, Any]:
    """5 queries where a conversation is open, none elsewhere."""
    found = open_at(user, at)
    if found is None:
        return {"conversation": None, "commands": []}
    listed = [*verbs(found), *priorities(found), *snoozes(), *macros(user), *receivers(user, found)]
    return {"conversation": found, "commands": [addressed(one, found.pk) for one in listed]}


def addressed(one: Command, conversation_id: int) -> Command:
    url = reverse(f"workspace:{one.verb}", args=[conversation_id])
    return replace(one, url=url)


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
    take = Command(_("Assign to me"), "hand", "assign", {"to": "me"}, words=_("take"))
    merge = Command(_("Merge into another conversation…"), "merge", "merge", words=_("join"), asks=True)
    spam = Command(_("Status: spam"), "shield-alert", "spam")
    if found.status == Status.RESOLVED:
        return [take, Command(_("Reopen"), "rotate-ccw", "reopen", key="e"), merge, spam]
    states = {
        Status.OPEN: Command(_("Status: open"), "circle-dot", "status", {"status": Status.OPEN.value}, key="o"),
        Status.PENDING: Command(
            _("Status: waiting for customer"), "hourglass", "status", {"status": Status.PENDING.value}
        ),
    }
    return [
        take,
        Command(_("Resolve"), "check", "resolve", key="e", words=_("Status: resolved")),
        *(one for status, one in states.items() if status != found.status),
        Command(_("Status: snoozed…"), "alarm-clock", "ask_snooze", words=_("Snooze"), asks=True),
        merge,
        spam,
    ]


def priorities(found: Conversation) -> list[Command]:
    choices = Conversation._meta.get_field("priority").choices or ()
    return [
        Command(_("Priority: %(level)s") % {"level": label}, "flag", "priority", {"priority": value}, quiet=True)
        for value, label in choices
        if value != found.priority
    ]


def snoozes() -> list[Command]:
    return [
        Command(_("Snooze: %(span)s") % {"span": one.said}, "alarm-clock", "snooze", {"for": one.key}, quiet=True)
        for one in presets(localtime())
    ]


def macros(user: User) -> list[Command]:
    """The dialog with what each does, and each by its name. 1 query."""
    named = Macro.objects.visible_to(user).distinct().values_list("pk", "name")[:MACROS]
    return [
        Command(_("Macro…"), "list-checks", "macros", key="m", asks=True),
        *(
            Command(
                _("Macro: %(name)s") % {"name": name},
                "list-checks",
                "run_macro",
                {"macro": pk, "key": uuid4().hex},
                quiet=True,
            )
            for pk, name in named
        ),
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
