"""What can be done to many conversations at once: each action knows how to read its arguments, do itself to one
conversation, and take itself back there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.timezone import get_current_timezone_name, localtime
from django.utils.translation import gettext as _

from automation.models import Macro
from automation.permissions import get_macro_for
from channels_app.models import Conversation, Priority
from channels_app.services import conversations as verbs
from channels_app.services.assignment import assign
from channels_app.services.snoozes import snooze_until
from cxos.core.errors import Conflict, Invalid
from cxos.core.models import User
from routing.models import Queue
from routing.services.hand_over import give, give_to_queue
from routing.services.macros import run_macro
from routing.services.queue import live_item

Status = Conversation.Status
SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Deed:
    """`check` returns the arguments to keep, or raises Invalid. `do` returns what undo needs, None when nothing changed.
    `undo` raises Conflict where somebody has changed it since; None: what it did, such as a message sent, stays."""

    check: Callable[[Mapping[str, Any], datetime], dict[str, Any]]
    do: Callable[[Conversation, Mapping[str, Any], User, datetime], Any]
    undo: Callable[[Conversation, Mapping[str, Any], Any, User, datetime], None] | None


def whole(given: Mapping[str, Any], name: str) -> int | None:
    text = str(given.get(name) or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# --- Assign ------------------------------------------------------------------------------------------------------------


def check_assign(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if (queue := whole(given, "queue")) and Queue.objects.filter(pk=queue, enabled=True).exists():
        return {"queue": queue}
    if (to := whole(given, "to")) and User.objects.filter(pk=to, is_active=True).exists():
        return {"to": to}
    raise Invalid("assign", _("Choose who should have these conversations, or a queue."))


def do_assign(found: Conversation, given: Mapping[str, Any], actor: User, now: datetime) -> Any:
    item = live_item(found.pk)
    before = {"to": found.assignee_id, "queue": item.queue_id if item else None, "team": found.team_id}
    if "queue" in given:
        if item and item.queue_id == given["queue"] and not item.agent_id:
            return None
        give_to_queue(found, queue=Queue.objects.get(pk=given["queue"]), actor=actor, now=now)
    elif found.assignee_id == given["to"]:
        return None
    else:
        give(found, to=User.objects.get(pk=given["to"]), actor=actor, now=now)
    return before


def undo_assign(found: Conversation, given: Mapping[str, Any], before: Any, actor: User, now: datetime) -> None:
    if found.assignee_id != given.get("to"):
        raise changed_since()
    holder = User.objects.filter(pk=before["to"], is_active=True).first() if before["to"] else None
    queue = Queue.objects.filter(pk=before["queue"], enabled=True).first() if before["queue"] else None
    if holder is not None:
        give(found, to=holder, actor=actor, now=now)
    elif queue is not None:
        give_to_queue(found, queue=queue, actor=actor, now=now)
    else:
        assign(found.pk, assignee_id=None, team_id=before["team"], actor=actor, now=now)


# --- Status, snooze, resolve, spam ---------------------------------------------------------------------------------------


def check_status(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if given.get("status") not in (Status.OPEN, Status.PENDING, Status.RESOLVED):
        raise Invalid("status", _("Choose a status."))
    return {"status": given["status"]}


def do_status(found: Conversation, given: Mapping[str, Any], actor: User, now: datetime) -> Any:
    if found.status == given["status"]:
        return None
    before = {"status": found.status, "until": found.snoozed_until.isoformat() if found.snoozed_until else None}
    verbs.set_status(found.pk, status=given["status"], actor=actor, now=now)
    return before


def undo_status(found: Conversation, given: Mapping[str, Any], before: Any, actor: User, now: datetime) -> None:
    if found.status != given["status"]:
        raise changed_since()
    until = datetime.fromisoformat(before["until"]) if before["until"] else None
    if found.status == Status.RESOLVED and before["status"] != Status.RESOLVED:
        verbs.reopen(found.pk, actor=actor, now=now)
    if before["status"] == Status.SNOOZED and until and until > now:
        verbs.snooze(found.pk, until=until, actor=actor, now=now)
    elif before["status"] in (Status.PENDING, Status.RESOLVED):
        verbs.set_status(found.pk, status=before["status"], actor=actor, now=now)
    else:
        verbs.set_status(found.pk, status=Status.OPEN, actor=actor, now=now)


def check_snooze(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """`for` or `until`, as channels_app.services.snoozes reads them, in the zone of whoever asks."""
    return {"status": Status.SNOOZED, "until": snooze_until(given, here=localtime(now)).isoformat()}


def do_snooze(found: Conversation, given: Mapping[str, Any], actor: User, now: datetime) -> Any:
    before = {"status": found.status, "until": found.snoozed_until.isoformat() if found.snoozed_until else None}
    verbs.snooze(found.pk, until=datetime.fromisoformat(given["until"]), actor=actor, now=now)
    return before


def check_nothing(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {"status": Status.RESOLVED}


def do_spam(found: Conversation, given: Mapping[str, Any], actor: User, now: datetime) -> Any:
    tagged = SPAM not in found.tags
    verbs.add_tags(found.pk, tags=[SPAM], actor=actor, now=now)
    before = do_status(found, given, actor, now)
    return {"tagged": tagged, "status": before} if tagged or before else None


def undo_spam(found: Conversation, given: Mapping[str, Any], before: Any, actor: User, now: datetime) -> None:
    if before["tagged"]:
        verbs.remove_tags(found.pk, tags=[SPAM], actor=actor, now=now)
    if before["status"]:
        undo_status(found, given, before["status"], actor, now)


# --- Priority, tags ----------------------------------------------------------------------------------------------------


def check_priority(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    priority = whole(given, "priority")
    if priority not in Priority.values:
        raise Invalid("priority", _("Choose a priority."))
    return {"priority": priority}


def do_priority(found: Conversation, given: Mapping[str, Any], actor: User, now: datetime) -> Any:
    if found.priority == given["priority"]:
        return None
    before = found.priority
    verbs.set_priority(found.pk, priority=given["priority"], actor=actor, now=now)
    return before


def undo_priority(found: Conversation, given: Mapping[str, Any], before: Any, actor: User, now: datetime) -> None:
    if found.priority != given["priority"]:
        raise changed_since()
    verbs.set_priority(found.pk, priority=before, actor=actor, now=now)


def check_tag(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {"tag": verbs.clean_tag(str(given.get("tag") or ""))}


def do_tag(found: Conversation, given: Mapping[str, Any], actor: User, now: datetime) -> Any:
    if given["tag"] in found.tags:
        return None
    verbs.add_tags(found.pk, tags=[given["tag"]], actor=actor, now=now)
    return True


def undo_tag(found: Conversation, given: Mapping[str, Any], before: Any, actor: User, now: datetime) -> None:
    verbs.remove_tags(found.pk, tags=[given["tag"]], actor=actor, now=now)


# --- Macro -------------------------------------------------------------------------------------------------------------


def check_macro(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """With the asker's zone, for the part of it that is done where nobody asks."""
    macro = whole(given, "macro")
    if macro is None or not Macro.objects.filter(pk=macro).exists():
        raise Invalid("macro", _("Choose a macro."))
    return {"macro": macro, "zone": get_current_timezone_name()}


def do_macro(found: Conversation, given: Mapping[str, Any], actor: User, now: datetime) -> Any:
    zone = ZoneInfo(given["zone"])
    return run_macro(get_macro_for(actor, given["macro"]), found, zone=zone, actor=actor, now=now).pk


def changed_since() -> Conflict:
    return Conflict("changed_since", _("Somebody has changed it since."))


DEEDS: Mapping[str, Deed] = {
    "assign": Deed(check_assign, do_assign, undo_assign),
    "status": Deed(check_status, do_status, undo_status),
    "resolve": Deed(check_nothing, do_status, undo_status),
    "snooze": Deed(check_snooze, do_snooze, undo_status),
    "priority": Deed(check_priority, do_priority, undo_priority),
    "tag": Deed(check_tag, do_tag, undo_tag),
    SPAM: Deed(check_nothing, do_spam, undo_spam),
    "macro": Deed(check_macro, do_macro, None),
}
