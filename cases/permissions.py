"""Who may see and change cases and their clocks."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases.models import Case, Clock
from channels_app.models import Conversation
from cxos.core.errors import NotFound
from cxos.core.models import User


def can_solve(user: User, case: Case) -> bool:
    """Solve and reopen: the holder, anybody where nobody holds it, and supervisors."""
    return user.supervises or case.assignee_id in {None, user.pk}


def get_case_for(user: User, case_id: int) -> Case:
    rows = (
        Case.objects.visible_to(user).select_related("customer", "assignee", "team").prefetch_related("conversations")
    )
    case = rows.filter(id=case_id).first()
    if case is None:
        raise NotFound("no_such_case", _("There is no case %(number)s, or you may not see it.") % {"number": case_id})
    return case


def clocks_visible_to(user: User) -> QuerySet[Clock]:
    """Clocks of the conversations and cases the user may see."""
    if not user.is_active:
        return Clock.objects.none()
    if user.supervises:
        return Clock.objects.all()
    return Clock.objects.filter(
        Q(conversation__in=Conversation.objects.visible_to(user)) | Q(case__in=Case.objects.visible_to(user))
    )


def get_clock_for(user: User, clock_id: int) -> Clock:
    clock = clocks_visible_to(user).select_related("policy", "calendar").filter(id=clock_id).first()
    if clock is None:
        raise NotFound(
            "no_such_clock", _("There is no clock %(number)s, or you may not see it.") % {"number": clock_id}
        )
    return clock
