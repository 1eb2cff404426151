"""Macros: what the open conversation, or the selected ones, could be done to in one step, and doing it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from automation.models import Macro
from automation.permissions import get_macro_for
from automation.services.snippets import facts_for
from channels_app.models import Conversation
from cxos.core.errors import Invalid
from cxos.screens.macro_words import names_for, steps
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.commands import loaded, reread
from routing.services.macros import run_macro

MOST = 200


@require_safe
@staff
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog with what each would do in this conversation. 3 queries beside those for the conversation."""
    user, found, _now = loaded(request, pk)
    return render(request, "workspace/macros.html", choices(request, facts=facts_for(found, user), found=found))


@require_safe
@staff
def ask_for_many(request: HttpRequest) -> HttpResponse:
    """The same dialog for the selected ones. 3 queries."""
    return render(request, "workspace/macros.html", choices(request))


def choices(
    request: HttpRequest, *, facts: dict[str, Any] | None = None, found: Conversation | None = None
) -> dict[str, Any]:
    visible, only = Macro.objects.visible_to(request.user), request.GET.get("only", "")
    if only.isascii() and only.isdigit() and len(only) < 19:  # one that was suggested, to be looked at first
        visible = visible.filter(pk=int(only))
    rows = list(visible.select_related("team").distinct()[:MOST])
    names = names_for(rows, facts=facts)
    macros = [{"macro": one, "steps": steps(one.actions, names)} for one in rows]
    # Its own for each time it is shown: pressing twice runs once, and asking again may run again.
    return {"macros": macros, "conversation": found, "key": uuid4().hex}


@require_POST
@staff
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """`macro` = its id; `key` of the page that asks."""
    user, found, now = loaded(request, pk)
    given = request.POST.get("macro", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Invalid("macro", _("Choose a macro."))
    macro, key = get_macro_for(user, int(given)), request.POST.get("key", "")[:60]
    run_macro(macro, found, zone=timezone.get_current_timezone(), key=key.replace("\0", ""), actor=user, now=now)
    response = trigger(reread(request, pk), **{"dialog:close": True})
    response["HX-Retarget"], response["HX-Reswap"] = "#head", "morph"
    return toast(response, _("“%(name)s” is done") % {"name": macro.name})
