"""Rules, macros and articles over the API."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from automation.api_commands import CreateArticle
from automation.models import Article, Macro, Rule
from automation.permissions import get_article_for, get_macro_for, get_rule_for, rules_visible_to
from automation.serializers import ArticleOutput, MacroOutput, RuleOutput
from cxos.core.api import query
from cxos.core.api.permissions import SUPERVISORS
from cxos.core.api.views import ReadViewSet, reads


class Rules(ReadViewSet):
    """What happens by itself: event, conditions, actions."""

    summaries = {"list": "List rules in the order they run.", "retrieve": "One rule."}
    roles = SUPERVISORS
    output = RuleOutput
    filters = {
        "event": query.exactly("event", "Of this event.", max_length=60),
        "enabled": query.flag(Q(enabled=True), "In use, or switched off."),
    }
    orderings = {"position": "position", "-id": "-pk", "id": "pk"}

    def get_queryset(self) -> QuerySet[Rule]:
        return rules_visible_to(self.request.user)

    def load(self, id: int) -> Rule:
        return get_rule_for(self.request.user, id)


class Macros(ReadViewSet):
    """Plans one may ask for: one's own, those of one's teams, and everybody's."""

    summaries = {"list": "List macros.", "retrieve": "One macro."}
    output = MacroOutput

    def get_queryset(self) -> QuerySet[Macro]:
        return Macro.objects.visible_to(self.request.user)

    def load(self, id: int) -> Macro:
        return get_macro_for(self.request.user, id)


class Articles(ReadViewSet):
    """Knowledge. What readers see of an article is its `live` version."""

    summaries = {"list": "List articles, the last changed first.", "retrieve": "One article."}
    output = ArticleOutput
    filters = {
        "state": query.choice("state", Article.State, "In these states."),
        "audience": query.choice("audience", Article.Audience, "For these readers."),
        "language": query.exactly("language", "In this language.", max_length=12),
        "collection": query.exactly("collection", "Of this collection.", max_length=80),
        "changed_since": query.since("changed_at", "Changed at or after."),
    }
    orderings = {"-changed_at": "-changed_at", "-id": "-pk", "id": "pk"}

    def get_queryset(self) -> QuerySet[Article]:
        return Article.objects.visible_to(self.request.user)

    def load(self, id: int) -> Article:
        return get_article_for(self.request.user, id)


urlpatterns = [*reads("rules", Rules), *reads("macros", Macros), *reads("articles", Articles, create=CreateArticle)]
