"""How somebody wants to work: language, time zone, looks, when they count as away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.core.zones import time_zones

AWAY_AFTER_MINUTES = (0, 5, 10, 15, 30, 60)  # 0: never
DEFAULT_AWAY_AFTER = 15
CHOICES: dict[str, tuple[str, ...]] = {
    "language": tuple(code for code, _ in settings.LANGUAGES),
    "theme": ("auto", "light", "dark"),
    "density": ("comfortable", "compact"),
    "contrast": ("auto", "more", "normal"),
    "away_after": tuple(str(minutes) for minutes in AWAY_AFTER_MINUTES),
}


def choose_display(user: User, *, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Set any of language, time_zone, theme, density, contrast and away_after; returns all preferences. Raises Invalid."""
    for name, value in chosen.items():
        allowed = {"", *time_zones()} if name == "time_zone" else CHOICES.get(name)
        if allowed is None or value not in allowed:
            raise Invalid(
                name, gettext("This is no %(what)s to choose.") % {"what": name.replace("_", " ")}, field=name
            )
    with transaction.atomic():
        kept = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        kept.preferences = {**kept.preferences, **chosen}
        kept.save(update_fields=["preferences"])
    user.preferences = kept.preferences
    return kept.preferences


def away_after_minutes(user: User) -> int:
    """After how long without a key or a move an available agent counts as away; 0 for never."""
    chosen = str(user.preferences.get("away_after", DEFAULT_AWAY_AFTER))
    return int(chosen) if chosen in CHOICES["away_after"] else DEFAULT_AWAY_AFTER
