from __future__ import annotations

from rest_framework import serializers

from crm.models import Consent, Identity, MergeSuggestion, Purpose, Way
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
    preferred_way = serializers.CharField(help_text="How they like to be reached; blank: not known.")
    contact_times = serializers.JSONField(
        help_text="When, in their time zone: days (0 = Monday), from, until; {}: any."
    )
    refused = serializers.ListField(
        child=serializers.CharField(), help_text="What they have forbidden, as `purpose:way`; see the consents."
    )
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


class ConsentOutput(Output):
    id = serializers.IntegerField()
    customer = serializers.IntegerField(source="customer_id")
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    way = serializers.ChoiceField(choices=Way.choices)
    state = serializers.ChoiceField(choices=Consent.State.choices, help_text="`void`: entered by mistake, not known.")
    wording = serializers.CharField(help_text="What the customer agreed to, or said.")
    by = serializers.CharField()
    at = serializers.DateTimeField()


class MergeSuggestionOutput(Output):
    id = serializers.IntegerField()
    first = CustomerName()
    second = CustomerName()
    evidence = serializers.ListField(child=serializers.CharField(), source="because")
    state = serializers.ChoiceField(choices=MergeSuggestion.State.choices)
    created_at = serializers.DateTimeField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
