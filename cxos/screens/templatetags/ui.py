"""Tags and filters of the design system: `{% load ui %}`."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog
from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from cxos.core.spans import span
from cxos.screens.ui import icons
from cxos.screens.ui.bundle import bundle
from cxos.screens.ui.markup import escaped, markup, markup_join

log = structlog.get_logger(__name__)
register = template.Library()
register.filter("span", span)
HUES = 10


@register.simple_tag
def icon(name: str, size: str = "", label: str = "", spin: bool = False) -> SafeString:
    """`{% icon "send" %}`: a Lucide icon, hidden from screen readers unless it gets a label."""
    return _icon(str(name), size=str(size), label=str(label), spin=bool(spin))


def _icon(name: str, *, size: str = "", label: str = "", spin: bool = False) -> SafeString:
    """A wrong name stops a page while it is being built, and no page of a running product."""
    try:
        return icons.icon(name, size=size, label=label, spin=spin)
    except icons.UnknownIcon:
        if settings.DEBUG:
            raise
        log.error("a template names an icon that does not exist", icon=name)
        return icons.icon("square-dashed", size=size, label=label, spin=spin)


# --- What stands in every row of a long list: a component of the same name calls these; a list calls them itself --------


@register.simple_tag
def avatar(
    name: Any,
    key: Any = "",
    size: str = "",
    image: str = "",
    state: str = "",
    state_label: str = "",
    icon: str = "",
    square: bool = False,
    tip: bool = False,
    classes: str = "",
    extra: Any = "",
) -> SafeString:
    """`{% avatar user.name user.pk size="sm" %}`: picture, icon or initials on a hue that stays. About 15 µs."""
    words = str(name or gettext("Unknown"))
    if state_label:
        words = f"{words}, {state_label}"
    if image:
        face = markup('<img src="{}" alt="" loading="lazy">', image)
    else:
        face = _icon(icon) if icon else markup("{}", initials(name))
    return markup(
        '<span class="avatar {}" role="img" aria-label="{}" data-hue="{}" data-size="{}" data-state="{}"{}>{}{}</span>',
        classes,
        words,
        hue(key or name),
        size,
        state,
        _attributes(data_square=square, data_tip=words if tip else "", extra=extra),
        face,
        _STATE_DOT if state else "",
    )


@register.simple_tag
def ago(moment: datetime | None, classes: str = "", extra: Any = "", past: bool = False) -> SafeString:
    """`{% ago message.created_at %}`: "5 min", kept true by the page, which also adds the exact time as a tooltip.

    `past` says "5 min ago", for the middle of a sentence.
    """
    if moment is None:
        return _NOTHING
    words = short_span(abs((timezone.now() - moment).total_seconds()))
    iso = moment.isoformat(timespec="seconds")
    rest = _attributes(class_=classes, extra=extra)
    if past:
        words = gettext("%(span)s ago") % {"span": words}
    kind = _PAST if past else ""
    return markup('<cx-time{}><time datetime="{}"{}>{}</time></cx-time>', kind, iso, rest, words)


@register.simple_tag
def menu_choices(choices: Iterable[tuple[Any, Any]], chosen: Any, url: str, name: str) -> SafeString:
    """`{% menu_choices moves case.status move_url "status" %}`: (value, words), each posted to `url` under `name`, as
    c-menu.item draws choices."""
    check = _icon("check", size="sm")
    return markup_join(
        " ",
        _CHOICE,
        ((str(value == chosen).lower(), url, name, value, words, check) for value, words in choices),
    )


@register.simple_tag
def pill(words: Any, tone: str = "", icon: str = "", dot: bool = False) -> SafeString:
    """`{% pill "Waiting" "waiting" icon="clock" %}`"""
    mark = _icon(icon) if icon else (_DOT if dot else "")
    return markup('<span class="pill" data-tone="{}">{}{}</span>', tone, mark, words)


@register.simple_tag
def countdown(
    seconds: Any,
    total: Any,
    state: str = "running",
    due: datetime | None = None,
    warn: Any = "",
    size: str = "",
    label: str = "",
    classes: str = "",
    extra: Any = "",
) -> SafeString:
    """`{% countdown clock.seconds_left clock.seconds due=clock.due_at %}`: a ring and a clock. About 25 µs."""
    left = float(seconds or 0)
    tone = "paused" if state == "paused" else ("late" if left < 0 and state == "running" else "")
    mark = {"met": "circle-check", "paused": "pause"}.get(state)
    face = icons.icon(mark, size="sm") if mark else markup(_RING, share(left, total))
    return markup(
        '<cx-countdown data-total="{}" data-seconds="{}" data-state="{}"{}>'
        '<span class="countdown {}" role="timer" aria-live="off" data-size="{}" data-tone="{}"{}>'
        '{}<time class="countdown-clock"{}>{}</time></span></cx-countdown>',
        total,
        seconds,
        state,
        _attributes(data_warn=warn, extra=extra),
        classes,
        size,
        tone,
        _attributes(aria_label=label),
        face,
        _attributes(datetime=due.isoformat(timespec="seconds") if due else ""),
        clock(left),
    )


_NOTHING = SafeString("")
_PAST = SafeString(" data-past")
_STATE_DOT = SafeString('<span class="avatar-state"></span>')
_DOT = SafeString('<span class="dot"></span>')
_CHOICE = (
    '<button type="button" role="menuitemradio" tabindex="-1" aria-checked="{}" hx-post="{}" hx-vals=\'{{"{}": "{}"}}\''
    ' hx-swap="none"><span class="menu-label">{}</span><span class="menu-check">{}</span></button>'
)
_RING = (
    '<svg viewBox="0 0 20 20" aria-hidden="true"><circle class="countdown-track" cx="10" cy="10" r="8"/>'
    '<circle class="countdown-left" cx="10" cy="10" r="8" pathLength="100" stroke-dasharray="{} 100"/></svg>'
)


def _attributes(*, extra: Any = "", **attributes: Any) -> SafeString:
    """Attributes that have a value, True ones without it; `extra` is what a component passes on, escaped by it."""
    parts = [
        f" {name}" if value is True else f' {name}="{escaped(value)}"'
        for name, value in ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
        if value not in ("", None, False)
    ]
    if extra:
        parts.append(f" {escaped(str(extra))}")  # marked safe only when it comes from a component
    return SafeString("".join(parts))


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
    return markup(
        '<link rel="stylesheet" href="{}"><link rel="stylesheet" href="{}">',
        static("vendor/inter/index.css"),
        _bundle_url("css") or static("css/app.css"),
    )


@register.simple_tag
def app_scripts() -> SafeString:
    """htmx, its morph extension and the frame's modules, in this order, none of them blocking."""
    return markup(
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
def share(value: Any, of: Any) -> str:
    """value as a percentage of `of`, "0.0"–"100.0"; "0.0" when `of` is nothing. For attributes: no language's comma."""
    try:
        whole = float(of)
        return str(round(max(0.0, min(100.0, float(value) * 100 / whole)), 1)) if whole else "0.0"
    except (TypeError, ValueError):
        return "0.0"


@register.filter
def short_span(seconds: Any) -> str:
    """Seconds as one figure with its unit, rounded down: 59 → "59 s", 3700 → "1 h"."""
    total = int(float(seconds or 0))
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
    return markup_join("", '<kbd data-name="{}">{}</kbd>', ((part, names.get(part, part.upper())) for part in parts))
