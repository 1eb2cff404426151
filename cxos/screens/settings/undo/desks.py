"""Reasons to be away, capacity, dispositions."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, User
from cxos.screens.settings.undo.taking_back import found, left, refuse_if_changed, restores, was
from routing.models import AgentState, CapacityProfile, Disposition, PresenceReason, Queue
from routing.services import desks, endings


@restores(PresenceReason, "changed", "made", "removed")
def restore_reason(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    if entry.verb == "removed":
        desks.save_reason(None, changes=was(entry), actor=actor)
        return
    reason = found(PresenceReason, entry)
    if entry.verb == "made":
        desks.remove_reason(reason, actor=actor)
        return
    refuse_if_changed(entry, {name: getattr(reason, name) for name in left(entry)})
    desks.save_reason(reason, changes=was(entry), actor=actor)


@restores(CapacityProfile, "changed", "made", "removed")
def restore_profile(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    if entry.verb == "removed":
        desks.save_profile(None, changes=was(entry), actor=actor)
        return
    profile = found(CapacityProfile, entry)
    if entry.verb == "made":
        desks.remove_profile(profile, actor=actor)
        return
    refuse_if_changed(entry, {name: getattr(profile, name) for name in left(entry)})
    desks.save_profile(profile, changes=was(entry), actor=actor)


@restores(User, "changed the capacity of")
def restore_capacity(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    user, name = found(User, entry), was(entry)["profile"]
    held = AgentState.objects.filter(user=user).values_list("profile__name", flat=True).first()
    refuse_if_changed(entry, {"profile": held})
    profile = CapacityProfile.objects.filter(name=name).first() if name else None
    if name and profile is None:
        raise Conflict("gone", _("There is no profile “%(name)s” any more.") % {"name": name})
    desks.give_profile(user, profile=profile, actor=actor)


@restores(Disposition, "changed", "made", "removed")
def restore_disposition(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    if entry.verb == "made":
        endings.remove_disposition(found(Disposition, entry), actor=actor)
        return
    before, disposition = was(entry), None
    if entry.verb == "changed":
        disposition = found(Disposition, entry)
        refuse_if_changed(entry, endings.shown(disposition))
    keys = before.pop("queues", None)
    if "below" in before:
        above = before.pop("below")
        before["parent_id"] = (
            Disposition.objects.filter(key=above).values_list("pk", flat=True).first() if above else None
        )
    queue_ids = Queue.objects.filter(key__in=keys).values_list("pk", flat=True) if keys is not None else None
    endings.save_disposition(disposition, changes=before, queue_ids=queue_ids, actor=actor)
