"""Beside a conversation: how its customer stands, and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_safe

from cases.queries import known_of
from channels_app.permissions import get_conversation_for
from cxos.screens.staff import staff
from intelligence.health import Reason, health_of

ICONS = {"cases": "briefcase", "breaches": "clock", "contacts": "repeat", "mood": "frown", "score": "star"}


@require_safe
@staff
def health(request: HttpRequest, pk: int) -> HttpResponse:
    """The inside of the card. 5 queries beside the conversation's own."""
    found = get_conversation_for(request.user, pk)
    standing = health_of(known_of(found.customer_id, now=timezone.now()))
    reasons = [(ICONS[one.key], words_of(one), one.points) for one in standing.reasons]
    percent = round(standing.confidence * 100)
    return render(request, "workspace/health.html", {"health": standing, "reasons": reasons, "percent": percent})


def words_of(reason: Reason) -> str:
    n, numbers = reason.count, {"n": reason.count, "of": reason.of}
    if reason.key == "cases":
        return ngettext("%(n)s open case", "%(n)s open cases", n) % numbers
    if reason.key == "breaches":
        return ngettext("%(n)s broken promise in 30 days", "%(n)s broken promises in 30 days", n) % numbers
    if reason.key == "contacts":
        return ngettext("%(n)s conversation begun in 7 days", "%(n)s conversations begun in 7 days", n) % numbers
    if reason.key == "mood":
        return _("%(n)s of %(of)s messages read unhappy") % numbers
    return _("Last survey: %(n)s of %(of)s") % numbers
