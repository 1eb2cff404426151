"""Filters of the board: `{% load supervisor %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cxos.screens.templatetags.ui import clock

register = template.Library()
NONE = "–"


@register.filter
def percent(ratio: Any) -> str:
    """A ratio of intelligence.formulas as whole percent: "87 %"; "–" where it is undefined."""
    value = getattr(ratio, "value", None)
    return NONE if value is None else f"{round(value * 100)}\u2009%"


@register.filter
def duration(seconds: Any) -> str:
    """Seconds as a clock, "–" for none."""
    return NONE if seconds is None else clock(round(float(seconds)))


@register.simple_tag
def since(seconds: int | None, target: int = 0, classes: str = "") -> SafeString:
    """`{% since row.waited queue.service_level_seconds %}`: a clock that counts up from what the server said.

    With a target it turns amber from half of it on, and red beyond.
    """
    if seconds is None:
        return format_html('<span class="faint {}">{}</span>', classes, NONE)
    return format_html(
        '<cx-since class="{}" data-seconds="{}" data-target="{}" data-tone="{}">{}</cx-since>',
        classes,
        seconds,
        target,
        tone(seconds, target),
        clock(seconds),
    )


def tone(seconds: int, target: int) -> str:
    if not target:
        return ""
    return "late" if seconds > target else "waiting" if seconds * 2 > target else ""
