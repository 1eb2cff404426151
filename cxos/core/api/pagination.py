"""Lists by cursor: stable while rows come in, cheap at any depth, and never a count of a large table."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError as DjangoValidationError
from django.db.models import DateTimeField, Field, Model, Q, QuerySet
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from cxos.core.api.query import Parameter, Refused, moment, whole

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


def _read_cursor(text: str) -> list[Any]:
    try:
        value = orjson.loads(base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True))
        order, position, pk = value
        if not isinstance(order, str) or type(pk) is not int or abs(pk) >= 2**63:
            raise ValueError
        return [order, position, pk]
    except (ValueError, TypeError, binascii.Error):
        raise Refused("This is no cursor of ours. Take `next_cursor` of the page before, unchanged.") from None


PARAMETERS: Mapping[str, Parameter] = {
    "cursor": Parameter("`next_cursor` of the page before.", {"type": "string"}, _read_cursor),
    "limit": Parameter(
        "How many rows at most.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
        lambda text: whole(text, least=1, most=MAX_PAGE_SIZE),
    ),
}


def page_of(
    rows: QuerySet[Any], *, order: str, column: str, limit: int, cursor: list[Any] | None
) -> tuple[list[Any], str | None]:
    """(rows of this page, cursor of the next or None). One query.

    `order` is the ordering's name, kept in the cursor; `column` what it sorts by, with `-` for newest first. The
    primary key breaks ties, in the same direction; rows without a value are left out.
    """
    name, down = column.lstrip("-"), column.startswith("-")
    field = _column(rows.model, name)
    if field.null:
        rows = rows.filter(Q((f"{name}__isnull", False)))
    if cursor is not None:
        rows = rows.filter(_after(name, down, *_position(field, order, cursor)))
    sign = "-" if down else ""
    found = list(rows.order_by(column, f"{sign}pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    raw = orjson.dumps([order, getattr(last, field.attname), last.pk])
    return found[:limit], base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _column(model: type[Model], name: str) -> Field[Any, Any]:
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(field, Field):
        raise FieldDoesNotExist(name)
    return field


def _after(name: str, down: bool, value: Any, pk: int) -> Q:
    word = "lt" if down else "gt"
    if name == "pk":
        return Q((f"pk__{word}", pk))
    # The first part lets an index find the place, the second passes the rows of equal value already shown.
    return Q((f"{name}__{word}e", value)) & (Q((f"{name}__{word}", value)) | Q((f"pk__{word}", pk)))


def _position(field: Field[Any, Any], order: str, cursor: list[Any]) -> tuple[Any, int]:
    given_order, value, pk = cursor
    if given_order != order:
        raise Refused("This cursor belongs to another ordering. Start again without it.")
    if isinstance(field, DateTimeField):
        return moment(str(value)), pk
    try:
        value = field.to_python(value)
        if (isinstance(value, int) and abs(value) >= 2**63) or (isinstance(value, str) and "\0" in value):
            raise ValueError
        return value, pk
    except (DjangoValidationError, ValueError, TypeError, OverflowError):
        raise Refused("This is no cursor of ours. Take `next_cursor` of the page before, unchanged.") from None


def page_body(results: Any, next_cursor: str | None, request: Request) -> dict[str, Any]:
    url = request.build_absolute_uri()
    following = replace_query_param(url, "cursor", next_cursor) if next_cursor else None
    return {"results": results, "next_cursor": next_cursor, "next": following}
