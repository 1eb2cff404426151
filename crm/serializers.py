from __future__ import annotations

from rest_framework import serializers

from crm.models import Identity, MergeSuggestion
from cxos.core.api.output import NameOutput, Output


class CustomerName(Output):
    """A customer as other things show it: never without a name."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="label")


class IdentityOutput(Output):
    id = serializers.IntegerField()
    customer = serializers.IntegerField(source="customer_id")
    kind = serializers.ChoiceField(choices=Identity.Kind.choices)
    value = serializers.CharField(help_text="In the form identities are compared in.")
    shown = serializers.CharField(help_text="As it was given.")
    verified = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class CustomerOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    label = serializers.CharField(help_text="The name, or `Visitor 5` where there is none.")
    account = NameOutput(allow_null=True)
    language = serializers.CharField()
    time_zone = serializers.CharField()
    vip = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    attributes = serializers.JSONField()
    notes = serializers.CharField()
    identities = IdentityOutput(many=True)
    merged_into = serializers.IntegerField(
        source="merged_into_id", allow_null=True, help_text="The customer this record was merged into."
    )
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)


class MergeSuggestionOutput(Output):
    id = serializers.IntegerField()
    first = CustomerName()
    second = CustomerName()
    evidence = serializers.ListField(child=serializers.CharField(), source="because")
    state = serializers.ChoiceField(choices=MergeSuggestion.State.choices)
    created_at = serializers.DateTimeField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
