"""Lucide icons, inlined: no request, no flash, and they take the colour of the text beside them."""

from __future__ import annotations

import json
from functools import cache

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

NODES = "vendor/lucide/icon-nodes.json"
# Icons with a direction of reading: mirrored in right-to-left languages.
DIRECTED = frozenset(
    {
        "arrow-left", "arrow-right", "chevron-left", "chevron-right", "chevrons-left", "chevrons-right",
        "corner-down-left", "corner-down-right", "corner-up-left", "corner-up-right", "forward", "log-out",
        "panel-left", "panel-right", "reply", "reply-all", "send", "undo-2", "redo-2", "external-link",
        "list-ordered", "text-quote",
    }
)  # fmt: skip


class UnknownIcon(ValueError):
    """The name is no Lucide icon: see https://lucide.dev/icons."""


@cache
def _nodes() -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Name → shapes. Empty before the set-up has fetched the icons, so that a page still renders without them."""
    path = finders.find(NODES)
    if path:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    if staticfiles_storage.exists(NODES):
        with staticfiles_storage.open(NODES) as file:
            return json.load(file)
    return {}


@cache
def drawing(name: str) -> SafeString:
    """The shapes inside the `<svg>`; raises UnknownIcon."""
    nodes = _nodes()
    if not nodes:
        return format_html("{}", "")
    if name not in nodes:
        raise UnknownIcon(f"There is no icon named {name!r}. See https://lucide.dev/icons for the names.")
    return format_html_join(
        "", "<{} {}/>", ((tag, format_html_join(" ", '{}="{}"', shape.items())) for tag, shape in nodes[name])
    )


@cache
def icon(name: str, *, size: str = "", label: str = "", spin: bool = False) -> SafeString:
    """One icon. Without a label it is hidden from screen readers: the words beside it speak."""
    classes = " ".join(["icon", *(["icon-mirror"] if name in DIRECTED else []), *(["icon-spin"] if spin else [])])
    if label:
        start = format_html('<svg class="{}" data-size="{}" role="img" aria-label="{}"', classes, size, label)
    else:
        start = format_html('<svg class="{}" data-size="{}" aria-hidden="true"', classes, size)
    return format_html('{} viewBox="0 0 24 24">{}</svg>', start, drawing(name))
