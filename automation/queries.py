"""Finding knowledge: by words as they are typed, and by what somebody wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from automation.models import Article
from automation.models.article import ArticleQuerySet
from cxos.core.search.dictionary import Asked, understand
from cxos.core.search.vectors import TextIndex, Wanted, newest
from cxos.core.search.words import is_learned, words_of

ARTICLE_WORDS = TextIndex("automation_article", "title || ' ' || keywords || ' ' || body")
CANDIDATES = 200
READ_WORDS = 60  # of a customer's text, the last ones
LEAST_STEM = 4
FROM_TITLE = 3  # what a word in the title counts for

# Languages whose empty words ("the", "und") Postgres knows.
LANGUAGES = ["english", "german", "french", "spanish", "italian", "portuguese", "dutch"]

# A word counts the more the fewer articles have it (inverse document frequency); one in every third article says
# nothing, except on a small shelf.
FITTING = f"""
WITH asked AS (
    SELECT * FROM unnest(%(words)s::text[], %(queries)s::text[]) AS given(word, query) WHERE NOT EXISTS (
        SELECT FROM unnest(%(languages)s::regconfig[]) AS known WHERE numnode(plainto_tsquery(known, word)) = 0
    )
),
hits AS (
    SELECT id, word, to_tsvector('simple', title || ' ' || keywords) @@ query::tsquery AS titled
    FROM asked JOIN automation_article ON {ARTICLE_WORDS.expression.replace("%", "%%")} @@ query::tsquery
    WHERE state = 'published' AND (audience = 'public' OR NOT %(public)s)
), known AS (SELECT count(*) AS total FROM automation_article WHERE state = 'published'),
rare AS (
    SELECT word, ln(1 + max(total)::float / count(*)) AS weight FROM hits, known GROUP BY word
    HAVING count(*) <= greatest(5, max(total) / 3)
)
SELECT id, array_agg(word ORDER BY weight DESC, word), sum(weight) / (SELECT sum(weight) FROM rare) FROM hits JOIN rare USING (word)
GROUP BY id HAVING bool_or(titled) OR count(*) > 1
ORDER BY sum(CASE WHEN titled THEN weight * {FROM_TITLE} ELSE weight END) DESC, id LIMIT %(limit)s
"""  # noqa: S608  both are constants


@dataclass(frozen=True, slots=True)
class Fit:
    """An article, and the words of the text it was found by, the most telling first. `confidence` 0–1: of all words of the
    text that tell articles apart, each counted by how few have it, the share this one has."""

    article: Article
    words: tuple[str, ...]
    confidence: float = 0.0

    @property
    def percent(self) -> int:
        return round(self.confidence * 100)


def find_articles(words: str, *, among: ArticleQuerySet, limit: int, public: bool = False) -> list[Article]:
    """Those of `among` that hold every word, mistakes forgiven, titles first; where none does, those that fit best.
    Without words those that helped most. 1 query without words, else 4 to 6."""
    asked = understand(words)
    if not asked.terms:
        return list(among.order_by("-helped", "-changed_at", "-id")[:limit])
    found = ordered(among.filter(pk__in=matching(asked)), asked)
    if not found and len(asked.terms) > 1:
        fits = {fit.article.pk: fit.article for fit in fitting_articles(words, limit=limit, public=public)}
        allowed = set(among.filter(pk__in=fits).values_list("pk", flat=True))
        found = [article for pk, article in fits.items() if pk in allowed]
    return found[:limit]


def matching(asked: Asked) -> list[int]:
    """The newest that hold every word. 2 queries as a rule."""
    return newest(asked, [Wanted(ARTICLE_WORDS, CANDIDATES, forgiving=True)])[0]


def ordered(rows: ArticleQuerySet, asked: Asked) -> list[Article]:
    """Words of the title first, then of the keywords, corrected ones behind those as typed; then what helped most."""

    def hits(text: str) -> int:
        return sum(is_hit for _piece, is_hit in asked.mark(text))

    def order(one: Article) -> tuple[int, int, int, int, int]:
        return asked.distance(one.title), -hits(one.title), -hits(one.keywords), -one.helped, -one.pk

    return sorted(rows, key=order)


def fitting_articles(text: str, *, limit: int, public: bool = False) -> list[Fit]:
    """Published articles about what a text says, best first. `public`: only what customers may read. 2 queries."""
    words = list(dict.fromkeys(word for word in words_of(text) if is_learned(word)))[-READ_WORDS:]
    if not words:
        return []
    given: dict[str, Any] = {
        "words": words,
        "queries": [_stem(word) for word in words],
        "public": public,
        "limit": limit,
        "languages": LANGUAGES,
    }
    with connection.cursor() as cursor:
        cursor.execute(FITTING, given)
        rows = cursor.fetchall()
    articles = Article.objects.in_bulk([pk for pk, _words, _share in rows])
    return [Fit(articles[pk], tuple(found), float(share)) for pk, found, share in rows if pk in articles]


def _stem(word: str) -> str:
    """The word with whatever ending, in any language: "invoices" also finds "invoice". Letters only, so nothing to quote."""
    return f"'{word[: max(LEAST_STEM, len(word) - 2)]}':*" if len(word) > LEAST_STEM else f"'{word}'"
