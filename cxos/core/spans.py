"""Lengths of time in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def span(seconds: Any) -> str:
    """Seconds in all their units, as a promise is written: 5400 → "1 h 30 min"; seconds only under an hour."""
    hours, rest = divmod(round(float(seconds or 0)), 3600)
    minutes, left = divmod(rest, 60)
    parts = [_("%(n)s h") % {"n": hours}] if hours else []
    parts += [_("%(n)s min") % {"n": minutes}] if minutes else []
    parts += [_("%(n)s s") % {"n": left}] if left and not hours else []
    return " ".join(parts) or _("%(n)s s") % {"n": 0}
