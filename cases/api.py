"""Cases and their clocks over the API."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from cases.api_commands import OpenCase
from cases.models import Case, Clock, Metric
from cases.permissions import clocks_visible_to, get_case_for, get_clock_for
from cases.serializers import CaseOutput, ClockOutput
from channels_app.models import Priority
from cxos.core.api import query
from cxos.core.api.views import ReadViewSet, reads


class Cases(ReadViewSet):
    """What we promised to solve."""

    summaries = {"list": "List cases, newest first.", "retrieve": "One case."}
    output = CaseOutput
    filters = {
        "status": query.choice("status", Case.Status, "In these states."),
        "priority": query.choice("priority", Priority, "Of these priorities."),
        "customer": query.reference("customer_id", "Of this customer."),
        "conversation": query.reference("conversations", "About this conversation."),
        "assignee": query.reference("assignee_id", "Held by this person.", me=True, nobody=True),
        "team": query.reference("team_id", "Of this team.", nobody=True),
        "tag": query.holding("tags", "With this tag."),
        "reference": query.exactly("reference", "With exactly this reference.", max_length=20),
        "opened_since": query.since("opened_at", "Opened at or after."),
        "opened_before": query.before("opened_at", "Opened before."),
    }
    orderings = {"-opened_at": "-opened_at", "-id": "-pk", "id": "pk"}

    def get_queryset(self) -> QuerySet[Case]:
        rows = Case.objects.visible_to(self.request.user).select_related("customer", "assignee", "team")
        return rows.prefetch_related("conversations")

    def load(self, id: int) -> Case:
        return get_case_for(self.request.user, id)


class Clocks(ReadViewSet):
    """Running and past service-level targets."""

    summaries = {"list": "List clocks, newest first.", "retrieve": "One clock."}
    output = ClockOutput
    filters = {
        "conversation": query.reference("conversation_id", "On this conversation."),
        "case": query.reference("case_id", "On this case."),
        "metric": query.choice("metric", Metric, "Of these metrics."),
        "state": query.choice("state", Clock.State, "In these states."),
        "due_before": query.before("due_at", "Due before."),
        "breached": query.flag(Q(breached_at__isnull=False), "Breached, or not."),
    }
    orderings = {"-id": "-pk", "id": "pk", "due_at": "due_at"}

    def get_queryset(self) -> QuerySet[Clock]:
        return clocks_visible_to(self.request.user).select_related("policy", "calendar")

    def load(self, id: int) -> Clock:
        return get_clock_for(self.request.user, id)


urlpatterns = [
    *reads("cases", Cases, create=OpenCase),
    *reads("clocks", Clocks),
]
