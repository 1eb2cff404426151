"""Tags and filters of the design system: `{% load ui %}`."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from cxos.screens.ui import icons
from cxos.screens.ui.bundle import bundle

register = template.Library()
HUES = 10


@register.simple_tag
def icon(name: str, size: str = "", label: str = "", spin: bool = False) -> SafeString:
    """`{% icon "send" %}`: a Lucide icon, hidden from screen readers unless it gets a label."""
    return icons.icon(str(name), size=str(size), label=str(label), spin=bool(spin))


def _bundle_url(kind: str) -> str | None:
    if settings.DEBUG:
        return None
    try:
        return reverse("ui:bundle", args=[bundle(kind).digest, kind])
    except NoReverseMatch:
        return None


@register.simple_tag
def app_styles() -> SafeString:
    """The links to the frame's style sheets: one joined file, or in development the list itself."""
    return format_html(
        '<link rel="stylesheet" href="{}"><link rel="stylesheet" href="{}">',
        static("vendor/inter/index.css"),
        _bundle_url("css") or static("css/app.css"),
    )


@register.simple_tag
def app_scripts() -> SafeString:
    """htmx, its morph extension and the frame's modules, in this order, none of them blocking."""
    return format_html(
        '<script defer src="{}"></script><script defer src="{}"></script><script type="module" src="{}"></script>',
        static("vendor/htmx/htmx.min.js"),
        static("vendor/idiomorph/idiomorph-ext.min.js"),
        _bundle_url("js") or static("js/app.js"),
    )


@register.filter
def initials(name: Any) -> str:
    """Two letters at most: "Ana María Ruiz" → "AR"; "?" for nothing."""
    words = [word for word in str(name or "").split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


@register.filter
def hue(key: Any) -> int:
    """0–9, the same for the same key in every process (so never hash())."""
    return zlib.crc32(str(key).encode()) % HUES


@register.filter
def sparkline_points(values: Sequence[float | None]) -> str:
    """Points for an SVG of 100 × 24: oldest at the start, the largest value at the top, missing values left out."""
    known = [(place, float(value)) for place, value in enumerate(values) if value is not None]
    if not known:
        return ""
    low = min(value for _, value in known)
    span = max(value for _, value in known) - low
    last = max(len(values) - 1, 1)
    return " ".join(
        f"{place * 100 / last:.1f},{(21 - (value - low) / span * 18) if span else 12:.1f}" for place, value in known
    )


@register.filter
def share(value: Any, of: Any) -> float:
    """value as a percentage of `of`, 0–100; 0 when `of` is nothing."""
    try:
        whole = float(of)
        return round(max(0.0, min(100.0, float(value) * 100 / whole)), 1) if whole else 0.0
    except (TypeError, ValueError):
        return 0.0


@register.filter
def ago(moment: datetime | None) -> str:
    """ "5 min", "3 h", "2 d" away from now, in either direction; the page keeps it true afterwards."""
    if moment is None:
        return ""
    return short_span(abs((timezone.now() - moment).total_seconds()))


@register.filter
def short_span(seconds: Any) -> str:
    """Seconds as one figure with its unit, rounded down: 59 → "59 s", 3700 → "1 h"."""
    total = int(timedelta(seconds=float(seconds or 0)).total_seconds())
    if total < 60:
        return gettext("%(n)s s") % {"n": total}
    if total < 3600:
        return gettext("%(n)s min") % {"n": total // 60}
    if total < 86400:
        return gettext("%(n)s h") % {"n": total // 3600}
    return gettext("%(n)s d") % {"n": total // 86400}


@register.filter
def clock(seconds: Any) -> str:
    """Seconds as a running clock: 65 → "1:05", 3700 → "1:01:40", negative ones with a minus."""
    total = int(float(seconds or 0))
    sign, total = ("−", -total) if total < 0 else ("", total)
    hours, rest = divmod(total, 3600)
    minutes, left = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02}:{left:02}" if hours else f"{sign}{minutes}:{left:02}"


@register.filter
def keys(combination: Any) -> SafeString:
    """ "mod+k" or "g i" as `<kbd>` elements; `mod` is shown as Ctrl and turned into ⌘ on a Mac by the page."""
    names = {"mod": "Ctrl", "shift": "⇧", "enter": "↵", "escape": "Esc", "alt": "Alt", "up": "↑", "down": "↓"}
    parts = [part for part in str(combination).replace("+", " ").split() if part]
    return format_html_join(
        "", '<kbd data-name="{}">{}</kbd>', ((part, names.get(part, part.upper())) for part in parts)
    )
