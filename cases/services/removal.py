"""Taking hours and promises away again: only while nothing counts by them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from cases.models import Calendar, Clock, SlaPolicy
from cases.services.configure import shown, shown_policy
from cxos.core.errors import Conflict
from cxos.core.memory import forget_all
from cxos.core.services.audit import record


def remove_calendar(calendar: Calendar, *, actor: Any) -> None:
    """Raises Conflict while a queue, a promise or a clock, open or past, counts by it."""
    try:
        with transaction.atomic():
            kept = Calendar.objects.select_for_update().get(pk=calendar.pk)
            record(actor, "removed", kept, before=shown(kept))
            kept.delete()
    except ProtectedError:
        raise Conflict(
            "calendar_needed", _("A queue, a promise or a deadline counts by %(name)s.") % {"name": calendar.name}
        ) from None
    transaction.on_commit(forget_all)


def remove_promise(policy: SlaPolicy, *, actor: Any) -> None:
    """Raises Conflict when a clock was ever started by it: history names its promise."""
    with transaction.atomic():
        kept = SlaPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
        if Clock.objects.filter(policy=kept).exists():
            raise Conflict(
                "policy_needed", _("Deadlines were reckoned by %(name)s. Switch it off instead.") % {"name": kept.name}
            )
        record(actor, "removed", kept, before=shown_policy(kept))
        kept.delete()
    transaction.on_commit(forget_all)
