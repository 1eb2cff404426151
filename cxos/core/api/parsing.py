"""JSON bodies: limits before parsing, and only text that the database can keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class BodyTooLarge(ParseError):
    status_code = 413
    default_code = "too_large"


def parse_json(body: bytes, *, max_bytes: int = MAX_BYTES) -> Any:
    """The value of a JSON body; raises ParseError with a sentence for anything we would not store as it is.

    Lone surrogates, control characters, NaN, infinities and numbers beyond a double are refused by the parser itself.
    """
    if len(body) > max_bytes:
        raise BodyTooLarge(f"The body is larger than the {max_bytes:,} bytes taken at once. Send less at a time.")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise ParseError(f"The body is no valid JSON in UTF-8: {problem}.") from None
    if b"\\u0000" in body and any("\0" in text for text in _texts(value)):
        raise ParseError("The body holds a NUL character (\\u0000), which cannot be stored. Remove it.")
    if _deeper_than(value, MAX_DEPTH):
        raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")
    return value


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _deeper_than(value: Any, limit: int) -> bool:
    layer = [value]
    for _ in range(limit + 1):
        below: list[Any] = []
        for item in layer:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        layer = [item for item in below if isinstance(item, (dict, list))]
        if not layer:
            return False
    return True


class StrictJsonParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: BinaryIO, media_type: str | None = None, parser_context: Any = None) -> Any:
        return parse_json(stream.read(MAX_BYTES + 1))
