"""Rules over the API."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from automation.models import Rule
from automation.permissions import get_rule_for, rules_visible_to
from automation.serializers import RuleOutput
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


urlpatterns = [*reads("rules", Rules)]
