"""Rendering a piece of template as pages do, and reading what came out."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from django.template import engines
from django_cotton.compiler_regex import CottonCompiler

VOID = {"input", "img", "br", "hr", "link", "meta", "path", "rect", "circle", "line", "polyline", "polygon", "ellipse"}
VALUES: dict[str, Any] = {
    "text": "Kim Lee",
    "moment": datetime(2026, 3, 4, 10, 0, tzinfo=UTC),
    "options": [("a", "Apples"), ("b", "Bread")],
    "chosen": ["b"],
    "values": [3, 1, None, 4],
    "changes": [("Queue", None, "Billing"), ("Note", "old", "")],
    "chart": {"x": [1, 2], "series": [{"label": "In", "values": [1, 2]}]},
}


def render(source: str, **values: Any) -> str:
    """`source` as a template with components, rendered with VALUES and whatever is given on top."""
    return engines["django"].from_string(CottonCompiler().process(source)).render({**VALUES, **values})


class Reader(HTMLParser):
    """Elements in order as (name, attributes); `errors` when they do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.errors: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.errors += [f"<{name}> is never closed" for name in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.errors += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.errors.append(f"</{tag}> closes {self._open[-1] if self._open else 'nothing'}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def first(self, name: str, /, **attributes: str) -> dict[str, str]:
        """Attributes of the first such element; data_x stands for data-x."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        for tag, found in self.elements:
            if tag == name and wanted.items() <= found.items():
                return found
        raise AssertionError(f"no <{name}> with {wanted}")
