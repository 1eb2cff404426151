"""Plans that agents ask for: made, changed and removed. Nothing is saved that could never run. Routing runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from automation.models import Macro
from automation.services.rules import MAX_TEXT, MOST_ACTIONS
from automation.services.snippets import check_variables, whose
from channels_app.models import Priority
from channels_app.services.conversations import clean_tag
from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.models import User
from cxos.core.services.audit import record

# kind → the name of its argument, "" for none. What rules do as well is called as it is there.
ACTIONS = {
    "reply": "text", "snippet": "snippet", "add_note": "text", "add_tags": "tags", "set_priority": "priority",
    "take": "", "enqueue": "queue", "open_case": "subject", "wait": "", "snooze": "for", "resolve": "",
}  # fmt: skip
SNOOZES = ("hour", "tomorrow", "monday")  # of channels_app.services.snoozes, those there are at any time of the day
AFTER_THE_END = frozenset({"add_note", "add_tags", "set_priority", "open_case"})  # what a resolved one still takes
MAX_NAME = 80


def save_macro(
    macro: Macro | None,
    *,
    name: str,
    actions: Sequence[Mapping[str, Any]],
    scope: str,
    team_id: int | None = None,
    actor: User,
    now: datetime,
) -> Macro:
    """Make one, or change one. Raises Invalid naming the field, NotFound, Forbidden (only supervisors write for others),
    Conflict when the name is taken."""
    name, kept = " ".join(name.replace("\0", "").split()), [dict(one) for one in actions]
    if not 0 < len(name) <= MAX_NAME:
        raise Invalid(
            "name", _("A macro needs a name of up to %(most)s characters.") % {"most": MAX_NAME}, field="name"
        )
    check_actions(kept)
    owner, team = whose(scope, team_id, actor)
    with transaction.atomic():
        found = lock_macro(macro.pk, actor=actor) if macro else Macro()
        before = shown(found) if found.pk and found.owner_id is None else None
        found.name, found.actions, found.owner, found.team, found.changed_at = name, kept, owner, team, now
        try:
            with transaction.atomic():
                found.save()
        except IntegrityError:
            raise Conflict(
                "name_taken", _("There is a macro “%(name)s” already.") % {"name": name}, field="name"
            ) from None
        after = shown(found)
        if found.owner is None and after != before:
            record(actor, "changed" if before else "made", found, before=before, after=after)
        elif before and found.owner is not None:
            record(actor, "removed", found, before=before)  # it is for one person now, and theirs alone
    return found


def remove_macro(macro: Macro, *, actor: User) -> None:
    """What it did stays. Raises NotFound, Forbidden."""
    with transaction.atomic():
        found = lock_macro(macro.pk, actor=actor)
        if found.owner_id is None:
            record(actor, "removed", found, before=shown(found))
        Macro.objects.filter(pk=found.pk).delete()


def lock_macro(macro_id: int, *, actor: User) -> Macro:
    """The macro if this user may change it: its owner, or for shared ones who supervises."""
    visible = Macro.objects.visible_to(actor).filter(pk=macro_id).values("pk")
    found = Macro.objects.select_for_update(of=("self",)).filter(pk__in=visible).first()
    if found is None:
        raise NotFound("no_such_macro", _("There is no such macro, or it is not for you."))
    if not may_change(actor, found):
        raise Forbidden("not_yours", _("Only a supervisor changes what others use too."))
    return found


def may_change(user: User, macro: Macro) -> bool:
    return macro.owner_id == user.pk or (macro.owner_id is None and user.supervises)


def shown(macro: Macro) -> dict[str, Any]:
    """As the audit keeps it."""
    return {"name": macro.name, "actions": macro.actions, "team": macro.team.name if macro.team else None}


def check_actions(actions: Sequence[Mapping[str, Any]]) -> None:
    """Raises Invalid with what is wrong with the first that could not run."""
    if not 0 < len(actions) <= MOST_ACTIONS:
        sentence = _("A macro does 1 to %(most)s things: add an action.") % {"most": MOST_ACTIONS}
        raise Invalid("actions", sentence, field="actions")
    resolved = False
    for number, action in enumerate(actions, start=1):
        problem = problem_of(action)
        if resolved and not problem and action["kind"] not in AFTER_THE_END:
            problem = _("The conversation is resolved by then. Put it before that.")
        if problem:
            sentence = _("Action %(number)s: %(problem)s") % {"number": number, "problem": problem}
            raise Invalid("actions", sentence, field="actions")
        resolved = resolved or action["kind"] == "resolve"


def problem_of(action: Mapping[str, Any]) -> str:
    kind = action.get("kind")
    if kind not in ACTIONS:
        return _("There is no action “%(kind)s”.") % {"kind": str(kind)[:40]}
    name = ACTIONS[kind]
    value = action.get(name) if name else None
    if set(action) - {"kind", name}:
        return _("It takes nothing but its own argument.")
    try:
        return _problem_with(name, value)
    except Invalid as refusal:
        return refusal.message


def _problem_with(name: str, value: Any) -> str:
    if name in ("text", "subject"):
        if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_TEXT:
            return _("Write what it should say, in up to %(most)s characters.") % {"most": f"{MAX_TEXT:,}"}
        check_variables(value)
    elif name == "tags":
        if not isinstance(value, list) or not 0 < len(value) <= 20:
            return _("Give 1 to 20 tags.")
        for tag in value:
            clean_tag(str(tag))
    elif name == "priority" and (isinstance(value, bool) or value not in Priority.values):
        return _("Choose a priority.")
    elif name == "queue" and not (isinstance(value, str) and value):
        return _("Choose a queue.")
    elif name == "snippet" and (not isinstance(value, int) or isinstance(value, bool)):
        return _("Choose a snippet.")
    elif name == "for" and value not in SNOOZES:
        return _("Choose how long to snooze.")
    return ""
