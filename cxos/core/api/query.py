"""Query parameters: allow-listed, typed, refused by name. Nothing of a request ever becomes a column's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Choices, Q
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

MAX_ID = 2**63 - 1
LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")  # an unescaped "+02:00" arrives as " 02:00"


class Refused(ValueError):
    """A sentence about what is wrong with a parameter's value."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter: how its text is read (raises Refused), and its line in the schema."""

    description: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Filter(Parameter):
    """A parameter that narrows a list: `condition(value, user)`."""

    condition: Callable[[Any, Any], Q]


def read_query(request: Request, allowed: Mapping[str, Parameter]) -> dict[str, Any]:
    """The values given, by name; raises ValidationError naming every parameter that is unknown or wrong."""
    values: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, texts in request.query_params.lists():
        parameter = allowed.get(name)
        if parameter is None:
            known = ", ".join(sorted(allowed)) or "none"
            problems[name[:60].replace("\0", "")] = [f"There is no such parameter here. The parameters are: {known}."]
            continue
        try:
            if len(texts) > 1:
                raise Refused("Give it once.")
            if not texts[0] or "\0" in texts[0] or len(texts[0]) > 2_000:
                raise Refused("Must hold 1 to 2000 characters, none of them NUL.")
            values[name] = parameter.read(texts[0])
        except Refused as problem:
            problems[name] = [str(problem)]
    if problems:
        raise ValidationError(dict(list(problems.items())[:5]))
    return values


def whole(text: str, *, least: int = 1, most: int = MAX_ID) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or not least <= int(text) <= most:
        raise Refused(f"Must be a whole number from {least} to {most}.")
    return int(text)


def moment(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(LOST_PLUS.sub(r"+\1", text))
        if value.tzinfo is None:
            raise ValueError
        return value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("Must be a time with its zone, such as 2026-01-31T12:00:00Z.") from None


def choice(column: str, choices: type[Choices], description: str) -> Filter:
    """One or more of the values, with commas between them."""
    known = {str(value): value for value in choices.values}

    def read(text: str) -> list[Any]:
        chosen = text.split(",")
        if not set(chosen) <= set(known):
            raise Refused(f"Must be of {', '.join(known)}; several with commas between.")
        return [known[one] for one in chosen]

    kind = "integer" if all(isinstance(value, int) for value in choices.values) else "string"
    items = {"type": kind, "enum": list(choices.values)}
    schema = {"type": "array", "items": items, "minItems": 1}
    return Filter(description, schema, read, lambda values, user: Q((f"{column}__in", values)))


def reference(column: str, description: str, *, me: bool = False, nobody: bool = False) -> Filter:
    """An id; `me` for the person asking, `none` for rows without one, where the list allows them."""
    words = ["me"] * me + ["none"] * nobody
    number = {"type": "integer", "minimum": 1, "maximum": MAX_ID}

    def read(text: str) -> int | str:
        return text if text in words else whole(text)

    def condition(value: int | str, user: Any) -> Q:
        if value == "none":
            return Q((f"{column}__isnull", True))
        return Q((column, user.pk if value == "me" else value))

    schema = {"oneOf": [number, {"type": "string", "enum": words}]} if words else number
    return Filter(description, schema, read, condition)


def flag(when_true: Q, description: str) -> Filter:
    def read(text: str) -> bool:
        if text not in {"true", "false"}:
            raise Refused("Must be true or false.")
        return text == "true"

    return Filter(description, {"type": "boolean"}, read, lambda value, user: when_true if value else ~when_true)


def since(column: str, description: str) -> Filter:
    schema = {"type": "string", "format": "date-time"}
    return Filter(description, schema, moment, lambda value, user: Q((f"{column}__gte", value)))


def before(column: str, description: str) -> Filter:
    schema = {"type": "string", "format": "date-time"}
    return Filter(description, schema, moment, lambda value, user: Q((f"{column}__lt", value)))


def exactly(column: str, description: str, *, max_length: int) -> Filter:
    return Filter(description, *_text(max_length), lambda value, user: Q((column, value)))


def holding(column: str, description: str, *, max_length: int = 40) -> Filter:
    """Rows whose array holds the text."""
    return Filter(description, *_text(max_length), lambda value, user: Q((f"{column}__contains", [value])))


def _text(max_length: int) -> tuple[dict[str, Any], Callable[[str], str]]:
    def read(text: str) -> str:
        if len(text) > max_length:
            raise Refused(f"Must have at most {max_length} characters.")
        return text

    return {"type": "string", "minLength": 1, "maxLength": max_length}, read


def field_list(names: Iterable[str]) -> Parameter:
    known = list(names)

    def read(text: str) -> frozenset[str]:
        chosen = text.split(",")
        unknown = sorted(set(chosen) - set(known))
        if unknown:
            raise Refused(f"There is no field {unknown[0][:60]!r}. The fields are: {', '.join(known)}.")
        return frozenset(chosen)

    schema = {"type": "array", "items": {"type": "string", "enum": known}, "minItems": 1}
    return Parameter("Only these fields, with commas between.", schema, read)


def one_of(names: Iterable[str], description: str) -> Parameter:
    known = list(names)

    def read(text: str) -> str:
        if text not in known:
            raise Refused(f"Must be one of {', '.join(known)}.")
        return text

    return Parameter(description, {"type": "string", "enum": known, "default": known[0]}, read)
