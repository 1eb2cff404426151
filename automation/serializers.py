from __future__ import annotations

from rest_framework import serializers

from cxos.core.api.output import Output


class RuleOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    event = serializers.CharField()
    conditions = serializers.JSONField()
    actions = serializers.JSONField()
    position = serializers.IntegerField()
    stops = serializers.BooleanField(help_text="No later rule of the event runs when this one applies.")
    enabled = serializers.BooleanField()
    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
