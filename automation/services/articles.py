"""Knowledge: written in versions by everybody, published by who supervises.

What is saved is a new version; readers see it once it is published. So a change of a published article is a proposal
until then, and each earlier version can be had back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from automation.models import Article, ArticleVersion
from automation.models.article import LANGUAGES
from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.events.automation import ArticlePublished, ArticleRated, ArticleSaved, ArticleWithdrawn
from cxos.core.models import User
from cxos.core.outbox import emit
from cxos.core.services.audit import record

TEXTS = ("title", "body", "language", "collection", "keywords", "audience")
MAX_BODY = 50_000
State = Article.State


def save_article(
    article_id: int | None,
    *,
    texts: Mapping[str, str],
    based_on: int | None = None,
    restored: int | None = None,
    actor: User,
    now: datetime,
) -> Article:
    """A new draft, or the next version of an article (those of TEXTS not given stay). Nothing changed, nothing saved.

    `based_on`: the version the writer began from. Raises Invalid, NotFound, Conflict when somebody saved meanwhile or it
    is archived.
    """
    with transaction.atomic():
        article = lock_article(article_id) if article_id else Article(created_at=now, version=0)
        newest = article.versions.first() if article.pk else None
        if newest and based_on is not None and based_on != article.version:
            raise Conflict(
                "changed_meanwhile",
                _("%(who)s has saved version %(number)s since.")
                % {"who": newest.author or "Somebody", "number": newest.number},
            )
        if article.state == State.ARCHIVED:
            raise Conflict("archived", _("This article is archived. Bring it back, then change it."))
        before = {name: getattr(newest or article, name) for name in TEXTS}
        values = checked({**before, **texts})
        if newest and values == before:
            return article
        article.version, article.changed_at = article.version + 1, now
        if article.state == State.DRAFT:
            _show(article, values)
        article.save()
        ArticleVersion.objects.create(
            article=article, number=article.version, author=actor, at=now, restored=restored, **values
        )
        emit(ArticleSaved(article_id=article.pk, version=article.version), key=f"article:{article.pk}", actor=actor)
        _record_saved(article, before if newest else None, values, actor)
    return article


def _record_saved(article: Article, before: Mapping[str, str] | None, values: Mapping[str, str], actor: User) -> None:
    """The audit names what changed; the words of the body are in the versions."""
    if before is None:
        shown = {name: value for name, value in values.items() if name != "body"}
        record(actor, "made", article, after={"version": article.version, **shown})
        return
    changed = [name for name in TEXTS if before[name] != values[name] and name != "body"]
    record(
        actor, "changed", article,
        before={"version": article.version - 1, **{name: before[name] for name in changed}},
        after={"version": article.version, **{name: values[name] for name in changed}},
    )  # fmt: skip


def restore_version(article_id: int, *, number: int, actor: User, now: datetime) -> Article:
    """Write an earlier version again, as the newest. Raises NotFound, Conflict when it is the newest already."""
    version = ArticleVersion.objects.filter(article_id=article_id, number=number).first()
    if version is None:
        raise NotFound("no_such_version", _("There is no version %(number)s of this article.") % {"number": number})
    with transaction.atomic():
        before = lock_article(article_id).version
        texts = {name: getattr(version, name) for name in TEXTS}
        article = save_article(article_id, texts=texts, restored=number, actor=actor, now=now)
        if article.version == before:
            raise Conflict("as_before", _("The newest version says what version %(number)s says.") % {"number": number})
    return article


def publish_article(article_id: int, *, number: int | None = None, actor: User, now: datetime) -> Article:
    """Readers see this version, by default the newest. Raises Forbidden, NotFound, Conflict when they do already."""
    may_publish(actor)
    with transaction.atomic():
        article = lock_article(article_id)
        number = number or article.version
        if article.state == State.PUBLISHED and article.live == number:
            raise Conflict("published_already", _("Version %(number)s is what readers see.") % {"number": number})
        return _stand(article, State.PUBLISHED, number, verb="published", actor=actor, now=now)


def archive_article(article_id: int, *, actor: User, now: datetime) -> Article:
    """Out of every list and search, with all its versions. Raises Forbidden, NotFound, Conflict."""
    may_publish(actor)
    with transaction.atomic():
        article = lock_article(article_id)
        if article.state == State.ARCHIVED:
            raise Conflict("archived", _("This article is archived already."))
        return _stand(article, State.ARCHIVED, article.live, verb="archived", actor=actor, now=now)


def bring_back(article_id: int, *, actor: User, now: datetime) -> Article:
    """Out of the archive: published as it was, or a draft if it never was. Raises Forbidden, NotFound, Conflict."""
    may_publish(actor)
    with transaction.atomic():
        article = lock_article(article_id)
        if article.state != State.ARCHIVED:
            raise Conflict("not_archived", _("This article is not archived."))
        state = State.PUBLISHED if article.live else State.DRAFT
        return _stand(article, state, article.live, verb="brought back", actor=actor, now=now)


def stand_as(article_id: int, *, state: str, live: int | None, actor: User, now: datetime) -> Article:
    """The state and the version readers saw at some earlier time. For taking a change back."""
    may_publish(actor)
    with transaction.atomic():
        return _stand(lock_article(article_id), State(state), live, verb="changed the state of", actor=actor, now=now)


def _stand(article: Article, state: State, live: int | None, *, verb: str, actor: User, now: datetime) -> Article:
    before = {"state": article.state, "live": article.live}
    shown = live if state != State.DRAFT else article.version
    version = ArticleVersion.objects.filter(article=article, number=shown or article.version).first()
    if version is None:
        raise NotFound("no_such_version", _("There is no version %(number)s of this article.") % {"number": shown})
    _show(article, {name: getattr(version, name) for name in TEXTS})
    article.state, article.live, article.changed_at = state, live, now
    article.save(update_fields=[*TEXTS, "state", "live", "changed_at"])
    if state == State.PUBLISHED:
        told: Any = ArticlePublished(article_id=article.pk, version=live or 0)
    else:
        told = ArticleWithdrawn(article_id=article.pk, state=state)
    emit(told, key=f"article:{article.pk}", actor=actor)
    record(actor, verb, article, before=before, after={"state": state, "live": live})
    return article


def remove_draft(article_id: int, *, actor: User) -> None:
    """An article nobody has published, with its versions. Raises NotFound, Conflict, Forbidden for another's."""
    with transaction.atomic():
        article = lock_article(article_id)
        if article.state != State.DRAFT or article.live is not None:
            raise Conflict("not_a_draft", _("What was published once is archived, not removed."))
        authors = set(article.versions.values_list("author_id", flat=True))
        if authors != {actor.pk} and not actor.supervises:
            raise Forbidden("not_yours", _("Others wrote on this draft too. Ask a supervisor to remove it."))
        record(actor, "removed", article, before={name: getattr(article, name) for name in TEXTS})
        article.delete()


