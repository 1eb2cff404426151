"""Macros that others use too; what is somebody's own is not in the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from automation.models import Macro
from automation.services import macros
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, Team, User
from cxos.screens.settings.undo.taking_back import found, refuse_if_changed, restores, was


@restores(Macro, "changed", "made", "removed")
def restore_macro(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    if entry.verb == "removed":
        macros.save_macro(None, **earlier(entry), actor=actor, now=now)
        return
    macro: Macro = found(Macro, entry)
    if macro.owner_id is not None:
        raise Conflict("gone", _("“%(name)s” is not there any more.") % {"name": entry.object_label})
    if entry.verb == "made":
        macros.remove_macro(macro, actor=actor)
        return
    refuse_if_changed(entry, macros.shown(macro))
    macros.save_macro(macro, **earlier(entry), actor=actor, now=now)


def earlier(entry: AuditEntry) -> dict[str, Any]:
    """What it was, as `save_macro` takes it."""
    before = was(entry)
    if not (name := before.pop("team")):
        return before | {"scope": "everybody"}
    team = Team.objects.filter(name=name).first()
    if team is None:
        raise Conflict("gone", _("The team %(name)s is not there any more.") % {"name": name})
    return before | {"scope": "team", "team_id": team.pk}
