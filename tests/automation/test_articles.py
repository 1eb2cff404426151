"""Articles: who writes, who publishes, what readers see, and how an earlier text comes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from automation.models import Article, ArticleVersion
from automation.services import articles
from cxos.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from cxos.core.models import AuditEntry, Event, User
from cxos.screens.settings.undo import take_back

pytestmark = pytest.mark.django_db
TEXTS = {
    "title": "Restart the router", "body": "Pull the plug.", "language": "en", "collection": "Internet",
    "keywords": "lamp, plug", "audience": "public",
}  # fmt: skip


def write(actor: User, now: datetime, **texts: str) -> Article:
    return articles.save_article(None, texts={**TEXTS, **texts}, actor=actor, now=now)


def change(article: Article, actor: User, now: datetime, *, based_on: int | None = None, **texts: str) -> Article:
    return articles.save_article(article.pk, texts=texts, based_on=based_on, actor=actor, now=now)


def events() -> list[tuple[str, dict[str, Any]]]:
    return list(Event.objects.filter(name__startswith="Article").order_by("id").values_list("name", "payload"))


def said() -> list[tuple[str, str, Any, Any]]:
    return list(AuditEntry.objects.order_by("id").values_list("actor", "verb", "before", "after"))


def test_an_agents_article_is_a_draft_until_a_supervisor_publishes_it(ana: User, sam: User, now: datetime) -> None:
    draft = write(ana, now)
    with pytest.raises(Forbidden):
        articles.publish_article(draft.pk, actor=ana, now=now)
    assert (Article.objects.get().state, Article.objects.public().count()) == ("draft", 0)

    articles.publish_article(draft.pk, actor=sam, now=now)

    article = Article.objects.public().get()
    assert (article.state, article.version, article.live, article.has_changes) == ("published", 1, 1, False)
    assert events() == [
        ("ArticleSaved", {"article_id": draft.pk, "version": 1}),
        ("ArticlePublished", {"article_id": draft.pk, "version": 1}),
    ]
    assert said()[1] == (
        f"user:{sam.pk}", "published", {"state": "draft", "live": None}, {"state": "published", "live": 1},
    )  # fmt: skip


def test_a_change_of_a_published_article_waits_and_is_seen_when_it_is_published(
    ana: User, sam: User, now: datetime
) -> None:
    article = write(sam, now)
    articles.publish_article(article.pk, actor=sam, now=now)

    change(article, ana, now, body="Pull the plug, wait ten seconds.", audience="internal")

    shown = Article.objects.public().get()
    assert (shown.body, shown.version, shown.live, shown.has_changes) == ("Pull the plug.", 2, 1, True)
    assert list(Article.objects.to_review()) == [shown]
    articles.publish_article(article.pk, actor=sam, now=now)
    assert (Article.objects.get().body, Article.objects.public().count()) == ("Pull the plug, wait ten seconds.", 0)


def test_whoever_began_from_an_older_version_is_told_and_overwrites_nothing(
    ana: User, sam: User, now: datetime
) -> None:
    article = write(ana, now)
    change(article, sam, now, based_on=1, title="Restart your router")

    with pytest.raises(Conflict) as refusal:
        change(article, ana, now, based_on=1, title="Another")

    assert refusal.value.message == "Sam has saved version 2 since."
    assert (Article.objects.get().title, ArticleVersion.objects.count()) == ("Restart your router", 2)


def test_the_same_texts_again_are_no_new_version(ana: User, now: datetime) -> None:
    article = write(ana, now)

    assert change(article, ana, now + timedelta(days=1), **TEXTS).version == 1

    assert (ArticleVersion.objects.count(), len(events()), len(said())) == (1, 1, 1)


def test_an_earlier_version_comes_back_as_the_newest(ana: User, now: datetime) -> None:
    article = write(ana, now)
    change(article, ana, now, title="Worse")

    articles.restore_version(article.pk, number=1, actor=ana, now=now)

    newest = ArticleVersion.objects.first()
    assert newest is not None and (newest.number, newest.title, newest.restored) == (3, "Restart the router", 1)
    assert Article.objects.get().title == "Restart the router"
    with pytest.raises(Conflict):
        articles.restore_version(article.pk, number=1, actor=ana, now=now)
    with pytest.raises(NotFound):
        articles.restore_version(article.pk, number=9, actor=ana, now=now)


def test_what_is_archived_is_not_changed_and_comes_back_as_it_was(ana: User, sam: User, now: datetime) -> None:
    article = write(sam, now)
    articles.publish_article(article.pk, actor=sam, now=now)
    articles.archive_article(article.pk, actor=sam, now=now)
    for refused in (
        lambda: change(article, ana, now, title="New"),
        lambda: articles.archive_article(article.pk, actor=sam, now=now),
        lambda: articles.bring_back(article.pk, actor=ana, now=now),
    ):
        with pytest.raises((Conflict, Forbidden)):
            refused()

    articles.bring_back(article.pk, actor=sam, now=now)

    assert Article.objects.public().get().live == 1
    assert [name for name, _ in events()][-2:] == ["ArticleWithdrawn", "ArticlePublished"]


def test_a_draft_is_removed_by_its_author_and_a_published_one_by_nobody(ana: User, sam: User, now: datetime) -> None:
    mine, theirs, out = write(ana, now), write(sam, now), write(ana, now)
    articles.publish_article(out.pk, actor=sam, now=now)

    articles.remove_draft(mine.pk, actor=ana)

    with pytest.raises(Forbidden):
        articles.remove_draft(theirs.pk, actor=ana)
    with pytest.raises(Conflict):
        articles.remove_draft(out.pk, actor=sam)
    assert set(Article.objects.values_list("pk", flat=True)) == {theirs.pk, out.pk}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "x" * 161), ("body", " \0 "), ("body", "x" * 50_001), ("language", "klingon"),
        ("collection", "x" * 81), ("keywords", "x" * 301), ("audience", "everyone"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_by_name(ana: User, now: datetime, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        write(ana, now, **{field: value})

    assert (refusal.value.field, Article.objects.count(), len(said())) == (field, 0, 0)


def test_readers_answers_are_counted_and_told(sam: User, now: datetime) -> None:
    article = write(sam, now)
    articles.publish_article(article.pk, actor=sam, now=now)
    article.refresh_from_db()

    for helped in (True, True, False):
        articles.rate_article(article, helped=helped, channel_id=None)

    article.refresh_from_db()
    assert (article.helped, article.not_helped) == (2, 1)
    assert events()[-1][1] == {"article_id": article.pk, "version": 1, "helped": False, "channel_id": None}


def entry(verb: str) -> AuditEntry:
    return AuditEntry.objects.filter(verb=verb).latest("id")


def test_each_change_is_taken_back_from_the_audit(ana: User, adi: User, now: datetime) -> None:
    article = write(ana, now)
    change(article, ana, now, title="Restart it")
    take_back(entry("changed"), actor=adi, now=now)
    assert (Article.objects.get().title, Article.objects.get().version) == ("Restart the router", 3)

    articles.publish_article(article.pk, actor=adi, now=now)
    take_back(entry("published"), actor=adi, now=now)
    assert (Article.objects.get().state, Article.objects.get().live) == ("draft", None)

    articles.archive_article(article.pk, actor=adi, now=now)
    take_back(entry("archived"), actor=adi, now=now)
    assert Article.objects.get().state == "draft"

    articles.remove_draft(article.pk, actor=adi)
    take_back(entry("removed"), actor=adi, now=now)
    assert Article.objects.get().body == "Pull the plug."

    take_back(entry("made"), actor=adi, now=now)
    assert Article.objects.count() == 0


def test_what_was_changed_again_since_is_not_overwritten(ana: User, adi: User, now: datetime) -> None:
    article = write(ana, now)
    change(article, ana, now, title="Second")
    change(article, ana, now, title="Third")
    first_change = AuditEntry.objects.filter(verb="changed").earliest("id")

    with pytest.raises(DomainError):
        take_back(first_change, actor=adi, now=now)

    assert Article.objects.get().title == "Third"
