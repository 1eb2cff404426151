"""Building a filter, and keeping it as a view: a drawer whose form the server redraws with every button."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cxos.core.errors import DomainError, Invalid
from cxos.core.models import SavedView
from cxos.core.services.saved_views import can_change_view, delete_view, get_view_for, save_view
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.filter_form import FilterForm, form_of, read_form
from cxos.screens.workspace.lists import Asked, read_asked
from cxos.screens.workspace.orders import ORDERS, USUAL
from cxos.screens.workspace.views import asking_of, show_list


@require_safe
@staff
def drawer(request: HttpRequest) -> HttpResponse:
    """The filter of the list that is open; a list without one starts with one empty line."""
    asked = read_asked(request.GET, asking_of(request))
    form = form_of(asked.tree)
    if not form.groups:
        form.do("group")
    view = asked.view
    parts = {"name": view.name if view else "", "shared": bool(view and view.shared), "order": asked.order}
    return render(request, "workspace/filter.html", drawn(request, form, view) | parts)


@require_POST
@staff
def work(request: HttpRequest) -> HttpResponse:
    """A button of the form: `do` = apply, save, save_as, or a change of its lines."""
    form, what = read_form(request.POST), request.POST.get("do", "")
    view = view_of(request)
    if what in {"apply", "save", "save_as"}:
        tree = form.tree()
        try:
            if not form.is_sound:
                raise Invalid("filter", _("Some lines are not finished yet."))
            if what == "apply":
                return shown(request, tab="all", tree=tree)
            return kept(request, view if what == "save" else None, tree)
        except DomainError as refusal:
            return render(
                request, "workspace/filter_form.html", drawn(request, form, view) | {"problem": refusal.message}
            )
    form.do(what)
    return render(request, "workspace/filter_form.html", drawn(request, form, view))


def kept(request: HttpRequest, view: SavedView | None, tree: dict[str, Any]) -> HttpResponse:
    asking = asking_of(request)
    if not tree:
        raise Invalid("filter", _("A view needs at least one condition."))
    order = request.POST.get("order", "")
    saved = save_view(
        view,
        name=request.POST.get("name", ""),
        shared=request.POST.get("shared") == "on",
        conditions=tree,
        order=order if order in ORDERS and order != USUAL else "",
        actor=asking.user,
        now=asking.now,
    )
    return toast(shown(request, tab=f"view-{saved.pk}"), _("Saved the view “%(name)s”") % {"name": saved.name})


@require_POST
@staff
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    asking = asking_of(request)
    view = get_view_for(asking.user, pk)
    delete_view(view, actor=asking.user)
    return toast(shown(request, tab="mine"), _("Deleted the view “%(name)s”") % {"name": view.name})


def shown(request: HttpRequest, *, tab: str, tree: dict[str, Any] | None = None) -> HttpResponse:
    """The list as it is now asked for, in the place of the old one; the drawer closes."""
    given = QueryDict(mutable=True)
    given["tab"] = tab
    asked: Asked = read_asked(given, asking_of(request))
    if tree is not None:
        asked.tree = tree
        order = request.POST.get("order", "")
        asked.order = order if order in ORDERS else USUAL
    response = show_list(request, asked)
    response["HX-Retarget"], response["HX-Reswap"] = "#list", "morph"
    return trigger(response, **{"dialog:close": True})


def view_of(request: HttpRequest) -> SavedView | None:
    number = request.POST.get("view", "")
    return get_view_for(asking_of(request).user, int(number[:18])) if number.isascii() and number.isdigit() else None


def drawn(request: HttpRequest, form: FilterForm, view: SavedView | None) -> dict[str, Any]:
    return {
        "form": form,
        "groups": form.drawn,
        "view": view,
        "may_change": view is not None and can_change_view(asking_of(request).user, view),
        "orders": [(key, order.label) for key, order in ORDERS.items()],
        "order": request.POST.get("order", USUAL),
        "name": request.POST.get("name", ""),
        "shared": request.POST.get("shared") == "on",
        "url": reverse("workspace:filter_work"),
    }
