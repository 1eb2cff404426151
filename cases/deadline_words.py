"""How a deadline came about, in words: one sentence in the language of whoever reads."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.deadline_math import CLOSED, NOT_RUNNING, Explanation, SkippedDay, UsedSpan
from cxos.core.spans import span


def sentence(explanation: Explanation) -> str:
    """ "Opened Fri 6 Mar 17:30 → due Mon 9 Mar 11:30, because …", in the calendar's zone."""
    if explanation.started_at is None:
        return _("Not started yet.")
    opened = _moment(explanation.started_at)
    reasons = [_("%(length)s count in opening hours") % {"length": span(explanation.budget_seconds)}]
    if explanation.spans:
        reasons.append(_("counted %(stretches)s") % {"stretches": _(", ").join(map(_stretch, explanation.spans))})
    if explanation.skipped:
        reasons.append(_("not counted %(days)s") % {"days": _(", ").join(map(_skipped, explanation.skipped))})
    words = {"opened": opened, "reasons": _("; ").join(reasons)}
    if explanation.due_at is None:
        return _("Opened %(opened)s → paused, so not due yet, because %(reasons)s.") % words
    due = _moment(explanation.due_at)
    return _("Opened %(opened)s → due %(due)s, because %(reasons)s.") % {**words, "due": due}


def _stretch(used: UsedSpan) -> str:
    end = "24:00" if used.end.date() > used.date else f"{used.end:%H:%M}"
    return f"{_day(used.date)} {used.start:%H:%M}–{end} ({span(used.seconds)})"


def _skipped(day: SkippedDay) -> str:
    reasons = {CLOSED: _("closed"), NOT_RUNNING: _("not running")}
    return f"{_day(day.date)} {reasons.get(day.reason, day.reason)}"


def _moment(instant: datetime) -> str:
    return f"{_day(instant.date())} {instant:%H:%M}"


def _day(day: date) -> str:
    return date_format(day, "D j M")
