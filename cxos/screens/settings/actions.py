"""The actions of a rule as a form: one row each, with the fields its kind has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from automation.facts_known import ACTIONS_ON
from channels_app.models import Priority

MOST_ACTIONS = 20
WORDS = {
    "add_tags": _("Add tags"), "set_priority": _("Set the priority"), "reply": _("Reply"), "add_note": _("Add a note"),
    "open_case": _("Open a case"), "enqueue": _("Put into a queue"), "resolve": _("Resolve"),
}  # fmt: skip
# One typed field a kind; `enqueue` has its own.
TEXT_OF = {"add_tags": "tags", "reply": "text", "add_note": "text", "open_case": "subject"}
SKILL = re.compile(r"\s*([\w-]{1,40})\s*(?:≥|>=|:)?\s*([1-5])?\s*(!)?\s*")


def kinds_on(event: str) -> list[tuple[str, Any]]:
    """The actions rules on this event may ask for, with their words."""
    return [(kind, WORDS.get(kind, kind)) for kind in ACTIONS_ON[event]]


def fitting(rows: list[dict[str, str]], event: str) -> list[dict[str, str]]:
    """Those of the rows that make sense on this event; a new one where none does."""
    return [row for row in rows if row["kind"] in ACTIONS_ON[event]] or press([], "action")


def read_actions(post: QueryDict) -> list[dict[str, str]]:
    """The rows as they were posted: {kind, text, priority, queue, skills}, all as typed."""
    names = ("kind", "text", "priority", "queue", "skills")
    columns = [post.getlist(f"action_{name}")[:MOST_ACTIONS] for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=False)]


def press(rows: list[dict[str, str]], button: str) -> list[dict[str, str]]:
    """What the buttons of this form do: action, undo:<row>, up:<row>."""
    word, _colon, number = button.partition(":")
    place = int(number) if number.isascii() and number.isdigit() else -1
    if word == "action" and len(rows) < MOST_ACTIONS:
        return [*rows, {"kind": "add_tags", "text": "", "priority": "1", "queue": "", "skills": ""}]
    if word == "undo" and 0 <= place < len(rows):
        return rows[:place] + rows[place + 1 :]
    if word == "up" and 0 < place < len(rows):
        return [*rows[: place - 1], rows[place], rows[place - 1], *rows[place + 1 :]]
    return rows


def plan_of(rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The actions as data. What is missing is left out, so that validation names it."""
    return [action_of(row) for row in rows]


def action_of(row: Mapping[str, str]) -> dict[str, Any]:
    kind = row["kind"]
    action: dict[str, Any] = {"kind": kind}
    if kind == "add_tags":
        action["tags"] = [tag.strip() for tag in row["text"].split(",") if tag.strip()]
    elif kind in TEXT_OF and row["text"].strip():
        action[TEXT_OF[kind]] = row["text"].strip()
    elif kind == "set_priority":
        action["priority"] = int(row["priority"]) if row["priority"] in {"0", "1", "2", "3"} else -1
    elif kind == "enqueue":
        action["queue"] = row["queue"]
        if row["skills"].strip():
            action["skills"] = [skill_of(one) for one in row["skills"].split(",") if one.strip()]
    return action


def skill_of(text: str) -> dict[str, Any]:
    """ "french ≥ 3 !" → the skill with its level; an exclamation mark means it must be had."""
    found = SKILL.fullmatch(text)
    if found is None:
        return {"skill": text.strip(), "level": 0}  # validation refuses it
    skill: dict[str, Any] = {"skill": found[1], "level": int(found[2] or 1)}
    return skill | {"hard": True} if found[3] else skill


def rows_of(actions: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The rows of stored actions."""
    return [
        {
            "kind": str(action.get("kind", "")),
            "text": text_of(action),
            "priority": str(action.get("priority", 1)),
            "queue": str(action.get("queue", "")),
            "skills": ", ".join(said_skill(one) for one in action.get("skills") or []),
        }
        for action in actions
    ]


def text_of(action: Mapping[str, Any]) -> str:
    value = action.get(TEXT_OF.get(str(action.get("kind")), "text"), "")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def said_skill(skill: Mapping[str, Any]) -> str:
    return f"{skill.get('skill')} ≥ {skill.get('level', 1)}{' !' if skill.get('hard') else ''}"


def said(action: Mapping[str, Any], *, queues: Mapping[str, str]) -> str:
    """An action as a few words for a list: "Add tags billing"."""
    kind = str(action.get("kind"))
    words = str(WORDS.get(kind, kind))
    if kind == "set_priority":
        level = action.get("priority")
        return f"{words} {dict(Priority.choices).get(level, level)}"
    if kind == "enqueue":
        key = str(action.get("queue"))
        skills = ", ".join(said_skill(one).replace(" !", str(_(" required"))) for one in action.get("skills") or [])
        return f"{words} {queues.get(key, key)}" + (f" ({skills})" if skills else "")
    text = text_of(action)
    return f"{words} {text[:80]}" if text else words
