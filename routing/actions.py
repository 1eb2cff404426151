"""What an action of a plan does: one function each, calling one service. Register a new one here (and name it in
automation.facts_known.ACTIONS)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automation.fill import fill
from automation.plan import PlannedAction
from cases.services.cases import open_case
from channels_app.models import Conversation, Message
from channels_app.services.conversations import add_tags, resolve, set_priority
from channels_app.services.replies import add_note, send_reply


@dataclass(frozen=True, slots=True)
class Subject:
    """What the actions are about."""

    conversation: Conversation
    message: Message
    facts: dict[str, Any]


Do = Callable[[Subject, PlannedAction, datetime], str]
ACTIONS: dict[str, Do] = {}


def action(kind: str) -> Callable[[Do], Do]:
    def register(do: Do) -> Do:
        ACTIONS[kind] = do
        return do

    return register


def actor_of(planned: PlannedAction) -> str:
    return f"rule:{planned.rule_id}"


@action("add_tags")
def tag(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    tags = [str(name) for name in planned.args.get("tags", [])]
    add_tags(subject.conversation.pk, tags=tags, actor=actor_of(planned), now=now)
    return f"tagged {', '.join(tags)}"


@action("set_priority")
def prioritise(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    priority = int(planned.args["priority"])
    set_priority(subject.conversation.pk, priority=priority, actor=actor_of(planned), now=now)
    return f"priority {priority}"


@action("reply")
def reply(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    send_reply(
        subject.conversation.pk,
        text=fill(str(planned.args["text"]), subject.facts),
        author=None,
        author_kind=Message.Author.BOT,
        client_id=f"rule:{planned.rule_id}:{planned.position}:{subject.message.pk}",
        actor=actor_of(planned),
        now=now,
    )
    return "replied"


@action("add_note")
def note(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    text = fill(str(planned.args["text"]), subject.facts)
    add_note(subject.conversation.pk, text=text, author=None, actor=actor_of(planned), now=now)
    return "noted"


@action("open_case")
def case(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    opened = open_case(
        customer=subject.conversation.customer,
        conversation=subject.conversation,
        subject=fill(str(planned.args.get("subject") or "{{message.text}}"), subject.facts)[:200],
        priority=subject.conversation.priority,
        actor=actor_of(planned),
        now=now,
    )
    return f"opened {opened.reference}"


@action("resolve")
def close(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    resolve(subject.conversation.pk, actor=actor_of(planned), now=now)
    return "resolved"
