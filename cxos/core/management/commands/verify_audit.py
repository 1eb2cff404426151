"""`verify_audit`: recompute the chain of hashes from the first entry on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cxos.core.models import AuditEntry
from cxos.core.services.audit import first_broken


class Command(BaseCommand):
    help = "Check that no audit entry was changed, removed or inserted."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = first_broken()
        if broken is not None:
            raise CommandError(f"The audit is broken from entry {broken} on. Compare it with a backup.")
        self.stdout.write(f"The audit is whole: {AuditEntry.objects.count()} entries.")
