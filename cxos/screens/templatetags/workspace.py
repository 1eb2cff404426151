"""Filters of the workspace: `{% load workspace %}`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat, linebreaksbr
from django.utils.html import Urlizer, conditional_escape
from django.utils.safestring import SafeString

from channels_app.file_types import INLINE
from channels_app.models import Message, Priority
from channels_app.quoting import split_quote
from cxos.screens.ui.markup import markup, markup_join

register = template.Library()

CHANNEL_ICONS = {
    "webchat": "message-circle", "api": "webhook", "email": "mail", "sms": "message-square", "voice": "phone",
    "whatsapp": "message-square-more", "social": "at-sign",
}  # fmt: skip
LONGEST_LINKED = 20_000  # in longer texts nothing becomes a link


class SafeLinks(Urlizer):
    """Addresses in customers' words: opened apart, and told nothing of where the reader comes from."""

    url_template = '<a href="{href}" target="_blank" rel="noopener noreferrer nofollow"{attrs}>{url}</a>'


_links = SafeLinks()


@register.filter
def channel_icon(kind: str) -> str:
    """The Lucide name of a channel's kind."""
    return CHANNEL_ICONS.get(kind, "message-square")


@register.filter
def priority_label(priority: int) -> str:
    """The words of a priority: 3 → "Urgent"."""
    return str(Priority(priority).label) if priority in Priority.values else str(priority)


@register.filter
def words(line: Message) -> dict[str, Any]:
    """What a line says and, apart from it, what it quotes; both as safe HTML with links, and calls marked in a note."""
    said, quoted = split_quote(line.text) if line.kind == Message.Kind.MESSAGE else (line.text, "")
    calls = line.metadata.get("calls") or () if line.kind == Message.Kind.NOTE else ()
    return {"said": _shown(said, calls), "quoted": _shown(quoted) if quoted else ""}


def _shown(text: str, calls: Iterable[str] = ()) -> SafeString:
    known = [re.escape(str(one)) for one in calls]
    parts = re.split(f"({'|'.join(known)})", text) if known else [text]
    marked = (
        markup('<b class="ws-call">{}</b>', part) if place % 2 else _linked(part) for place, part in enumerate(parts)
    )
    return linebreaksbr(markup_join("", "{}", ((one,) for one in marked)))


def _linked(text: str) -> SafeString:
    """With the addresses in it as links; everything else escaped."""
    if len(text) > LONGEST_LINKED or not re.search(r"[.:@]", text):
        return conditional_escape(text)
    return markup("{}", SafeString(_links(text, nofollow=False, autoescape=True)))


@register.filter
def is_picture(file: dict[str, Any]) -> bool:
    """Whether a file can be looked at where it stands."""
    return file.get("mime") in INLINE


@register.filter
def file_size(file: dict[str, Any]) -> str:
    size = file.get("size")
    return filesizeformat(size) if isinstance(size, int) else ""


@register.filter
def file_name(file: dict[str, Any]) -> str:
    return str(file.get("name") or str(file.get("url", "")).rpartition("/")[2] or file.get("url") or "file")
