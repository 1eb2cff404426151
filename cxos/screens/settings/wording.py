"""What the audit stored, in words: fields, values, and what differs between before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from automation.facts_known import FACTS
from automation.services.macros import ACTIONS as MACRO_ACTIONS
from cases.hours import CalendarError, clock_text
from cases.models import Calendar, Metric
from cases.services.configure import AT
from channels_app.models import Priority
from cxos.core.models import AuditEntry, Team, User
from cxos.core.spans import span
from cxos.screens.macro_words import WORDS as MACRO_WORDS
from cxos.screens.settings import actions as acts
from cxos.screens.settings.channel_rows import FIELD_TYPES
from cxos.screens.settings.conditions import OPERATOR_WORDS, said_fact, said_value
from cxos.screens.settings.vocabulary import said_name
from routing.models import Queue

SHOWN_VALUE = 400
DAY_MINUTES = 24 * 60
Names = Mapping[str, Mapping[Any, str]]
# Fields that hold the id of a thing: its kind gives the name.
REFERENCES = {"team_id": Team, "calendar_id": Calendar, "overflow_to_id": Queue}


def names_of(entries: Iterable[AuditEntry]) -> Names:
    """Field → {id: name} of what the entries refer to. One query for each kind of thing there is."""
    wanted: dict[str, set[Any]] = {}
    emails: set[str] = set()
    for entry in entries:
        for state in (entry.before, entry.after):
            if isinstance(state, dict):
                for field in REFERENCES.keys() & state.keys():
                    wanted.setdefault(field, set()).add(state[field])
                emails |= {name for name in state if "@" in name}
    names: dict[str, Mapping[Any, str]] = {
        field: {row.pk: str(row) for row in REFERENCES[field].objects.filter(pk__in=ids - {None})}
        for field, ids in wanted.items()
    }
    return names | (
        {"email": dict(User.objects.filter(email__in=emails).values_list("email", "name"))} if emails else {}
    )


def changes_of(entry: AuditEntry, names: Names | None = None) -> list[tuple[str, str | None, str | None]]:
    """(field, before, after) of what differs, as short texts. Settings inside settings are compared one by one."""
    before, after = flat(entry.before), flat(entry.after)
    return [
        (said_field(field, names), shown(field, before.get(field), names), shown(field, after.get(field), names))
        for field in dict.fromkeys([*before, *after])
        if before.get(field) != after.get(field)
    ]


def flat(state: Any) -> dict[str, Any]:
    """{"texts": {"intro": …}} → {"texts.intro": …}; what has a wording of its own stays whole."""
    if not isinstance(state, dict):
        return {"": state} if state else {}
    found: dict[str, Any] = {}
    for field, value in state.items():
        if isinstance(value, dict) and field not in WORDED:
            found |= {f"{field}.{name}" if name else field: inner for name, inner in flat(value).items()}
        else:
            found[field] = value
    return found


def said_field(field: str, names: Names | None = None) -> str:
    if AT in field:
        metric, _at, priority = field.partition(AT)
        if metric in Metric.values:
            level = _("all others") if priority == "others" else str(Priority(int(priority)).label)
            return f"{Metric(metric).label}, {level}"
    if "@" in field:
        return (names or {}).get("email", {}).get(field, field)
    return said_name(field) or _("Value")


def shown(field: str, value: Any, names: Names | None = None) -> str | None:
    """A stored value in words: references by name, lengths of time, weeks, conditions; anything else as it is."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field in REFERENCES:
        return (names or {}).get(field, {}).get(value) or f"#{value}"
    if field.endswith("_seconds") or (AT in field and isinstance(value, int)):
        return span(int(value)) if value else "0"
    if field in WORDED:
        try:
            return WORDED[field](value)[:SHOWN_VALUE]
        except (CalendarError, KeyError, TypeError, ValueError, AttributeError):
            return as_text(value)[:SHOWN_VALUE]  # an older or a broken shape
    if isinstance(value, list) and all(isinstance(one, (str, int, float)) for one in value):
        return ", ".join(map(str, value))[:SHOWN_VALUE]
    return as_text(value)[:SHOWN_VALUE]


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def said_hours(intervals: list[list[int]]) -> str:
    return ", ".join(f"{clock_text(start)}–{clock_text(end % DAY_MINUTES)}" for start, end in intervals)


