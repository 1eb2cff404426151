"""The pages of cases and their parts; each part has an address of its own, so that a hint can fetch it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cases.models import Case
from cases.permissions import get_case_for
from channels_app.models import Priority
from cxos.core.models import User
from cxos.screens.cases import lists
from cxos.screens.cases.detail import read_detail
from cxos.screens.staff import staff


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "cases/index.html", table_parts(request) | {"crumbs": [(_("Cases"), None)]})


@require_safe
@staff
def table(request: HttpRequest) -> HttpResponse:
    return render(request, "cases/table.html", table_parts(request))


@require_safe
@staff
def board(request: HttpRequest) -> HttpResponse:
    crumbs = [(_("Cases"), "/cases/"), (_("Board"), None)]
    return render(request, "cases/board.html", board_parts(request) | {"crumbs": crumbs})


@require_safe
@staff
def columns(request: HttpRequest) -> HttpResponse:
    return render(request, "cases/columns.html", board_parts(request))


@require_safe
@staff
def case(request: HttpRequest, pk: int) -> HttpResponse:
    parts = case_parts(request, pk)
    crumbs = [(_("Cases"), "/cases/"), (parts["case"].reference, None)]
    return render(request, "cases/case.html", parts | {"crumbs": crumbs})


@require_safe
@staff
def body(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "cases/body.html", case_parts(request, pk))


@require_safe
@staff
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who else could look after it: asked for when that menu opens."""
    colleagues = User.objects.filter(is_active=True).exclude(pk=person(request).pk).only("id", "name")[:200]
    return render(request, "cases/people.html", {"case": get_case_for(person(request), pk), "colleagues": colleagues})


@require_safe
@staff
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog for how it was solved, or why it is opened again."""
    return render(request, "cases/ask.html", asked_parts(get_case_for(person(request), pk)))


def asked_parts(found: Case) -> dict[str, Any]:
    return {"case": found, "is_solved": found.status in (Case.Status.SOLVED, Case.Status.CLOSED)}


def list_parts(request: HttpRequest) -> dict[str, Any]:
    return {
        "asked": lists.read_asked(request.GET, person(request)),
        "statuses": lists.STATUSES,
        "holders": lists.HOLDERS,
        "priorities": lists.PRIORITIES,
    }


def table_parts(request: HttpRequest) -> dict[str, Any]:
    parts = list_parts(request)
    rows, older = lists.page(parts["asked"], after=request.GET.get("after", ""), now=timezone.now())
    return parts | {"rows": rows, "older": older, "after": request.GET.get("after", "")[:80]}


def board_parts(request: HttpRequest) -> dict[str, Any]:
    parts = list_parts(request)
    columns = lists.board(parts["asked"], now=timezone.now())
    moves = [(column.status, column.label) for column in columns]
    return parts | {"columns": columns, "moves": moves, "is_board": True}


def case_parts(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = get_case_for(person(request), pk)
    detail = read_detail(found, person(request), now=timezone.now())
    return {"case": found, "detail": detail, "priorities": Priority.choices}
