from __future__ import annotations

from typing import Any

from django.conf.locale import LANG_INFO
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from automation.markup import to_html, to_text

LANGUAGES = {code: str(known["name"]) for code, known in LANG_INFO.items() if "name" in known}


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user: Any) -> ArticleQuerySet:
        """All of them, for who works here."""
        return self.all() if user.is_active else self.none()

    def published(self) -> ArticleQuerySet:
        return self.filter(state=Article.State.PUBLISHED)

    def public(self) -> ArticleQuerySet:
        """What customers may read."""
        return self.published().filter(audience=Article.Audience.PUBLIC)

    def to_review(self) -> ArticleQuerySet:
        """What a supervisor has not published yet: drafts, and changes of what is published."""
        changed = Q(state=Article.State.PUBLISHED, version__gt=F("live"))
        return self.filter(Q(state=Article.State.DRAFT) | changed)


class ArticleText(models.Model):
    """What is written of an article; `body` in the markup of automation.markup, `keywords` with commas between."""

    class Audience(models.TextChoices):
        INTERNAL = "internal", _("Colleagues")
        PUBLIC = "public", _("Customers")

    title = models.CharField(max_length=160)
    body = models.TextField()
    language = models.CharField(max_length=12, default="en")
    collection = models.CharField(max_length=80, blank=True)
    keywords = models.CharField(max_length=300, blank=True)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.INTERNAL)

    class Meta:
        abstract = True

    @property
    def html(self) -> str:
        """Safe to put into a page."""
        return to_html(self.body)

    @property
    def text(self) -> str:
        return to_text(self.body)

    @property
    def language_name(self) -> str:
        return gettext(LANGUAGES[self.language]) if self.language in LANGUAGES else self.language


class Article(ArticleText):
    """A unit of knowledge. Its text is that of the version readers see: `live`, or the newest one of a draft.

    `version`: the number of the newest version; beyond `live` it waits to be published.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    live = models.PositiveIntegerField(null=True)
    helped = models.PositiveIntegerField(default=0)
    not_helped = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-id"]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="article_newest"),
            models.Index(fields=["state", "-changed_at", "-id"], name="article_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="published", live__isnull=False) | ~Q(state="published"), name="article_live_version"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        return self.state == self.State.PUBLISHED and self.audience == self.Audience.PUBLIC

    @property
    def has_changes(self) -> bool:
        """Something newer than what readers see waits to be published."""
        return self.state == self.State.PUBLISHED and self.version > (self.live or 0)


class ArticleVersion(ArticleText):
    """One saved text of an article; never changed afterwards. `restored`: the number of the version it repeats."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    author = models.ForeignKey("core.User", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    restored = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"
