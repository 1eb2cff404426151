"""What the catalogue shows: its chapters, what each component says of itself, and the made-up values it is drawn with."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

COMPONENTS = Path(settings.BASE_DIR) / "templates" / "cotton"
_ABOUT = re.compile(r"{% comment %}\s*(.*?)\s*{% endcomment %}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page of the catalogue, drawn by templates/ui/chapters/<slug>.html."""

    slug: str
    title: str | Promise
    icon: str
    components: tuple[str, ...]

    @property
    def template(self) -> str:
        return f"ui/chapters/{self.slug}.html"

    @property
    def about(self) -> list[tuple[str, str]]:
        """(component, what stands at the top of its file)."""
        return [(name, about(name)) for name in self.components]


CHAPTERS = (
    Chapter("foundations", _("Foundations"), "palette", ("icon", "kbd")),
    Chapter("buttons", _("Buttons"), "mouse-pointer-click", ("button", "copy", "confirm")),
    Chapter(
        "fields",
        _("Fields"),
        "text-cursor-input",
        ("field", "input", "textarea", "select", "combobox", "checkbox", "radio", "switch", "segmented", "range"),
    ),
    Chapter(
        "overlays",
        _("Menus and dialogs"),
        "panel-top-open",
        ("menu", "menu.item", "menu.heading", "menu.separator", "dialog", "drawer", "toast"),
    ),
    Chapter(
        "navigation",
        _("Navigation"),
        "compass",
        ("tabs", "tabs.link", "tabs.tab", "pagination", "load_more", "palette.group", "palette.item"),
    ),
    Chapter(
        "status",
        _("Status and people"),
        "circle-check",
        ("pill", "tag", "badge", "avatar", "banner", "empty", "skeleton", "progress"),
    ),
    Chapter("time", _("Time"), "timer", ("countdown", "time")),
    Chapter("figures", _("Figures"), "chart-line", ("stat", "meter", "places", "sparkline", "chart")),
    Chapter("records", _("Records"), "table", ("table", "table.sort", "card", "code", "diff", "region")),
)

TOKENS = (
    "canvas", "surface", "surface-sunken", "surface-raised", "selected", "line", "line-strong", "ink", "ink-2",
    "ink-3", "accent", "accent-soft", "accent-ink", "waiting", "waiting-soft", "live", "live-soft", "late",
    "late-soft", "paused", "paused-soft", "note",
)  # fmt: skip
ICON_NAMES = (
    "inbox", "briefcase", "users", "book-open", "activity", "chart-column", "settings", "search", "bell",
    "phone", "mail", "message-circle", "smartphone", "send", "star", "tag", "zap", "flag", "clock", "pause",
    "hourglass", "circle-check", "circle-alert", "triangle-alert", "reply", "sticky-note", "paperclip",
    "at-sign", "user-plus", "arrow-right", "ellipsis", "external-link",
)  # fmt: skip


def chapter_named(slug: str) -> Chapter | None:
    return next((chapter for chapter in CHAPTERS if chapter.slug == slug), None)


def component_file(name: str) -> Path:
    """The template of "menu" or "menu.item"."""
    path = COMPONENTS / name.replace(".", "/")
    return path / "index.html" if path.is_dir() else path.with_suffix(".html")


@cache
def about(name: str) -> str:
    found = _ABOUT.search(component_file(name).read_text(encoding="utf-8"))
    return found[1] if found else ""


def _wave(*, points: int, middle: float, swing: float, shift: float = 0.0) -> list[float]:
    """A day's curve: the same on every call."""
    return [
        round(middle + swing * math.sin(shift + at / points * 6.28) + swing * 0.2 * math.sin(at * 1.7), 1)
        for at in range(points)
    ]


# What the specimens of fields, records and hostile text are drawn with.
CONSTANTS: dict[str, Any] = {
    "languages": [
        ("en", "English"),
        ("ar", "العربية"),
        ("pt", "Português"),
        ("de", "Deutsch"),
        ("ja", "日本語"),
        ("sw", "Kiswahili"),
    ],
    "chosen_languages": ["en", "pt"],
    "priorities": [("low", _("Low")), ("normal", _("Normal")), ("high", _("High")), ("urgent", _("Urgent"))],
    "views": [("list", _("List"), "list"), ("board", _("Board"), "columns-3")],
    "values": _wave(points=24, middle=40, swing=18),
    "falling": [44, 41, 43, 38, 36, 37, 31, 28, 29, 22, 19, 12],
    "flat": [7, 7, 7, 7, 7, 7],
    "changes": [
        (_("First response within"), "30 min", "15 min"),
        (_("Queue"), None, "Billing"),
        (_("Skills"), "Portuguese ≥ 2", "Portuguese ≥ 3, Billing ≥ 1"),
        (_("Note"), "Ask for the order number first.", ""),
    ],
    "payload": '{\n  "event": "OfferExpired",\n  "offer_id": 4821,\n  "agent": "ana@example.com"\n}',
    "hostile": "<script>alert(1)</script> \"quoted\" 'single' \u202egnirts🙂" + "Zusammengehörigkeitsgefühl" * 3,
    "tokens": TOKENS,
    "icon_names": ICON_NAMES,
}
AGES = (
    timedelta(seconds=8),
    timedelta(minutes=5),
    timedelta(hours=3),
    timedelta(days=2),
    timedelta(days=90),
)


def sample_values(*, now: datetime) -> dict[str, Any]:
    """Everything the chapters name, with moments around `now`."""
    return {
        **CONSTANTS,
        "moments": [now - age for age in AGES],
        "due": now + timedelta(seconds=95),
        "volume": _volume(now),
        "per_channel": {
            "x": [str(_("Voice")), str(_("Chat")), str(_("E-mail")), str(_("SMS")), str(_("Social"))],
            "series": [{"label": str(_("Contacts")), "values": [214, 388, 167, 92, 61], "kind": "bar"}],
        },
    }


def _volume(now: datetime) -> dict[str, Any]:
    """A day of half hours, and what was forecast for them."""
    start = int(now.timestamp()) // 1800 * 1800 - 47 * 1800
    came_in = {"label": str(_("Came in")), "values": _wave(points=48, middle=62, swing=38), "kind": "area"}
    forecast = {"label": str(_("Forecast")), "values": _wave(points=48, middle=60, swing=34, shift=0.15)}
    return {
        "x": [start + at * 1800 for at in range(48)],
        "series": [came_in, {**forecast, "dashed": True, "tone": "neutral"}],
    }
