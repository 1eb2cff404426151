"""`rotate_field_keys`: seal every secret again with the newest key of CXOS_FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from cxos.core.sealed import SealedField


class Command(BaseCommand):
    help = "Put a new key first in CXOS_FIELD_KEYS, run this, then drop the old key."

    def handle(self, *args: Any, **options: Any) -> None:
        sealed = 0
        for model in apps.get_models():
            names = [field.name for field in model._meta.get_fields() if isinstance(field, SealedField)]
            for row in model._default_manager.only("pk", *names).iterator() if names else ():
                with transaction.atomic():
                    locked = model._default_manager.select_for_update().get(pk=row.pk)
                    locked.save(update_fields=names)
                sealed += 1
        self.stdout.write(f"Sealed {sealed} rows with the newest key.")
