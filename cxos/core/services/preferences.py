"""How one person likes the screens: kept with them, so that it is the same on every device."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cxos.core.models import User
from cxos.core.services.people import lock_person


def keep_preference(user: User, *, name: str, value: Any) -> None:
    """Set one preference; the others, and what another page keeps at the same moment, stay as they are."""
    with transaction.atomic():
        kept = lock_person(user.pk)
        if kept.preferences.get(name) != value:
            kept.preferences = {**kept.preferences, name: value}
            kept.save(update_fields=["preferences"])
    user.preferences = kept.preferences
