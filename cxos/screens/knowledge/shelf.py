"""The list of articles: what the address asks for, and one page of it, walked by the time of the last change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from automation.models import Article
from automation.models.article import LANGUAGES, ArticleQuerySet
from automation.queries import find_articles
from cxos.core.cursors import newest_first
from cxos.core.models import User

PAGE = 40
MOST_CHOICES = 200
State = Article.State
STATES = [
    ("", _("Published")), ("review", _("To review")), (State.DRAFT.value, _("Drafts")),
    (State.ARCHIVED.value, _("Archived")), ("all", _("All")),
]  # fmt: skip
AUDIENCES = [
    ("", _("For anybody")), (Article.Audience.PUBLIC.value, _("For customers")),
    (Article.Audience.INTERNAL.value, _("For colleagues")),
]  # fmt: skip
Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; and the collections and languages there are to choose from."""

    user: User
    collections: Choices
    languages: Choices
    words: str = ""
    state: str = ""
    audience: str = ""
    collection: str = ""
    language: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.query)

    @property
    def query(self) -> str:
        names = ("words", "state", "audience", "collection", "language")
        return urlencode({name: value for name in names if (value := getattr(self, name))})

    def rows(self) -> ArticleQuerySet:
        rows = Article.objects.visible_to(self.user)
        if self.state == "review":
            rows = rows.to_review()
        elif self.state != "all":
            rows = rows.filter(state=self.state or State.PUBLISHED)
        named = {"audience": self.audience, "collection": self.collection, "language": self.language}
        return rows.filter(**{name: value for name, value in named.items() if value})


def read_asked(given: QueryDict, user: User) -> Asked:
    """2 queries, for the choices."""
    collections = collections_in_use()
    codes = Article.objects.order_by("language").values_list("language", flat=True).distinct()[:MOST_CHOICES]
    languages: Choices = [("", _("Any language")), *((code, LANGUAGES.get(code, code)) for code in codes)]
    shelves: Choices = [("", _("Every collection")), *((one, one) for one in collections)]

    def one_of(name: str, choices: Choices) -> str:
        value = given.get(name, "")
        return value if value in dict(choices) else ""

    return Asked(
        user, shelves, languages, given.get("words", "").replace("\0", "").strip()[:120],
        one_of("state", STATES), one_of("audience", AUDIENCES), one_of("collection", shelves),
        one_of("language", languages),
    )  # fmt: skip


def collections_in_use() -> list[str]:
    rows = Article.objects.exclude(collection="").order_by("collection")
    return list(rows.values_list("collection", flat=True).distinct()[:MOST_CHOICES])


def page(asked: Asked, *, after: str) -> tuple[list[Article], str]:
    """(one page, the last changed first, and the cursor of the next or ""); with words the best matches, without a
    next page. 1 query, with words up to 6."""
    if asked.words:
        return find_articles(asked.words, among=asked.rows(), limit=PAGE), ""
    return newest_first(asked.rows().defer("body"), by="changed_at", after=after, size=PAGE)
