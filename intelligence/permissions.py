"""Who may see and change the plan of the floor."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cxos.core.errors import NotFound
from cxos.core.models import User
from intelligence.models import ScheduleException, Shift


def can_see_adherence(user: User, agent: User) -> bool:
    return user.is_active and (user.supervises or user.pk == agent.pk)


def shifts_visible_to(user: User) -> QuerySet[Shift]:
    """One's own; supervisors see all."""
    if not user.is_active:
        return Shift.objects.none()
    return Shift.objects.all() if user.supervises else Shift.objects.filter(agent=user)


def get_shift_for(user: User, shift_id: int) -> Shift:
    found = shifts_visible_to(user).select_related("agent", "activity").filter(pk=shift_id).first()
    if found is None:
        raise NotFound("no_such_shift", _("There is no shift %(number)s for you.") % {"number": shift_id})
    return found


def exceptions_visible_to(user: User) -> QuerySet[ScheduleException]:
    if not user.is_active:
        return ScheduleException.objects.none()
    return ScheduleException.objects.all() if user.supervises else ScheduleException.objects.filter(agent=user)


def get_exception_for(user: User, exception_id: int) -> ScheduleException:
    found = exceptions_visible_to(user).select_related("agent").filter(pk=exception_id).first()
    if found is None:
        raise NotFound("no_such_exception", _("There is no exception %(number)s for you.") % {"number": exception_id})
    return found
