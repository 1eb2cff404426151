"""What an answer holds: listed field by field, never a model's all; `?fields=` takes fewer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Output(serializers.Serializer):
    """Read-only shape. The outermost one shows only the fields asked for."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = True, False
        only = self.context.get("only") if self._is_outermost() else None
        return fields if only is None else {name: fields[name] for name in fields if name in only}

    def _is_outermost(self) -> bool:
        parent = self.parent
        return parent is None or (isinstance(parent, serializers.ListSerializer) and parent.parent is None)


class NameOutput(Output):
    """A person, team, queue … by id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class KeyedOutput(Output):
    """Something that has a key of its own beside its id."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
