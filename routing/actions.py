"""What an action of a plan does: one function each, calling one service. Register a new one here (and name it in
automation.facts_known.ACTIONS, and in ACTIONS_ON where it makes no sense on every event)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automation.fill import fill
from automation.plan import Plan, PlannedAction
from cases.services.cases import open_case
from channels_app.models import Conversation, Interaction, Message
from channels_app.services.conversations import add_tags, resolve, set_priority
from channels_app.services.replies import add_note, send_reply
from routing.place import send_on


@dataclass(frozen=True, slots=True)
class Subject:
    """What the actions are about, and what made the rules decide: a message that came in, or the event `event_id` about
    the conversation."""

    conversation: Conversation
    facts: dict[str, Any]
    plan: Plan
    interaction: Interaction | None = None
    message: Message | None = None
    event_id: int | None = None

    @property
    def once(self) -> dict[str, Any]:
        """What, beside rule and position, names one of its actions, so that it is done once."""
        if self.event_id is None:
            return {"interaction": self.interaction}
        return {"event_id": self.event_id, "conversation": self.conversation}


Do = Callable[[Subject, PlannedAction, datetime], str]
ACTIONS: dict[str, Do] = {}


def action(kind: str) -> Callable[[Do], Do]:
    def register(do: Do) -> Do:
        ACTIONS[kind] = do
        return do

    return register


def actor_of(planned: PlannedAction) -> str:
    return f"rule:{planned.rule_id}"


def rule_behind(actor: str) -> int | None:
    """The rule that `actor_of` names; None for anybody else."""
    kind, _colon, number = actor.partition(":")
    return int(number) if kind == "rule" and number.isdecimal() else None


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
    to = f"event:{subject.event_id}" if subject.message is None else subject.message.pk
    send_reply(
        subject.conversation.pk,
        text=fill(str(planned.args["text"]), subject.facts),
        author=None,
        author_kind=Message.Author.BOT,
        client_id=f"rule:{planned.rule_id}:{planned.position}:{to}",
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
    about = subject.conversation
    said = subject.facts.get("message.text") or about.subject or about.last_message_text
    opened = open_case(
        customer=about.customer,
        conversation=about,
        subject=(fill(str(planned.args.get("subject") or ""), subject.facts) or said)[:200],
        priority=about.priority,
        actor=actor_of(planned),
        now=now,
    )
    return f"opened {opened.reference}"


@action("enqueue")
def move(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    """Of what waits or is held already: what comes in is placed by the journey, last of all."""
    item = send_on(subject.conversation, planned, subject.plan, actor=actor_of(planned), now=now)
    return f"in {item.queue.name}"


@action("resolve")
def close(subject: Subject, planned: PlannedAction, now: datetime) -> str:
    resolve(subject.conversation.pk, actor=actor_of(planned), now=now)
    return "resolved"
