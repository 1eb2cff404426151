"""The page of results, and what the command palette asks for: results as one types, and commands for what is open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cxos.core.models import User
from cxos.core.search.dictionary import understand
from cxos.screens.search import commands
from cxos.screens.search.finders import KINDS, look_for
from cxos.screens.staff import staff

PAGE = 20
OF_EACH = 5
CANDIDATES_IN_PALETTE = 40
IN_PALETTE = {"customers": 4, "conversations": 4, "messages": 4, "cases": 3, "articles": 3, "people": 3}


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    """The page; asked by its own field, only the results; with `after`, only the next lines."""
    target = request.headers.get("HX-Target", "")
    parts = results(request)
    if parts["kind"] and request.GET.get("after") and request.htmx:
        return render(request, "search/lines.html", parts)
    return render(request, "search/results.html" if target == "results" else "search/index.html", parts)


def results(request: HttpRequest) -> dict[str, Any]:
    """Each kind's first lines, or one kind's page. At most 12 queries."""
    user = person(request)
    words, after = request.GET.get("q", "")[:200], request.GET.get("after", "")[:20]
    kind = next((one for one in KINDS if one.key == request.GET.get("kind")), None)
    asked, shown = understand(words), [kind] if kind else KINDS
    found = look_for(user, asked, [one.key for one in shown], after=after if kind else "")
    groups = [(one, one.find(found, PAGE if kind else OF_EACH, after if kind else "")) for one in shown]
    return {
        "asked": asked,
        "kind": kind,
        "kinds": KINDS,
        "page": groups[0][1] if kind else None,
        "groups": [(one, page) for one, page in groups if page.hits or page.next],
        "nothing": bool(asked.text) and not any(page.hits or page.next for _, page in groups),
    }


@require_safe
@staff
def palette(request: HttpRequest) -> HttpResponse:
    """Lines for the palette: what holds the words, and what can be done with them to the open conversation."""
    asked = understand(request.GET.get("q", "")[:200])
    if not asked.text:
        return HttpResponse("")
    found = look_for(person(request), asked, IN_PALETTE, candidates=CANDIDATES_IN_PALETTE)
    groups = [(kind, kind.find(found, IN_PALETTE[kind.key], "").hits) for kind in KINDS]
    return render(
        request,
        "search/palette.html",
        {
            "asked": asked,
            "groups": [(kind, hits) for kind, hits in groups if hits],
            "tagging": commands.tagging(person(request), asked.text, at=request.GET.get("at", "")),
        },
    )


@require_safe
@staff
def commands_here(request: HttpRequest) -> HttpResponse:
    """What can be done to the conversation that is open at the address `at`; nothing anywhere else."""
    return render(request, "search/commands.html", commands.here(person(request), at=request.GET.get("at", "")))


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
