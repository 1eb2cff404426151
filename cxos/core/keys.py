"""Keys of what people name: they stand in addresses, files and rules, and stay when the name changes."""

from __future__ import annotations

from django.db.models import Model
from django.utils.text import slugify

KEY_LENGTH = 40


def free_key(model: type[Model], name: str) -> str:
    """A key made from the name that nothing else has: "Customer care" → customer-care, customer-care-2 …"""
    base = slugify(name)[: KEY_LENGTH - 4] or model._meta.model_name or "key"
    taken = set(model._default_manager.filter(key__startswith=base).values_list("key", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(key for key in numbered if key not in taken)
