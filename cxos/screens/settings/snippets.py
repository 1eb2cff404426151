"""Snippets: everybody's own, and what a supervisor writes for a team or for all."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from automation.models import Snippet
from automation.services import snippets as verbs
from cxos.core.models import Team, User
from cxos.screens.settings.pages import show
from cxos.screens.staff import staff

MOST = 500


@require_safe
@staff
def snippets(request: HttpRequest) -> HttpResponse:
    """3 queries."""
    assert isinstance(request.user, User)
    words = request.GET.get("words", "").strip()[:80]
    rows = Snippet.objects.visible_to(request.user)
    if request.user.supervises:
        rows = rows | Snippet.objects.filter(owner=None)
    if words:
        rows = rows.filter(Q(shortcut__icontains=words) | Q(text__icontains=words))
    found = [
        {
            "snippet": one,
            "dialog": f"snippet-{one.pk}",
            "example": verbs.example(one),
            "may_change": one.owner_id == request.user.pk or request.user.supervises,
        }
        for one in rows.select_related("team").distinct()[:MOST]
    ]
    teams = [(team.pk, team.name) for team in Team.objects.order_by("name")] if request.user.supervises else []
    scopes = [("own", _("Only me"))]
    if request.user.supervises:
        scopes += [("team", _("A team")), ("everybody", _("Everybody"))]
    return show(
        request, "snippets", "snippets",
        rows=found, words=words, teams=teams, scopes=scopes, variables=verbs.VARIABLES.items(),
    )  # fmt: skip


@require_POST
@staff
def save_snippet(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    assert isinstance(request.user, User)
    given = request.POST
    team = given.get("team", "")
    saved = verbs.save_snippet(
        pk, shortcut=given.get("shortcut", ""), text=given.get("text", ""), scope=given.get("scope", "own"),
        team_id=int(team[:18]) if team.isascii() and team.isdigit() else None, actor=request.user, now=timezone.now(),
    )  # fmt: skip
    messages.success(request, _("Saved /%(shortcut)s") % {"shortcut": saved.shortcut})
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@require_POST
@staff
def remove_snippet(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    removed = verbs.remove_snippet(pk, actor=request.user)
    messages.success(request, _("Removed /%(shortcut)s") % {"shortcut": removed.shortcut})
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})
