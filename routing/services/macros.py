"""A macro carried out in a conversation: all of its actions, by the services that rules and agents use, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from automation.fill import fill
from automation.models import Macro, MacroRun, Snippet
from automation.services.snippets import facts_for
from cases.services.cases import open_case
from channels_app.models import Conversation
from channels_app.services import conversations as verbs
from channels_app.services.lines import add_line
from channels_app.services.replies import add_note, send_reply
from channels_app.services.snoozes import snooze_until
from cxos.core.errors import Conflict, DomainError, Invalid
from cxos.core.models import User
from routing.facts import enabled_queue
from routing.services.hand_over import give, give_to_queue
from routing.services.holding import lock_item
from routing.services.queue import live_item

MOVING = frozenset({"take", "enqueue"})


@dataclass(frozen=True, slots=True)
class Setting:
    """Where, by whom and when an action is done. `zone` is the user's: "tomorrow" means theirs."""

    conversation: Conversation
    user: User
    facts: Mapping[str, Any]
    zone: tzinfo
    now: datetime

    @property
    def who_and_when(self) -> dict[str, Any]:
        return {"actor": self.user, "now": self.now}


Do = Callable[[Setting, Mapping[str, Any]], str]


def run_macro(
    macro: Macro, conversation: Conversation, *, zone: tzinfo, key: str = "", actor: User, now: datetime
) -> MacroRun:
    """All of it in one transaction; the same `key` again returns the first run and does nothing. `conversation` with its
    customer and channel. Raises the refusal of the first action that does not fit, which says that nothing was done."""
    with transaction.atomic():
        starts: dict[str, Any] = {"macro_id": macro.pk, "name": macro.name, "user": actor, "at": now}
        if key:
            run, new = MacroRun.objects.get_or_create(conversation=conversation, key=key, defaults=starts)
            if not new:
                return run
        else:
            run = MacroRun.objects.create(conversation=conversation, **starts)
        if any(action["kind"] in MOVING for action in macro.actions) and (item := live_item(conversation.pk)):
            lock_item(item.pk, also=[actor.pk])  # as everybody who moves work: people and work before conversations
        add_line(conversation, what="macro", text=f"Ran the macro {macro.name}.", actor=actor, now=now, name=macro.name)
        setting = Setting(conversation, actor, facts_for(conversation, actor), zone, now)
        for number, action in enumerate(macro.actions, start=1):
            run.actions.append({**action, "outcome": _done(macro, number, action, setting)})
        run.save(update_fields=["actions"])
        verbs.tell_changed(conversation, "macro", actor=actor)
    return run


def _done(macro: Macro, number: int, action: Mapping[str, Any], setting: Setting) -> str:
    try:
        return ACTIONS[action["kind"]](setting, action)[:300]
    except DomainError as refusal:
        sentence = _("“%(name)s” did nothing, because action %(number)s does not fit here. %(problem)s") % {
            "name": macro.name,
            "number": number,
            "problem": refusal.message,
        }
        raise type(refusal)(refusal.code, sentence, status=refusal.status) from refusal


def reply(setting: Setting, action: Mapping[str, Any]) -> str:
    return _send(setting, str(action["text"]))


def snippet(setting: Setting, action: Mapping[str, Any]) -> str:
    found = Snippet.objects.visible_to(setting.user).filter(pk=action["snippet"]).first()
    if found is None:
        raise Conflict("no_such_snippet", _("Its snippet is not there any more, or it is not for you."))
    return _send(setting, found.text)


def _send(setting: Setting, text: str) -> str:
    said = fill(text, setting.facts)
    message = send_reply(setting.conversation.pk, text=said, author=setting.user, **setting.who_and_when)
    return f"sent message {message.pk}"


def note(setting: Setting, action: Mapping[str, Any]) -> str:
    said = fill(str(action["text"]), setting.facts)
    message = add_note(setting.conversation.pk, text=said, author=setting.user, **setting.who_and_when)
    return f"noted {message.pk}"


def tag(setting: Setting, action: Mapping[str, Any]) -> str:
    verbs.add_tags(setting.conversation.pk, tags=action["tags"], **setting.who_and_when)
    return f"tagged {', '.join(action['tags'])}"


def prioritise(setting: Setting, action: Mapping[str, Any]) -> str:
    verbs.set_priority(setting.conversation.pk, priority=action["priority"], **setting.who_and_when)
    return f"priority {action['priority']}"


def take(setting: Setting, action: Mapping[str, Any]) -> str:
    item = give(setting.conversation, to=setting.user, **setting.who_and_when)
    return f"took work {item.pk}"


def enqueue(setting: Setting, action: Mapping[str, Any]) -> str:
    queue = enabled_queue(str(action["queue"]))
    if queue is None:
        raise Invalid("no_such_queue", _("This queue does not exist any more."))
    item = give_to_queue(setting.conversation, queue=queue, **setting.who_and_when)
    return f"work {item.pk} in {queue.key}"


def case(setting: Setting, action: Mapping[str, Any]) -> str:
    there = setting.conversation
    subject = fill(str(action["subject"]), setting.facts)[:200]
    opened = open_case(
        customer=there.customer, conversation=there, subject=subject, priority=there.priority, **setting.who_and_when
    )
    return f"opened {opened.reference}"


def wait(setting: Setting, action: Mapping[str, Any]) -> str:
    _refuse_resolved(setting)
    verbs.set_status(setting.conversation.pk, status=Conversation.Status.PENDING, **setting.who_and_when)
    return "waits for the customer"


def snooze(setting: Setting, action: Mapping[str, Any]) -> str:
    until = snooze_until(action, here=setting.now.astimezone(setting.zone))
    verbs.snooze(setting.conversation.pk, until=until, **setting.who_and_when)
    return f"snoozed until {until.isoformat()}"


def resolve(setting: Setting, action: Mapping[str, Any]) -> str:
    verbs.resolve(setting.conversation.pk, **setting.who_and_when)
    return "resolved"


def _refuse_resolved(setting: Setting) -> None:
    """Setting a state by hand opens what is resolved; a macro that waits for an answer was not meant for one."""
    if Conversation.objects.filter(pk=setting.conversation.pk, status=Conversation.Status.RESOLVED).exists():
        raise Conflict("resolved", _("This conversation is resolved. Reopen it first."))


ACTIONS: dict[str, Do] = {
    "reply": reply, "snippet": snippet, "add_note": note, "add_tags": tag, "set_priority": prioritise, "take": take,
    "enqueue": enqueue, "open_case": case, "wait": wait, "snooze": snooze, "resolve": resolve,
}  # fmt: skip
