from __future__ import annotations

from rest_framework import serializers

from cxos.core.api.output import NameOutput, Output
from cxos.core.models import Role, Scope


class MeOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    teams = NameOutput(many=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), help_text="What this key may do; a session may do all."
    )


class ApiKeyOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    user = NameOutput(help_text="As whom it acts.")
    prefix = serializers.CharField(help_text="The first characters of the key, after `cx_`.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewApiKeyOutput(ApiKeyOutput):
    key = serializers.CharField(allow_null=True, help_text="Shown this once; null when a repeat is answered.")
