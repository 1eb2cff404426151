from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.models import Case, Clock, Metric
from channels_app.models import Priority
from crm.serializers import CustomerName
from cxos.core.api.output import NameOutput, Output


class CaseOutput(Output):
    id = serializers.IntegerField()
    reference = serializers.CharField()
    subject = serializers.CharField()
    description = serializers.CharField()
    customer = CustomerName()
    conversations = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=Case.Status.choices)
    priority = serializers.ChoiceField(choices=Priority.choices, help_text="0 low, 1 normal, 2 high, 3 urgent.")
    tags = serializers.ListField(child=serializers.CharField())
    assignee = NameOutput(allow_null=True)
    team = NameOutput(allow_null=True)
    opened_at = serializers.DateTimeField()
    solved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    resolution = serializers.CharField()

    def get_conversations(self, case: Any) -> list[int]:
        return sorted(conversation.pk for conversation in case.conversations.all())


class ClockOutput(Output):
    id = serializers.IntegerField()
    conversation = serializers.IntegerField(source="conversation_id", allow_null=True)
    case = serializers.IntegerField(source="case_id", allow_null=True)
    metric = serializers.ChoiceField(choices=Metric.choices)
    cycle = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Clock.State.choices)
    policy = NameOutput(allow_null=True)
    calendar = NameOutput()
    budget_seconds = serializers.IntegerField()
    consumed_seconds = serializers.IntegerField(
        help_text="In seconds of the calendar, of the segments that are closed."
    )
    due_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField()
    breached_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
