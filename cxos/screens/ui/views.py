"""The living catalogue, and the joined style sheet and script."""

from __future__ import annotations

from typing import Literal

from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cxos.screens.ui.bundle import bundle
from cxos.screens.ui.specimens import CHAPTERS, chapter_named, sample_values

# Pages that are hard to come by otherwise.
PAGES = {
    "login": "registration/login.html",
    "403": "403.html",
    "404": "404.html",
    "500": "500.html",
    "403_csrf": "403_csrf.html",
}
FOR_GOOD = "public, max-age=31536000, immutable"


@require_safe
def joined_file(request: HttpRequest, digest: str, kind: Literal["css", "js"]) -> HttpResponse:
    """The joined style sheet or script. An old page that asks for an old digest gets today's, kept for no time."""
    if kind not in {"css", "js"}:
        raise Http404
    joined = bundle(kind)
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(joined.gzipped if zipped else joined.body, content_type=joined.content_type)
    if zipped:
        response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = FOR_GOOD if digest == joined.digest else "no-cache"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@require_safe
@login_required
def catalogue(request: HttpRequest) -> HttpResponse:
    return component(request, name=CHAPTERS[0].slug)


@require_safe
@login_required
def component(request: HttpRequest, name: str) -> HttpResponse:
    """One chapter of the catalogue: its components in every state, in light and dark side by side."""
    if not request.user.administers:
        raise PermissionDenied
    chapter = chapter_named(name)
    if chapter is None:
        raise Http404
    return render(
        request,
        "ui/catalogue.html",
        {
            "chapters": CHAPTERS,
            "chapter": chapter,
            "pages": PAGES,
            "crumbs": [(_("Components"), reverse("ui:index")), (chapter.title, None)],
            **sample_values(now=timezone.now()),
        },
    )


@require_safe
@login_required
def page(request: HttpRequest, name: str) -> HttpResponse:
    """A page nobody should see by accident: log-in, errors."""
    if not request.user.administers:
        raise PermissionDenied
    if name not in PAGES:
        raise Http404
    return render(request, PAGES[name], {"form": AuthenticationForm()})
