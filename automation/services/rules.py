"""What an admin does with rules: make, change, order, switch, remove. Nothing is saved that could not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from automation.condition_words import told
from automation.conditions import validate
from automation.facts_known import ACTIONS, ACTIONS_ON, FACTS
from automation.models import Rule
from cxos.core.errors import Invalid, NotFound
from cxos.core.memory import forget_all
from cxos.core.services.audit import record

FIELDS = ("name", "conditions", "actions", "stops", "enabled")
STEP = 10  # positions are counted in tens, so that a row can be put between two others by hand
MOST_ACTIONS = 20
MAX_TEXT = 5_000


def save_rule(
    rule: Rule | None,
    *,
    name: str,
    event: str = "MessageReceived",
    conditions: Any,
    actions: Sequence[Mapping[str, Any]],
    stops: bool = False,
    enabled: bool = True,
    actor: Any,
    now: datetime,
) -> Rule:
    """A new rule at the end of its event's list, or the next version of one. Raises Invalid naming the field."""
    check_rule(name=name, event=event, conditions=conditions, actions=actions)
    values = {
        "name": name.strip(), "conditions": conditions, "actions": [dict(one) for one in actions], "stops": stops,
        "enabled": enabled,
    }  # fmt: skip
    with transaction.atomic():
        if rule is None:
            last = Rule.objects.filter(event=event).order_by("-position").values_list("position", flat=True).first()
            kept = Rule.objects.create(event=event, position=(last or 0) + STEP, changed_at=now, **values)
            record(actor, "made", kept, after={"event": event, **values})
        else:
            kept = lock_rule(rule.pk)
            before = {field: getattr(kept, field) for field in FIELDS}
            changed = {field: values[field] for field in FIELDS if before[field] != values[field]}
            if changed:
                for field, value in changed.items():
                    setattr(kept, field, value)
                kept.version, kept.changed_at = kept.version + 1, now
                kept.save(update_fields=[*changed, "version", "changed_at"])
                record(actor, "changed", kept, before={field: before[field] for field in changed}, after=changed)
    transaction.on_commit(forget_all)
    return kept


def switch_rule(rule: Rule, *, enabled: bool, actor: Any, now: datetime) -> None:
    with transaction.atomic():
        kept = lock_rule(rule.pk)
        if kept.enabled != enabled:
            kept.enabled, kept.version, kept.changed_at = enabled, kept.version + 1, now
            kept.save(update_fields=["enabled", "version", "changed_at"])
            record(actor, "changed", kept, before={"enabled": not enabled}, after={"enabled": enabled})
    transaction.on_commit(forget_all)


def order_rules(event: str, *, ids: Sequence[int], actor: Any) -> None:
    """The rules of an event in this order. Raises Invalid when one is missing: somebody else has changed the list."""
    with transaction.atomic():
        rules = {
            rule.pk: rule for rule in Rule.objects.select_for_update().filter(event=event).order_by("position", "id")
        }
        if set(ids) != set(rules) or len(ids) != len(rules):
            raise Invalid("list_changed", _("The list of rules has changed meanwhile. Look again."))
        before = [rule.name for rule in rules.values()]
        for place, pk in enumerate(ids, start=1):
            if rules[pk].position != place * STEP:
                Rule.objects.filter(pk=pk).update(position=place * STEP)
        after = [rules[pk].name for pk in ids]
        if after != before:
            record(actor, "ordered", rules[ids[0]], before={"order": before}, after={"order": after})
    transaction.on_commit(forget_all)


def remove_rule(rule: Rule, *, actor: Any) -> None:
    """What it did stays; the audit keeps the rule whole."""
    with transaction.atomic():
        kept = lock_rule(rule.pk)
        record(
            actor, "removed", kept, before={"event": kept.event, **{field: getattr(kept, field) for field in FIELDS}}
        )
        kept.delete()
    transaction.on_commit(forget_all)


def lock_rule(rule_id: int) -> Rule:
    rule = Rule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("no_such_rule", _("There is no rule %(number)s.") % {"number": rule_id})
    return rule


def check_rule(*, name: str, event: str, conditions: Any, actions: Sequence[Mapping[str, Any]]) -> None:
    if not 0 < len(name.strip()) <= 120:
        raise Invalid("name", _("A rule needs a name of up to 120 characters."), field="name")
    if event not in FACTS:
        raise Invalid("event", _("Rules run on %(choices)s.") % {"choices": ", ".join(FACTS)}, field="event")
    if problems := validate(conditions, FACTS[event]):
        raise Invalid("conditions", told(problems[0]), field="conditions")
    if not 0 < len(actions) <= MOST_ACTIONS:
        raise Invalid(
            "actions", _("A rule does 1 to %(most)s things: add an action.") % {"most": MOST_ACTIONS}, field="actions"
        )
    for action in actions:
        if problem := problem_of(action, event=event):
            raise Invalid("actions", problem, field="actions")


def problem_of(action: Mapping[str, Any], *, event: str) -> str:
    """What is wrong with one action, as a sentence; "" when it can run."""
    kind = action.get("kind")
    if kind not in ACTIONS:
        return _("There is no action “%(kind)s”.") % {"kind": str(kind)[:40]}
    if kind not in ACTIONS_ON[event]:
        return _("The action %(kind)s cannot be asked for on %(event)s.") % {"kind": kind, "event": event}
    if unknown := set(action) - {"kind", *ACTIONS[kind]}:
        return _("The action %(kind)s takes no %(name)s.") % {"kind": kind, "name": sorted(unknown)[0]}
    checks = {"tags": _tags, "priority": _priority, "text": _text, "subject": _text, "queue": _queue, "skills": _skills}
    needed = {"add_tags": "tags", "set_priority": "priority", "reply": "text", "add_note": "text", "enqueue": "queue"}
    if kind in needed and needed[kind] not in action:
        return _("The action %(kind)s needs %(name)s.") % {"kind": kind, "name": needed[kind]}
    return next((said for name, value in action.items() if name in checks and (said := checks[name](value))), "")


def _tags(value: Any) -> str:
    good = isinstance(value, list) and 0 < len(value) <= 20
    good = good and all(isinstance(tag, str) and 0 < len(tag.strip()) <= 40 for tag in value)
    return "" if good else _("Give 1 to 20 tags of up to 40 characters.")


def _priority(value: Any) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3
    return "" if good else _("Choose a priority.")


def _text(value: Any) -> str:
    return "" if isinstance(value, str) and 0 < len(value.strip()) <= MAX_TEXT else _("Write what it should say.")


def _queue(value: Any) -> str:
    return "" if isinstance(value, str) and value else _("Choose a queue.")


def _skills(value: Any) -> str:
    good = isinstance(value, list) and len(value) <= 10
    good = good and all(
        isinstance(one, dict)
        and isinstance(one.get("skill"), str)
        and one["skill"]
        and one.get("level", 1) in range(1, 6)
        and not set(one) - {"skill", "level", "hard", "weight"}
        for one in value
    )
    return "" if good else _("Each skill needs a name and a level from 1 to 5.")
