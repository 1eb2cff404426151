from __future__ import annotations

from cxos.core.catalogue import event


@event
class RuleApplied:
    """Key `conversation:<id>`. One action of a rule was carried out."""

    rule_id: int
    conversation_id: int
    action: str


@event
class ArticleSaved:
    """Key `article:<id>`, as all below. A new version was written; readers see it once it is published."""

    article_id: int
    version: int


@event
class ArticlePublished:
    article_id: int
    version: int


@event
class ArticleWithdrawn:
    """Readers see it no longer: `state` is archived or draft."""

    article_id: int
    state: str


@event
class ArticleRated:
    """A reader said whether it helped. `channel_id`: the web chat it was read in; none on its own page."""

    article_id: int
    version: int
    helped: bool
    channel_id: int | None = None
