"""Snoozing, for the open conversation and for those that are selected: the menu and the dialog with a time of one's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_app.permissions import get_conversation_for
from channels_app.services import conversations as verbs
from channels_app.services.snoozes import morning, snooze_until, snoozes
from cxos.core.errors import Invalid
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.commands import loaded, reread


@require_safe
@staff
def menu(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The ways to say it, with what each means now: asked for when the menu opens. Without `pk` for the selected ones."""
    parts: dict[str, Any] = {
        "ways": snoozes(timezone.localtime()),
        "conversation": pk and get_conversation_for(request.user, pk),
    }
    return render(request, "workspace/snooze_menu.html", parts)


@require_POST
@staff
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    verbs.snooze(pk, until=snooze_until(request.POST, here=timezone.localtime(now)), actor=user, now=now)
    return toast(reread(request, pk), _("Snoozed"))


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog that asks until when; refused, it says why and keeps what was chosen."""
    user, found, now = loaded(request, pk)
    here = timezone.localtime(now)
    if request.method != "POST":
        return render(request, "workspace/snooze.html", asking(here) | {"conversation": found})
    given = request.POST.get("until", "")[:40]
    try:
        if not given:
            raise Invalid("snoozed_until", _("Give a day and a time."), field="until")
        verbs.snooze(pk, until=snooze_until({"until": given}, here=here), actor=user, now=now)
    except Invalid as problem:
        parts = asking(here) | {"conversation": found, "given": given, "problem": problem.message}
        return render(request, "workspace/snooze_form.html", parts, status=422)
    response = trigger(reread(request, pk), **{"dialog:close": True})
    response["HX-Retarget"], response["HX-Reswap"] = "#head", "morph"
    return toast(response, _("Snoozed"))


@require_safe
@staff
def ask_for_many(request: HttpRequest) -> HttpResponse:
    """The same dialog for the selected ones: what it is given goes with them to the bulk bar."""
    return render(request, "workspace/snooze.html", asking(timezone.localtime()))


def asking(here: datetime) -> dict[str, Any]:
    """What the dialog starts with: tomorrow morning, and nothing that has passed."""
    return {
        "given": f"{morning(here, days=1):%Y-%m-%dT%H:%M}",
        "first": f"{here:%Y-%m-%dT%H:%M}",
        "zone": here.tzname(),
    }
