"""Macros: everybody's own, and what a supervisor writes for a team or for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.models import Macro, Snippet
from automation.permissions import get_macro_for
from automation.services import macros as verbs
from automation.services.snippets import VARIABLES
from channels_app.models import Priority
from cxos.core.errors import Forbidden
from cxos.core.models import Team, User
from cxos.screens.macro_words import WORDS, names_for, spans, steps
from cxos.screens.settings import actions as acts
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import staff
from routing.models import Queue

MOST = 500
FIRST = "reply"
SCOPES = {"own": gettext_lazy("Only me"), "team": gettext_lazy("A team"), "everybody": gettext_lazy("Everybody")}


class MacroForm(forms.Form):
    name = forms.CharField(max_length=verbs.MAX_NAME)
    scope = forms.CharField(max_length=10)
    team = forms.IntegerField(required=False, min_value=1, max_value=2**62)


@require_safe
@staff
def macros(request: HttpRequest) -> HttpResponse:
    """Up to 3 queries."""
    assert isinstance(request.user, User)
    rows = list(Macro.objects.visible_to(request.user).select_related("team").distinct()[:MOST])
    names = names_for(rows)
    found = [
        {"macro": one, "steps": steps(one.actions, names), "may_change": verbs.may_change(request.user, one)}
        for one in rows
    ]
    return show(request, "macros", "macros", rows=found, new_url=reverse("settings:new_macro"))


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def macro(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One macro. A button of the form (`do`) changes the form and saves nothing."""
    assert isinstance(request.user, User)
    found = get_macro_for(request.user, pk) if pk else None
    if found and not verbs.may_change(request.user, found):
        raise Forbidden("not_yours", _("Only a supervisor changes what others use too."))
    if request.method != "POST":
        return page(request, found, MacroForm(initial=initial(found)), rows_of(found.actions if found else []))
    rows = read_rows(request.POST)
    if button := request.POST.get("do", ""):
        rows = press(rows, button)
        if request.headers.get("HX-Request"):
            return render(request, "settings/macro_actions.html", parts(request.user, rows))
        return page(request, found, MacroForm(initial=request.POST.dict()), rows)
    form = MacroForm(request.POST)
    if saved(form, lambda given: save(request.user, found, given, rows)):
        messages.success(request, _("Saved. Press M in a conversation to run it."))
        return redirect("settings:macros")
    return page(request, found, form, rows)


def save(user: Any, found: Macro | None, given: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> Macro:
    return verbs.save_macro(
        found, name=given["name"], actions=[action_of(row) for row in rows], scope=given["scope"],
        team_id=given["team"], actor=user, now=timezone.now(),
    )  # fmt: skip


@require_POST
@staff
def remove_macro(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    found = get_macro_for(request.user, pk)
    verbs.remove_macro(found, actor=request.user)
    messages.success(request, _("Removed “%(name)s”") % {"name": found.name})
    return redirect("settings:macros")


def page(request: HttpRequest, found: Macro | None, form: MacroForm, rows: list[dict[str, str]]) -> HttpResponse:
    """2 queries for a supervisor, and those of the actions."""
    assert isinstance(request.user, User)
    supervises = request.user.supervises
    return show(
        request, "macros", "macro", form=form, macro=found, trail=[(found.name if found else _("New"), None)],
        scopes=list(SCOPES.items()) if supervises else [("own", SCOPES["own"])],
        teams=list(Team.objects.order_by("name").values_list("pk", "name")) if supervises else [],
        status=422 if form.errors else 200, **parts(request.user, rows),
    )  # fmt: skip


def parts(user: User, rows: list[dict[str, str]]) -> dict[str, Any]:
    """What the actions are drawn with. 2 queries."""
    snippets = Snippet.objects.visible_to(user)
    if user.supervises:
        snippets = snippets | Snippet.objects.filter(~Q(team=None))
    return {
        "actions": rows,
        "kinds": list(WORDS.items()),
        "priorities": Priority.choices,
        "queues": list(Queue.objects.filter(enabled=True).values_list("key", "name")),
        "snippets": [(one.pk, f"/{one.shortcut}") for one in snippets.distinct()[:MOST]],
        "spans": spans(),
        "variables": list(VARIABLES.items()),
    }


def initial(found: Macro | None) -> dict[str, Any]:
    return {"name": found.name, "scope": found.scope, "team": found.team_id} if found else {"scope": "own"}


# --- The actions as a form: one row each, with the one field its kind has ------------------------------------------------


def read_rows(post: QueryDict) -> list[dict[str, str]]:
    kinds, values = post.getlist("action_kind")[: acts.MOST_ACTIONS], post.getlist("action_value")
    return [{"kind": kind, "value": value} for kind, value in zip(kinds, values, strict=False)]


def press(rows: list[dict[str, str]], button: str) -> list[dict[str, str]]:
    if button == "action" and len(rows) < acts.MOST_ACTIONS:
        return [*rows, {"kind": FIRST, "value": ""}]
    return acts.press(rows, button) if button.startswith(("undo:", "up:")) else rows


def action_of(row: Mapping[str, str]) -> dict[str, Any]:
    """The row as data. What is no number where one is needed stays as typed, so that validation names it."""
    kind, value = row["kind"], row["value"].strip()
    name = verbs.ACTIONS.get(kind, "")
    if not name:
        return {"kind": kind}
    if name == "tags":
        return {"kind": kind, "tags": [tag.strip() for tag in value.split(",") if tag.strip()]}
    if name in ("priority", "snippet"):
        return {"kind": kind, name: int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None}
    return {"kind": kind, name: value}


def rows_of(actions: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    if not actions:
        return [{"kind": FIRST, "value": ""}]
    return [{"kind": str(one.get("kind")), "value": value_of(one)} for one in actions]


def value_of(action: Mapping[str, Any]) -> str:
    value = action.get(verbs.ACTIONS.get(str(action.get("kind")), ""), "")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
