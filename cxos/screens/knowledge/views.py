"""The pages of knowledge that are read."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from automation.models import Article, ArticleVersion
from automation.permissions import get_article_for
from cxos.core.models import User
from cxos.screens.knowledge import shelf
from cxos.screens.knowledge.differing import fields_changed, lines_changed
from cxos.screens.staff import staff

MOST_VERSIONS = 50
HOME = (_("Knowledge"), "/knowledge/")


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    asked = shelf.read_asked(request.GET, person(request))
    articles, older = shelf.page(asked, after=request.GET.get("after", "")[:80])
    return render(
        request,
        "knowledge/index.html",
        {
            "asked": asked, "articles": articles, "older": older, "states": shelf.STATES,
            "audiences": shelf.AUDIENCES, "crumbs": [(_("Knowledge"), None)],
        },
    )  # fmt: skip


@require_safe
@staff
def article(request: HttpRequest, pk: int) -> HttpResponse:
    parts = article_parts(request, pk)
    return render(request, "knowledge/article.html", parts | {"crumbs": [HOME, (parts["article"].title, None)]})


@require_safe
@staff
def body(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "knowledge/body.html", article_parts(request, pk))


def article_parts(request: HttpRequest, pk: int) -> dict[str, Any]:
    """2 queries."""
    found = get_article_for(person(request), pk)
    versions = list(found.versions.select_related("author").defer("body")[:MOST_VERSIONS])
    authors = {one.author_id for one in versions}
    is_mine = authors == {person(request).pk}
    return {
        "article": found,
        "versions": versions,
        "newest": versions[0],
        "may_publish": person(request).supervises,
        "may_remove": found.state == Article.State.DRAFT and not found.live and (is_mine or person(request).supervises),
    }


@require_safe
@staff
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One version, and what it changed."""
    found = get_article_for(person(request), pk)
    rows = ArticleVersion.objects.filter(article=found, number__lte=number).select_related("author")
    both = list(rows[:2])
    if not both or both[0].number != number:
        raise Http404
    shown, before = both[0], both[1] if len(both) > 1 else None
    crumbs = [HOME, (found.title, f"/knowledge/{pk}/"), (_("Version %(number)s") % {"number": number}, None)]
    return render(
        request,
        "knowledge/version.html",
        {
            "article": found, "version": shown, "before": before, "crumbs": crumbs,
            "fields": fields_changed(before, shown) if before else [],
            "lines": lines_changed(before.body, shown.body) if before else [],
            "may_publish": person(request).supervises,
        },
    )  # fmt: skip
