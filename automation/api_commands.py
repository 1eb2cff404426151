"""What one can do with articles over the API: each command is one input shape and one service call."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone

from automation.models import Article
from automation.permissions import get_article_for
from automation.serializers import ArticleOutput
from automation.services import articles
from cxos.core.api.fields import Choice, Id, Input, Text, Whole
from cxos.core.api.permissions import SUPERVISORS
from cxos.core.api.views import Command


class ArticleChange(Input):
    title = Text(max_length=160, required=False)
    body = Text(max_length=articles.MAX_BODY, required=False, help_text="In the markup of articles.")
    language = Text(max_length=12, required=False, help_text="Such as en or pt-br.")
    collection = Text(max_length=80, required=False, allow_blank=True)
    keywords = Text(max_length=300, required=False, allow_blank=True, help_text="With commas between.")
    audience = Choice(choices=Article.Audience.choices, required=False)
    based_on = Id(required=False, help_text="The version you have read; 409 when there is a newer one.")


class ArticleInput(ArticleChange):
    title = Text(max_length=160)
    body = Text(max_length=articles.MAX_BODY, help_text="In the markup of articles.")
    based_on = None


class PublishInput(Input):
    version = Whole(min_value=1, max_value=2**31 - 1, required=False, help_text="By default the newest.")


class CreateArticle(Command):
    """Write an article. It is a draft until a supervisor publishes it."""

    input, output, success_status = ArticleInput, ArticleOutput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> Article:
        texts = {"language": "en", "audience": Article.Audience.INTERNAL, **given}
        return articles.save_article(None, texts=texts, actor=self.request.user, now=timezone.now())


class ChangeArticle(Command):
    """Save a new version of an article. Readers see it once it is published. 409 when it is archived."""

    input, output = ArticleChange, ArticleOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Article:
        found = get_article_for(self.request.user, path["id"])
        based_on = given.pop("based_on", None)
        return articles.save_article(
            found.pk, texts=given, based_on=based_on, actor=self.request.user, now=timezone.now()
        )


class PublishArticle(Command):
    """Show a version to readers. Supervisors and admins only; 409 when readers see it already."""

    roles = SUPERVISORS
    input, output = PublishInput, ArticleOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Article:
        found = get_article_for(self.request.user, path["id"])
        return articles.publish_article(
            found.pk, number=given.get("version"), actor=self.request.user, now=timezone.now()
        )


class ArchiveArticle(Command):
    """Take an article out of every list and search. Supervisors and admins only; 409 when it is archived."""

    roles = SUPERVISORS
    output = ArticleOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Article:
        found = get_article_for(self.request.user, path["id"])
        return articles.archive_article(found.pk, actor=self.request.user, now=timezone.now())


class BringArticleBack(Command):
    """Bring an article back from the archive, as it was. Supervisors and admins only; 409 when it is not archived."""

    roles = SUPERVISORS
    output = ArticleOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Article:
        found = get_article_for(self.request.user, path["id"])
        return articles.bring_back(found.pk, actor=self.request.user, now=timezone.now())


urlpatterns = [
    path("articles/<int:id>/change", ChangeArticle.as_view(), name="article-change"),
    path("articles/<int:id>/publish", PublishArticle.as_view(), name="article-publish"),
    path("articles/<int:id>/archive", ArchiveArticle.as_view(), name="article-archive"),
    path("articles/<int:id>/bring-back", BringArticleBack.as_view(), name="article-bring-back"),
]
