"""How long things are kept."""

from __future__ import annotations

from datetime import datetime

from cxos.core.models import AuditEntry, Retention, User
from cxos.core.services.retention import set_keep_days
from cxos.screens.settings.undo.taking_back import found, refuse_if_changed, restores, was


@restores(Retention, "changed")
def restore_retention(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    kept = found(Retention, entry)
    refuse_if_changed(entry, {"days": kept.days})
    set_keep_days({kept.kind: was(entry)["days"]}, actor=actor)
