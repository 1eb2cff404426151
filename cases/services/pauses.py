"""Clocks stopped and started by hand: allowed, explained, audited."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from cases import clock_math
from cases.models import Clock
from cases.services.clock_rows import OPEN, lock_subjects, take
from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.models import User
from cxos.core.services.audit import record

BACKDATING_FREE = timedelta(minutes=1)


def pause_clock(clock_id: int, *, at: datetime, reason: str, by: User, now: datetime) -> Clock:
    """Stop counting by hand, from `at` on. Backwards only for supervisors; always with a reason, which is audited."""
    if not reason.strip():
        raise Invalid("reason_missing", _("Say why the clock is paused."), field="reason")
    if at > now:
        raise Invalid("pause_ahead", _("A clock can be paused now or back in time, not ahead."), field="at")
    if now - at > BACKDATING_FREE and not by.supervises:
        raise Forbidden("pause_backdated", _("Only a supervisor may pause a clock back in time."))
    with transaction.atomic():
        row = _open_row(clock_id)
        take(row, lambda clock, calendar: clock_math.pause(clock, calendar, at=at), actor=by, now=now)
        record(by, "pause", row, after={"at": at.isoformat()}, reason=reason.strip())
    return row


def resume_clock(clock_id: int, *, by: User, now: datetime) -> Clock:
    """Count again from now on."""
    with transaction.atomic():
        row = _open_row(clock_id)
        take(row, lambda clock, calendar: clock_math.resume(clock, calendar, at=now), actor=by, now=now)
        record(by, "resume", row, after={"at": now.isoformat()})
    return row


def _open_row(clock_id: int) -> Clock:
    lock_subjects([clock_id])
    rows = Clock.objects.select_for_update(of=("self",)).select_related("calendar", "policy")
    row = rows.filter(id=clock_id).first()
    if row is None:
        raise NotFound("no_such_clock", _("There is no clock %(number)s.") % {"number": clock_id})
    if row.state not in OPEN:
        raise Conflict("clock_ended", _("This clock has ended."))
    return row
