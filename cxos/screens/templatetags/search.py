"""What was found, highlighted: `{% load search %}`."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cxos.core.search.words import Segments

register = template.Library()
HIT, REST = "<mark>{}</mark>", "{}"


@register.filter
def highlighted(segments: Segments) -> SafeString:
    """The pieces of a text, those that were looked for marked. Every piece is escaped."""
    return format_html_join("", "{}", ((format_html(HIT if is_hit else REST, piece),) for piece, is_hit in segments))
