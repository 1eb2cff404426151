"""What a macro does, in words: for whoever writes one, and for whoever is about to run it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _, gettext_lazy

from automation.fill import fill
from automation.models import Macro, Snippet
from automation.services.macros import SNOOZES
from channels_app.models import Priority
from channels_app.services.snoozes import snoozes
from routing.models import Queue

WORDS = {
    "reply": gettext_lazy("Reply"), "snippet": gettext_lazy("Reply with a snippet"),
    "add_note": gettext_lazy("Add a note"), "add_tags": gettext_lazy("Add tags"),
    "set_priority": gettext_lazy("Set the priority"), "take": gettext_lazy("Take it myself"),
    "enqueue": gettext_lazy("Put into a queue"), "open_case": gettext_lazy("Open a case"),
    "wait": gettext_lazy("Wait for the customer"), "snooze": gettext_lazy("Snooze"),
    "resolve": gettext_lazy("Resolve"),
}  # fmt: skip
ICONS = {
    "reply": "corner-up-left", "snippet": "text-quote", "add_note": "lock", "add_tags": "tag", "set_priority": "flag",
    "take": "hand", "enqueue": "rows-3", "open_case": "briefcase", "wait": "hourglass", "snooze": "alarm-clock",
    "resolve": "check",
}  # fmt: skip
SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Names:
    """What actions refer to: queues by key, snippets by id, how long one snoozes; and what variables stand for, if known."""

    queues: Mapping[str, str]
    snippets: Mapping[int, Snippet]
    facts: Mapping[str, Any] | None = None
    spans: Mapping[str, str] = field(default_factory=lambda: dict(spans()))


@dataclass(frozen=True, slots=True)
class Step:
    """One action: what, and with what. `said` stands in its own language."""

    icon: str
    words: str
    said: str


def names_for(macros: Iterable[Macro], *, facts: Mapping[str, Any] | None = None) -> Names:
    """At most 2 queries: one for the queues, one for the snippets, where any macro names some."""
    actions = [action for macro in macros for action in macro.actions]
    keys = {action["queue"] for action in actions if action.get("kind") == "enqueue"}
    ids = {action["snippet"] for action in actions if action.get("kind") == "snippet"}
    queues = dict(Queue.objects.filter(key__in=keys).values_list("key", "name")) if keys else {}
    return Names(queues, Snippet.objects.in_bulk(ids) if ids else {}, facts)


def steps(actions: Iterable[Mapping[str, Any]], names: Names) -> list[Step]:
    return [
        Step(
            ICONS.get(str(one.get("kind")), "zap"),
            str(WORDS.get(str(one.get("kind")), one.get("kind"))),
            said(one, names),
        )
        for one in actions
    ]


def said(action: Mapping[str, Any], names: Names) -> str:
    """The argument in words; texts as they would be sent, where it is known in which conversation."""
    kind = action.get("kind")
    if kind == "snippet":
        found = names.snippets.get(action.get("snippet", 0))
        return _text(found.text, names) if found else _("is not there any more")
    if kind in ("reply", "add_note", "open_case"):
        return _text(str(action.get("text" if kind != "open_case" else "subject", "")), names)
    if kind == "add_tags":
        return ", ".join(map(str, action.get("tags", ())))
    if kind == "set_priority":
        level = action.get("priority")
        return str(dict(Priority.choices).get(level, level))
    if kind == "enqueue":
        return names.queues.get(str(action.get("queue")), str(action.get("queue")))
    return names.spans.get(str(action.get("for")), "") if kind == "snooze" else ""


def _text(text: str, names: Names) -> str:
    return Truncator(text if names.facts is None else fill(text, names.facts)).chars(SHOWN_CHARS)


def spans() -> list[tuple[str, str]]:
    """How long a macro may snooze, as a form offers it."""
    return [(one.key, one.said) for one in snoozes(localtime()) if one.key in SNOOZES]
