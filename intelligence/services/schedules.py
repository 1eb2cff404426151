"""Who is planned for what, and what excuses them. Figures follow by themselves: they are worked out when asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.intelligence import ActivitiesChanged, ScheduleChanged
from cxos.core.keys import free_key
from cxos.core.models import User
from cxos.core.outbox import emit
from intelligence.models import Activity, PresenceMeaning, ScheduleException, Shift
from intelligence.models.schedule import LONGEST_SHIFT

MOST_GRACE = 3600
Span = tuple[datetime, datetime]


def save_shift(
    shift: Shift | None, *, agent: User, activity: Activity, starts_at: datetime, ends_at: datetime, actor: Any
) -> Shift:
    """Plan an agent, or change a plan. Raises Invalid for times that cannot be, Conflict when they are planned then already."""
    _check_times(starts_at, ends_at)
    if not agent.is_active:
        raise Invalid("agent", _("%(name)s does not work here any more.") % {"name": agent.name}, field="agent")
    with transaction.atomic():
        _lock({agent.pk})
        others = Shift.objects.filter(agent=agent, starts_at__lt=ends_at, ends_at__gt=starts_at)
        clash = others.exclude(pk=shift.pk if shift else 0).select_related("activity").order_by("starts_at").first()
        if clash is not None:
            words = _("%(name)s is planned for %(activity)s then. Change that first, or choose another time.")
            raise Conflict("planned_already", words % {"name": agent.name, "activity": clash.activity.name})
        if shift is None:
            shift = Shift.objects.create(agent=agent, activity=activity, starts_at=starts_at, ends_at=ends_at)
            first, last = starts_at, ends_at
        else:
            first, last = min(starts_at, shift.starts_at), max(ends_at, shift.ends_at)
            shift.activity, shift.starts_at, shift.ends_at = activity, starts_at, ends_at
            shift.save(update_fields=["activity", "starts_at", "ends_at"])
        _tell(agent.pk, first, last, actor=actor)
    return shift


def remove_shift(shift: Shift, *, actor: Any) -> None:
    with transaction.atomic():
        if Shift.objects.filter(pk=shift.pk).delete()[0]:
            _tell(shift.agent_id, shift.starts_at, shift.ends_at, actor=actor)


def replace_shifts(shifts: Collection[Shift], *, spans: Mapping[int, Collection[Span]], actor: Any) -> None:
    """These instead of all that begins within each agent's spans, together or not at all. Raises Conflict on an overlap."""
    with transaction.atomic():
        _lock(spans)
        for agent, days in spans.items():
            for start, end in days:
                Shift.objects.filter(agent=agent, starts_at__gte=start, starts_at__lt=end).delete()
        Shift.objects.bulk_create(shifts, batch_size=2_000)
        for agent, days in sorted(spans.items()):
            start, end = min(start for start, _ in days), max(end for _, end in days)
            near = Shift.objects.filter(
                agent=agent, starts_at__gte=start - LONGEST_SHIFT, starts_at__lt=end + LONGEST_SHIFT
            )
            _refuse_overlaps(list(near.select_related("agent").order_by("starts_at", "id")))
            _tell(agent, start, end, actor=actor)


def excuse(
    *, agent: User, starts_at: datetime, ends_at: datetime, cause: str, approved: bool, actor: Any
) -> ScheduleException:
    """Say why the plan does not hold then. Not approved, it is only told beside the day."""
    cause = cause.strip()
    _check_times(starts_at, ends_at)
    if not 0 < len(cause) <= 120:
        raise Invalid("cause", _("Say why, in up to 120 characters."), field="cause")
    with transaction.atomic():
        made = ScheduleException.objects.create(
            agent=agent, starts_at=starts_at, ends_at=ends_at, cause=cause, approved=approved
        )
        _tell(agent.pk, starts_at, ends_at, actor=actor)
    return made


def approve(exception: ScheduleException, *, approved: bool, actor: Any) -> None:
    with transaction.atomic():
        if ScheduleException.objects.filter(pk=exception.pk, approved=not approved).update(approved=approved):
            _tell(exception.agent_id, exception.starts_at, exception.ends_at, actor=actor)


def remove_exception(exception: ScheduleException, *, actor: Any) -> None:
    with transaction.atomic():
        if ScheduleException.objects.filter(pk=exception.pk).delete()[0]:
            _tell(exception.agent_id, exception.starts_at, exception.ends_at, actor=actor)


def change_activities(
    rules: Mapping[str, tuple[int, bool]], *, meanings: Mapping[tuple[str, str], str], actor: Any
) -> None:
    """`rules`: activity key → (grace in seconds, strict). `meanings`: (presence, reason) → activity key, "" for nobody there."""
    known = {one.key: one for one in Activity.objects.filter(key__in={*rules, *meanings.values()} - {""})}
    for key in {*rules, *meanings.values()} - {"", *known}:
        raise NotFound("no_such_activity", _("There is no activity “%(name)s”.") % {"name": key})
    if any(not 0 <= grace <= MOST_GRACE for grace, _strict in rules.values()):
        raise Invalid("grace", _("The grace is between 0 and 60 minutes."), field="grace")
    with transaction.atomic():
        for key, (grace, strict) in sorted(rules.items()):
            Activity.objects.filter(key=key).update(grace_seconds=grace, strict=strict)
        for (presence, reason), key in sorted(meanings.items()):
            if key:
                PresenceMeaning.objects.update_or_create(
                    presence=presence, reason=reason, defaults={"activity": known[key]}
                )
            else:
                PresenceMeaning.objects.filter(presence=presence, reason=reason).delete()
        emit(ActivitiesChanged(keys=tuple(sorted(known))), key="schedule", actor=actor)


def add_activity(*, name: str, kind: str, actor: Any) -> Activity:
    """Something more that people are planned for. Its key is made of its name."""
    if not 0 < len(name) <= 60:
        raise Invalid("name", _("Give it a name of up to 60 characters."), field="new-name")
    if kind not in Activity.Kind.values:
        raise Invalid("kind", _("Choose its class."), field="new-kind")
    with transaction.atomic():
        if Activity.objects.filter(name__iexact=name).exists():
            raise Conflict("there_already", _("There is an activity “%(name)s” already.") % {"name": name})
        made = Activity.objects.create(key=free_key(Activity, name), name=name, kind=kind)
        emit(ActivitiesChanged(keys=(made.key,)), key="schedule", actor=actor)
    return made


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if not starts_at < ends_at <= starts_at + LONGEST_SHIFT:
        raise Invalid("ends_at", _("It must end after it begins, and within 24 hours."), field="ends_at")


def _lock(agents: Collection[int]) -> None:
    """Two who plan the same agent at once do it one after the other."""
    list(User.objects.select_for_update(no_key=True).filter(pk__in=agents).order_by("pk").values_list("pk"))


def _refuse_overlaps(shifts: list[Shift]) -> None:
    for before, after in pairwise(shifts):
        if after.starts_at < before.ends_at:
            words = _("%(name)s would be planned twice at %(at)s (UTC).")
            at = f"{after.starts_at:%Y-%m-%d %H:%M}"
            raise Conflict("planned_already", words % {"name": after.agent.name, "at": at})


def _tell(agent_id: int, starts_at: datetime, ends_at: datetime, *, actor: Any) -> None:
    emit(
        ScheduleChanged(agent_id=agent_id, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat()),
        key=f"schedule:{agent_id}",
        actor=actor,
    )
