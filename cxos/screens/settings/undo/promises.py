"""Hours, promises and rules."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from automation.models import Rule
from automation.services import rules
from cases.models import Calendar, CalendarDay, SlaPolicy
from cases.services import configure as promises, removal
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, User
from cxos.screens.settings.undo.taking_back import DAY, found, left, refuse_if_changed, restores, was


@restores(Calendar, "changed")
def restore_calendar(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    calendar = found(Calendar, entry)
    current = promises.shown(calendar)
    refuse_if_changed(entry, current)
    promises.save_calendar(calendar, **{**current, **was(entry)}, actor=actor, now=now)


@restores(Calendar, "made")
def unmake_calendar(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    removal.remove_calendar(found(Calendar, entry), actor=actor)


@restores(Calendar, "set a day of")
def restore_day(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    calendar, read = found(Calendar, entry), DAY.fullmatch(entry.verb)
    assert read is not None  # that is how this function was chosen
    day = date.fromisoformat(read[1])
    held = CalendarDay.objects.filter(calendar=calendar, date=day).first()
    if ({"name": held.name, "hours": held.intervals} if held else None) != entry.after:
        raise Conflict(
            "changed_since", _("%(day)s was changed again since. Undo that first.") % {"day": day.isoformat()}
        )
    if entry.before is None:
        promises.remove_day(calendar, day=day, actor=actor, now=now)
    else:
        held_then = was(entry)
        name, hours = held_then["name"], held_then["hours"]
        promises.save_day(calendar, day=day, name=name, intervals=hours, actor=actor, now=now)


@restores(SlaPolicy, "changed")
def restore_promise(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    policy = found(SlaPolicy, entry)
    current = promises.shown_policy(policy)
    refuse_if_changed(entry, current)
    promises.restore_promise(policy, {**current, **was(entry)}, actor=actor, now=now)


@restores(SlaPolicy, "made")
def unmake_promise(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    removal.remove_promise(found(SlaPolicy, entry), actor=actor)


@restores(Rule, "changed")
def restore_rule(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    rule = found(Rule, entry)
    current = {name: getattr(rule, name) for name in rules.FIELDS}
    refuse_if_changed(entry, current)
    rules.save_rule(rule, event=rule.event, **{**current, **was(entry)}, actor=actor, now=now)


@restores(Rule, "made")
def unmake_rule(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    rules.remove_rule(found(Rule, entry), actor=actor)


@restores(Rule, "removed")
def bring_rule_back(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    rules.save_rule(None, **was(entry), actor=actor, now=now)


@restores(Rule, "ordered")
def restore_order(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    event = found(Rule, entry).event
    present = list(Rule.objects.filter(event=event).order_by("position", "id"))
    ids = {rule.name: rule.pk for rule in present}
    if [rule.name for rule in present] != left(entry)["order"] or len(ids) < len(present):
        raise Conflict("changed_since", _("The list of rules has changed since. Order it by hand."))
    rules.order_rules(event, ids=[ids[name] for name in was(entry)["order"]], actor=actor)
