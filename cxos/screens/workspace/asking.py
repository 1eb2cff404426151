"""Why is it with nobody else? Agent by agent, from the stored decisions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from channels_app.permissions import get_conversation_for
from cxos.screens.staff import staff
from routing.services.why import why_not as read_why_not

MOST_CHARS = 80


@require_safe
@staff
def why_not(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog; `words` finds agents by name."""
    found = get_conversation_for(request.user, pk)
    words = request.GET.get("words", "").strip()[:MOST_CHARS]
    told = read_why_not(found.pk, words=words)
    return render(request, "workspace/why_not.html", {"conversation": found, "words": words, "told": told})
