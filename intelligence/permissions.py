"""Who may see and change the plan of the floor."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cxos.core.errors import NotFound
from cxos.core.models import User
from intelligence.models import ScheduleException, Shift

Row = TypeVar("Row", Shift, ScheduleException)


def can_see_adherence(user: User, agent: User) -> bool:
    return user.is_active and (user.supervises or user.pk == agent.pk)


def _of(user: User, rows: QuerySet[Row]) -> QuerySet[Row]:
    """One's own; supervisors see all."""
    if not user.is_active:
        return rows.none()
    return rows if user.supervises else rows.filter(agent=user)


def shifts_visible_to(user: User) -> QuerySet[Shift]:
    return _of(user, Shift.objects.all())


def get_shift_for(user: User, shift_id: int) -> Shift:
    found = shifts_visible_to(user).select_related("agent", "activity").filter(pk=shift_id).first()
    if found is None:
        raise NotFound("no_such_shift", _("There is no shift %(number)s for you.") % {"number": shift_id})
    return found


def exceptions_visible_to(user: User) -> QuerySet[ScheduleException]:
    return _of(user, ScheduleException.objects.all())


def get_exception_for(user: User, exception_id: int) -> ScheduleException:
    found = exceptions_visible_to(user).select_related("agent").filter(pk=exception_id).first()
    if found is None:
        raise NotFound("no_such_exception", _("There is no exception %(number)s for you.") % {"number": exception_id})
    return found
