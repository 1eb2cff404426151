"""What staff do with an article: one view a verb, each one service call. They answer with the article as it is now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from automation.permissions import get_article_for
from automation.services import articles
from cxos.screens.knowledge.views import body, person
from cxos.screens.staff import staff, toast


def answered(request: HttpRequest, pk: int, words: str, *, undo: str = "") -> HttpResponse:
    """The article again, and what happened."""
    request.method = "GET"
    return toast(body(request, pk=pk), words, **({"undo": undo} if undo else {}))


def leading(url: str) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Redirect": url})


@require_POST
@staff
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """The version `number`, by default the newest. From the page of a version it leads to the article."""
    found = get_article_for(person(request), pk)
    asked = request.POST.get("number", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None
    articles.publish_article(found.pk, number=number, actor=person(request), now=timezone.now())
    if number is not None:
        messages.success(request, _("Readers see version %(number)s now.") % {"number": number})
        return leading(reverse("knowledge:article", args=[pk]))
    return answered(request, pk, _("Published: readers see it now."))


@require_POST
@staff
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_article_for(person(request), pk)
    articles.archive_article(found.pk, actor=person(request), now=timezone.now())
    return answered(
        request, pk, _("Archived: nobody finds it any more."), undo=reverse("knowledge:bring_back", args=[pk])
    )


@require_POST
@staff
def bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Also the undo of archiving, from a toast that shows nothing: the hint then brings the page up to date."""
    found = get_article_for(person(request), pk)
    articles.bring_back(found.pk, actor=person(request), now=timezone.now())
    return answered(request, pk, _("It is where it was before."))


@require_POST
@staff
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    found = get_article_for(person(request), pk)
    restored = articles.restore_version(found.pk, number=number, actor=person(request), now=timezone.now())
    words = _("Version %(number)s says what version %(earlier)s said.")
    messages.success(request, words % {"number": restored.version, "earlier": number})
    return leading(reverse("knowledge:article", args=[pk]))


@require_POST
@staff
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_article_for(person(request), pk)
    articles.remove_draft(found.pk, actor=person(request))
    messages.success(request, _("Removed “%(title)s”") % {"title": found.title})
    return leading(reverse("knowledge:index"))
