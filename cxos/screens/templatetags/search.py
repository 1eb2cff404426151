"""What was found, highlighted: `{% load search %}`."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from cxos.core.search.words import Segments
from cxos.screens.ui.markup import markup, markup_join

register = template.Library()
HIT, REST = "<mark>{}</mark>", "{}"


@register.filter
def highlighted(segments: Segments) -> SafeString:
    """The pieces of a text, those that were looked for marked. Every piece is escaped."""
    return markup_join("", "{}", ((markup(HIT if is_hit else REST, piece),) for piece, is_hit in segments))
