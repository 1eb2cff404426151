"""Articles. The texts are in their versions; the audit says which."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from automation.models import Article
from automation.services import articles
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, User
from cxos.screens.settings.undo.taking_back import found, left, refuse_if_changed, restores, was


@restores(Article, "changed")
def restore_text(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    article: Article = found(Article, entry)
    refuse_if_changed(entry, {**left(entry), "version": article.version})
    articles.restore_version(article.pk, number=was(entry)["version"], actor=actor, now=now)


@restores(Article, "published", "archived", "brought back", "changed the state of")
def restore_state(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    article: Article = found(Article, entry)
    refuse_if_changed(entry, {"state": article.state, "live": article.live})
    articles.stand_as(article.pk, **was(entry), actor=actor, now=now)


@restores(Article, "made")
def unmake_article(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    article: Article = found(Article, entry)
    if article.version != left(entry)["version"]:
        raise Conflict(
            "changed_since", _("“%(article)s” was changed again since. Undo that first.") % {"article": article}
        )
    articles.remove_draft(article.pk, actor=actor)


@restores(Article, "removed")
def bring_text_back(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    articles.save_article(None, texts=was(entry), actor=actor, now=now)
