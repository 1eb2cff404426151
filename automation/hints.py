"""Which open pages should look again: an article's own."""

from __future__ import annotations

from cxos.core.catalogue import Received, hint
from cxos.core.events.automation import ArticlePublished, ArticleRated, ArticleSaved, ArticleWithdrawn
from cxos.core.live import notify


@hint(ArticleSaved, ArticlePublished, ArticleWithdrawn, ArticleRated)
def article_changed(received: Received) -> None:
    notify([f"article.{received.event.article_id}"], version=received.id)
