"""Secrets at rest: a JSON field whose column holds only ciphertext, under keys of its own that can be rotated."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def box() -> MultiFernet:
    """The keys in force: the newest encrypts, all decrypt."""
    return _box(tuple(settings.FIELD_KEYS))


class SealedField(models.BinaryField):
    """A JSON value, encrypted in the database. Never queryable, never shown by an API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        sealed = None if value is None else box().encrypt(json.dumps(value).encode())
        return super().get_db_prep_value(sealed, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        try:
            return json.loads(box().decrypt(bytes(value)))
        except InvalidToken:
            raise ImproperlyConfigured(
                f"{self.model._meta.label}.{self.name} was sealed with a key that is no longer in CXOS_FIELD_KEYS. "
                "Put the old key back at the end of the list and run `bin/manage rotate_field_keys`."
            ) from None

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return "[sealed]"