def said_week(weekly: Mapping[str, Any]) -> str:
    """ "Monday–Friday 09:00–17:00; Saturday 10:00–14:00": days in a row with the same hours are said once."""
    days = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    parts = []
    for hours, run in groupby(range(7), key=lambda day: said_hours(weekly.get(str(day)) or [])):
        numbers = list(run)
        if hours:
            span = days[numbers[0]] if len(numbers) == 1 else f"{days[numbers[0]]}–{days[numbers[-1]]}"
            parts.append(f"{span} {hours}")
    return "; ".join(parts) or _("closed")


def said_conditions(tree: Any) -> str:
    """ "Channel is chat and (VIP is yes or Priority is at least 2)"."""
    if not tree:
        return _("always")
    if "fact" in tree:
        value = tree.get("value")
        schema = next((facts for facts in FACTS.values() if tree["fact"] in facts), {})
        value = said_value(tree["fact"], value, schema)
        said = ", ".join(map(str, value)) if isinstance(value, list) else shown("", value) or ""
        return f"{said_fact(tree['fact'], schema)} {OPERATOR_WORDS.get(tree['op'], tree['op'])} {said}".strip()
    if "not" in tree:
        return _("not (%(inner)s)") % {"inner": said_conditions(tree["not"])}
    word, inner = next(iter(tree.items()))
    joint = {"and": _(" and "), "or": _(" or ")}[word]
    said = [said_conditions(one) for one in inner]
    return joint.join(
        f"({one})" if len(said) > 1 and "fact" not in part else one for one, part in zip(said, inner, strict=True)
    )


def said_actions(actions: list[Mapping[str, Any]]) -> str:
    return "; ".join(said_action(one) for one in actions)


def said_action(action: Mapping[str, Any]) -> str:
    """Of a rule; or of a macro, which does more."""
    kind = str(action.get("kind"))
    if kind in acts.WORDS:
        return acts.said(action, queues={})
    value = action.get(MACRO_ACTIONS.get(kind, ""), "")
    return f"{MACRO_WORDS.get(kind, kind)} {value}".strip()


def said_rings(rings: list[Mapping[str, Any]]) -> str:
    """ "30 s from level 3 without french; then for good with 1 team"."""
    said = []
    for ring in rings:
        words = [_("%(n)s s") % {"n": ring["seconds"]} if ring.get("seconds") else _("for good")]
        words += [_("from level %(n)s") % {"n": ring["min_queue_level"]}] if ring.get("min_queue_level") else []
        dropped = _("soft skills") if ring.get("drops_all_soft") else ", ".join(ring.get("drops", ()))
        words += [_("without %(skills)s") % {"skills": dropped}] if dropped else []
        words += [_("with teams %(n)s") % {"n": len(ring["groups"])}] if ring.get("groups") else []
        said.append(" ".join(words))
    return _("; then ").join(said)


def said_questions(fields: list[Mapping[str, Any]]) -> str:
    """ "Your name (Text, must be answered); About (Choice: Bill, Line)"."""
    said = []
    for one in fields:
        words = str(dict(FIELD_TYPES).get(one["type"], one["type"]))
        words += f": {', '.join(one['choices'])}" if one.get("choices") else ""
        said.append(f"{one['label']} ({words}{_(', must be answered') if one.get('required') else ''})")
    return "; ".join(said)


WORDED: dict[str, Callable[[Any], str]] = {
    "weekly": said_week,
    "hours": said_hours,
    "conditions": said_conditions,
    "actions": said_actions,
    "rings": said_rings,
    "form": said_questions,
    "callback_from": clock_text,
    "callback_until": clock_text,
}
