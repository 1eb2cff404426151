"""What a body may hold: strict types, known fields only, and nothing the database would refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

MAX_ID = 2**63 - 1


class Text(serializers.CharField):
    """A string; numbers and booleans are not taken for one. `max_length` is required: there is no text without end."""

    default_error_messages = {"invalid": "Must be a string."}

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number; neither a string nor a boolean is taken for one."""

    default_error_messages = {"invalid": "Must be a whole number."}

    def __init__(self, *, min_value: int, max_value: int, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, (int, float)) or data != int(data):
            self.fail("invalid")
        return int(data)


class Id(Whole):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **options)


class Flag(serializers.BooleanField):
    default_error_messages = {"invalid": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Choice(serializers.ChoiceField):
    """One of the listed values, of the listed type: `1` is not `"1"`, nor is it `true`."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, (str, int)) or data not in self.choices:
            raise serializers.ValidationError(f"Must be one of {', '.join(map(str, self.choices))}.")
        return data


class Time(serializers.DateTimeField):
    default_error_messages = {"invalid": "Must be a time with its zone, such as 2026-01-31T12:00:00Z."}

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or len(value) > 40:
            self.fail("invalid", format="")
        return super().to_internal_value(value)


class Tag(Text):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)


class Input(serializers.Serializer):
    """A command's body. A field that is not here is refused by name: it would have been ignored silently."""

    default_error_messages = {"invalid": "Must be a JSON object, not {datatype}."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                known = ", ".join(self.fields) or "none"
                sentence = f"There is no such field here. The fields are: {known}."
                raise serializers.ValidationError({str(name)[:60]: [sentence] for name in unknown[:5]})
        return super().to_internal_value(data)