def rate_article(article: Article, *, helped: bool, channel_id: int | None = None, actor: Any = None) -> None:
    """Count a reader's answer to "Did this help?", and tell it as an event."""
    column = "helped" if helped else "not_helped"
    with transaction.atomic():
        Article.objects.filter(pk=article.pk).update(**{column: F(column) + 1})
        told = ArticleRated(article_id=article.pk, version=article.live or 0, helped=helped, channel_id=channel_id)
        emit(told, key=f"article:{article.pk}", actor=actor)


def lock_article(article_id: int) -> Article:
    article = Article.objects.select_for_update().filter(pk=article_id).first()
    if article is None:
        raise NotFound("no_such_article", _("There is no article %(number)s.") % {"number": article_id})
    return article


def may_publish(actor: User) -> None:
    if not actor.supervises:
        raise Forbidden("not_a_supervisor", _("A supervisor publishes articles. Your version is kept for them."))


def checked(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts as they are stored. Raises Invalid naming the field."""
    given = {name: str(texts.get(name, "")).replace("\0", "").replace("\r\n", "\n").strip() for name in TEXTS}
    given["keywords"] = ", ".join(dict.fromkeys(filter(None, (one.strip() for one in given["keywords"].split(",")))))
    given["collection"] = " ".join(given["collection"].split())
    if not 0 < len(given["title"]) <= 160:
        raise Invalid("title", _("An article needs a title of up to 160 characters."), field="title")
    if not 0 < len(given["body"]) <= MAX_BODY:
        raise Invalid("body", _("Write a text of up to %(most)s characters.") % {"most": f"{MAX_BODY:,}"}, field="body")
    if given["language"] not in LANGUAGES:
        raise Invalid("language", _("Choose the language it is written in."), field="language")
    for name, most in (("collection", 80), ("keywords", 300)):
        if len(given[name]) > most:
            raise Invalid(name, _("At most %(most)s characters.") % {"most": most}, field=name)
    if given["audience"] not in Article.Audience.values:
        raise Invalid("audience", _("Choose who may read it."), field="audience")
    return given


def _show(article: Article, texts: Mapping[str, str]) -> None:
    for name in TEXTS:
        setattr(article, name, texts[name])
