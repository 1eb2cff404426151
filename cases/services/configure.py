"""What an admin does with hours and promises, with what it was before in the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.models import Calendar, CalendarDay, SlaPolicy
from cases.services.calendars import clear_day, set_day, set_hours
from cases.services.promises import Budgets, save_policy
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.services.audit import record

AT = " at "  # between metric and priority in what the audit says of a target
Weekly = Mapping[str, Sequence[Sequence[int]]]


def save_calendar(
    calendar: Calendar | None, *, name: str, zone: str, weekly: Weekly, actor: Any, now: datetime
) -> Calendar:
    """A new calendar, or another week, zone or name for one. Open clocks are reckoned again soon after."""
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise Invalid("name", _("A calendar needs a name of up to 80 characters."), field="name")
    try:
        with transaction.atomic():
            before = shown(calendar) if calendar else None
            kept = calendar or Calendar.objects.create(name=name, zone="UTC", weekly={}, changed_at=now)
            if kept.name != name:
                kept.name = name
                kept.save(update_fields=["name"])
            if before is None or (kept.zone, kept.weekly) != (zone, weekly):
                set_hours(kept, zone=zone, weekly=weekly, actor=actor, now=now)
            _tell(kept, before, actor=actor)
    except IntegrityError:
        raise Conflict(
            "calendar_exists", _("There is a calendar “%(name)s” already.") % {"name": name}, field="name"
        ) from None
    return kept


def save_day(
    calendar: Calendar, *, day: date, name: str, intervals: Sequence[Sequence[int]], actor: Any, now: datetime
) -> None:
    """A holiday (no intervals) or special hours on one date."""
    with transaction.atomic():
        held = CalendarDay.objects.filter(calendar=calendar, date=day).first()
        set_day(calendar, day=day, name=name.strip(), intervals=intervals, actor=actor, now=now)
        after = {"name": name.strip(), "hours": [list(one) for one in intervals]}
        before = {"name": held.name, "hours": held.intervals} if held else None
        if before != after:
            record(actor, f"set {day.isoformat()} of", calendar, before=before, after=after)


def remove_day(calendar: Calendar, *, day: date, actor: Any, now: datetime) -> None:
    """The date follows its week again."""
    with transaction.atomic():
        held = CalendarDay.objects.filter(calendar=calendar, date=day).first()
        if held is None:
            raise NotFound("no_such_day", _("%(day)s follows its week already.") % {"day": day.isoformat()})
        clear_day(calendar, day=day, actor=actor, now=now)
        record(actor, f"cleared {day.isoformat()} of", calendar, before={"name": held.name, "hours": held.intervals})


def save_promise(
    policy: SlaPolicy | None,
    *,
    name: str,
    calendar: Calendar,
    budgets: Budgets,
    conditions: Any,
    rank: int,
    enabled: bool,
    reopening: str,
    actor: Any,
    now: datetime,
) -> SlaPolicy:
    """`save_policy` with an audit entry."""
    with transaction.atomic():
        before = shown_policy(policy) if policy else None
        kept = save_policy(
            policy, name=name, calendar=calendar, budgets=budgets, conditions=conditions, rank=rank, enabled=enabled,
            reopening=reopening, actor=actor, now=now,
        )  # fmt: skip
        after = shown_policy(kept)
        if before is None:
            record(actor, "made", kept, after=after)
        elif changed := [field for field in {**before, **after} if after.get(field) != before.get(field)]:
            record(
                actor, "changed", kept,
                before={field: before.get(field) for field in changed},
                after={field: after.get(field) for field in changed},
            )  # fmt: skip
    return kept


def restore_promise(policy: SlaPolicy, state: Mapping[str, Any], *, actor: Any, now: datetime) -> SlaPolicy:
    """The policy as `shown_policy` once described it. Raises Conflict when its calendar is gone."""
    calendar = Calendar.objects.filter(name=state["calendar"]).first()
    if calendar is None:
        raise Conflict("gone", _("There is no calendar “%(name)s” any more.") % {"name": state["calendar"]})
    budgets = {
        (metric, None if priority == "others" else int(priority)): seconds
        for name, seconds in state.items()
        if seconds is not None and AT in name
        for metric, priority in [name.split(AT)]
    }
    values = {name: state[name] for name in ("name", "conditions", "rank", "enabled", "reopening")}
    return save_promise(policy, calendar=calendar, budgets=budgets, actor=actor, now=now, **values)


def shown(calendar: Calendar) -> dict[str, Any]:
    return {"name": calendar.name, "zone": calendar.zone, "weekly": calendar.weekly}


def shown_policy(policy: SlaPolicy) -> dict[str, Any]:
    """The policy with its targets as "first_response at 3": seconds."""
    targets = policy.targets.order_by("metric", "priority")
    return {
        "name": policy.name,
        "calendar": policy.calendar.name,
        "conditions": policy.conditions,
        "rank": policy.rank,
        "enabled": policy.enabled,
        "reopening": policy.reopening,
        **{f"{t.metric}{AT}{'others' if t.priority is None else t.priority}": t.budget_seconds for t in targets},
    }


def _tell(calendar: Calendar, before: dict[str, Any] | None, *, actor: Any) -> None:
    after = shown(calendar)
    if before is None:
        record(actor, "made", calendar, after=after)
    elif changed := [field for field in after if after[field] != before[field]]:
        record(actor, "changed", calendar, before={f: before[f] for f in changed}, after={f: after[f] for f in changed})
