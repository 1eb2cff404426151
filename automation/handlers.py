"""Edges: what automation does when something has happened."""

from __future__ import annotations

from automation.models import ArticleVersion
from cxos.core.catalogue import Received, stream
from cxos.core.events.automation import ArticleSaved
from cxos.core.search.dictionary import learn


@stream("words of articles", ArticleSaved)
def learn_words(events: list[Received]) -> None:
    """So that search forgives mistakes in them."""
    saved = {(one.event.article_id, one.event.version) for one in events}
    rows = ArticleVersion.objects.filter(article__in={article for article, _number in saved})
    learn(f"{row.title} {row.keywords} {row.body}" for row in rows if (row.article_id, row.number) in saved)
