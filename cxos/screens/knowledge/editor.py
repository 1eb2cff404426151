"""Writing an article, with what it will look like beside it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from automation.markup import to_html
from automation.models import Article
from automation.models.article import LANGUAGES
from automation.permissions import get_article_for
from automation.services import articles
from cxos.core.errors import DomainError
from cxos.screens.knowledge.shelf import collections_in_use
from cxos.screens.knowledge.views import HOME, person
from cxos.screens.staff import staff

AUDIENCES = [
    (Article.Audience.INTERNAL.value, gettext_lazy("Colleagues only")),
    (Article.Audience.PUBLIC.value, gettext_lazy("Customers too")),
]


class ArticleForm(forms.Form):
    """What it holds is checked by the service, which knows the same limits for the API."""

    title = forms.CharField(required=False)
    body = forms.CharField(required=False, strip=False)
    language = forms.CharField(required=False)
    collection = forms.CharField(required=False)
    keywords = forms.CharField(required=False)
    audience = forms.CharField(required=False)
    based_on = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def new(request: HttpRequest) -> HttpResponse:
    given = {"language": (get_language() or "en").partition("-")[0], "audience": Article.Audience.INTERNAL}
    form = ArticleForm(request.POST) if request.method == "POST" else ArticleForm(initial=given)
    return written(request, None, form)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """It begins from the newest version, published or not."""
    found = get_article_for(person(request), pk)
    if found.state == Article.State.ARCHIVED:
        return redirect("knowledge:article", pk=pk)
    if request.method == "POST":
        return written(request, found, ArticleForm(request.POST))
    newest = found.versions.get(number=found.version)
    texts = {name: getattr(newest, name) for name in articles.TEXTS}
    return written(request, found, ArticleForm(initial=texts | {"based_on": found.version}))


def written(request: HttpRequest, found: Article | None, form: ArticleForm) -> HttpResponse:
    """Saved, and with `then` = publish shown to readers at once; else the form again with what is wrong."""
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid():
                return redirect("knowledge:article", pk=save(request, found, form.cleaned_data).pk)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        status = 422
    crumbs: list[tuple[Any, str | None]] = [HOME, (_("New article"), None)]
    if found:
        crumbs[1:] = [(found.title, f"/knowledge/{found.pk}/"), (_("Edit"), None)]
    parts = {
        "article": found, "form": form, "languages": sorted(LANGUAGES.items(), key=lambda one: one[1]),
        "audiences": AUDIENCES, "collections": collections_in_use(), "may_publish": person(request).supervises,
        "preview": to_html(form["body"].value() or ""), "crumbs": crumbs,
    }  # fmt: skip
    return render(request, "knowledge/editor.html", parts, status=status)


@transaction.atomic
def save(request: HttpRequest, found: Article | None, given: dict[str, Any]) -> Article:
    based_on, actor, now = given.pop("based_on"), person(request), timezone.now()
    saved = articles.save_article(found.pk if found else None, texts=given, based_on=based_on, actor=actor, now=now)
    if request.POST.get("then") == "publish":
        if not (saved.state == Article.State.PUBLISHED and saved.live == saved.version):
            articles.publish_article(saved.pk, actor=actor, now=now)
        messages.success(request, _("Published: readers see it now."))
    elif saved.state == Article.State.PUBLISHED and saved.has_changes:
        messages.success(request, _("Saved. Readers see it when a supervisor publishes it."))
    else:
        messages.success(request, _("Saved"))
    return saved


@require_POST
@staff
def preview(request: HttpRequest) -> HttpResponse:
    """The text as readers will see it. Writes nothing."""
    shown = to_html(request.POST.get("body", "")[: articles.MAX_BODY])
    return render(request, "knowledge/preview.html", {"preview": shown})
