"""Help for everybody: public articles by subject, found as one types, read, and said to have helped or not.

Nobody signs in here. Each look is counted by its address, as in the chat's help; an answer stands once in a browser.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf.locale import LANG_INFO
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from automation.models import Article
from automation.models.article import ArticleQuerySet
from automation.queries import find_articles
from automation.services.articles import rate_article
from channels_app.webchat.limits import TooMuch, check_limits
from channels_app.webchat.views import address_of
from cxos.core.cursors import newest_first

IN_A_SUBJECT = 5
MOST_SUBJECTS = 60
MOST_FOUND = 30
PAGE = 50
RELATED = 5
ANSWERED = "help_answered"  # the cookie of what this browser has answered
MOST_ANSWERED = 50
MONTH_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Subject:
    """A collection with those of its articles that helped most; `name` "" holds what is in none."""

    name: str
    count: int
    articles: list[Article] = field(default_factory=list)

    @property
    def has_more(self) -> bool:
        return self.count > len(self.articles)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. `language` "" = every one, and what words find comes from every one, this one first;
    `collection` None = all subjects."""

    languages: list[tuple[str, str]]
    words: str
    language: str
    collection: str | None

    def rows(self) -> ArticleQuerySet:
        rows = Article.objects.public()
        return rows.filter(language=self.language) if self.language else rows

    def query(self, **other: str) -> str:
        return urlencode({"language": self.language, **other})

    @property
    def this_subject(self) -> str:
        return self.query(collection=self.collection or "")


@require_safe
@vary_on_headers("HX-Request")
def index(request: HttpRequest) -> HttpResponse:
    """At most 8 queries with words, else 4. A search as one types is answered with what was found alone."""
    try:
        check_limits("help", address=address_of(request))
    except TooMuch as refusal:
        return render(request, "help/busy.html", {"problem": refusal.message}, status=refusal.status)
    asked = read_asked(request.GET)
    after = request.GET.get("after", "")
    template = "help/found.html" if request.headers.get("HX-Request") else "help/index.html"
    return render(request, template, {"asked": asked, **parts_of(asked, after=after)})


def read_asked(given: QueryDict) -> Asked:
    """1 query. Without a choice the reader's own language, where there is anything in it."""
    codes = list(Article.objects.public().order_by("language").values_list("language", flat=True).distinct())
    own = (get_language() or "").partition("-")[0]
    return Asked(
        languages=[(code, str(LANG_INFO.get(code, {}).get("name_local", code))) for code in codes],
        words=given.get("words", "").replace("\0", "").strip()[:200],
        language=chosen if (chosen := given.get("language", own)) in codes else "",
        collection=given["collection"].replace("\0", "")[:80] if "collection" in given else None,
    )


def parts_of(asked: Asked, *, after: str) -> dict[str, Any]:
    if asked.words:
        found = find_articles(asked.words, among=Article.objects.public(), limit=MOST_FOUND, public=True)
        return {"found": sorted(found, key=lambda one: one.language != asked.language)}
    if asked.collection is not None:
        rows = asked.rows().filter(collection=asked.collection).defer("body")
        found, older = newest_first(rows, by="changed_at", after=after, size=PAGE)
        return {"found": found, "older": older}
    return {"subjects": subjects(asked.rows())}


def subjects(rows: ArticleQuerySet) -> list[Subject]:
    """By name, what is in none at the end. 2 queries."""
    counts = dict(rows.order_by("collection").values_list("collection").annotate(Count("pk"))[:MOST_SUBJECTS])
    place = Window(RowNumber(), partition_by=F("collection"), order_by=[F("helped").desc(), F("pk").desc()])
    best = rows.filter(collection__in=counts).defer("body").annotate(place=place).filter(place__lte=IN_A_SUBJECT)
    found = {name: Subject(name, count) for name, count in sorted(counts.items(), key=lambda one: (not one[0], one[0]))}
    for article in best.order_by("place"):
        found[article.collection].articles.append(article)
    return list(found.values())


@require_safe
def article(request: HttpRequest, pk: int) -> HttpResponse:
    return read(request, public_article(pk))


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """`helped` = yes or no, counted once in a browser."""
    found, said, given = public_article(pk), request.POST.get("helped"), answered(request)
    if said not in {"yes", "no"} or found.pk in given:
        return redirect("help:article", pk=pk)
    try:
        check_limits("rating", address=address_of(request))
    except TooMuch as refusal:
        return read(request, found, problem=refusal.message, status=refusal.status)
    rate_article(found, helped=said == "yes")
    response = redirect("help:article", pk=pk)
    kept = ".".join(map(str, [*given, found.pk][-MOST_ANSWERED:]))
    response.set_cookie(
        ANSWERED, kept, max_age=MONTH_SECONDS, path="/help/", secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


def public_article(pk: int) -> Article:
    found = Article.objects.public().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def read(request: HttpRequest, found: Article, *, problem: str = "", status: int = 200) -> HttpResponse:
    """What customers see of an article, with others of its subject. 2 queries."""
    others = Article.objects.public().filter(collection=found.collection, language=found.language).exclude(pk=found.pk)
    parts = {
        "article": found,
        "related": others.defer("body").order_by("-helped", "-pk")[:RELATED] if found.collection else [],
        "answered": found.pk in answered(request),
        "problem": problem,
    }
    return render(request, "help/article.html", parts, status=status)


def answered(request: HttpRequest) -> list[int]:
    """The articles this browser has said of whether they helped."""
    texts = request.COOKIES.get(ANSWERED, "")[:1_000].split(".")
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]
