"""What every undo asks, and the table of who can take what back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, User
from cxos.core.services.audit import taking_back
from cxos.screens.settings.wording import said_field

DAY = re.compile(r"(?:set|cleared) (\d{4}-\d\d-\d\d) of")


class Restore(Protocol):
    def __call__(self, entry: AuditEntry, *, actor: User, now: datetime) -> None: ...


RESTORES: dict[tuple[str, str], Restore] = {}


def restores(model: type[models.Model], *verbs: str) -> Callable[[Restore], Restore]:
    """The function takes back entries of these verbs about things of this model."""

    def keep(function: Restore) -> Restore:
        RESTORES.update(dict.fromkeys([(model._meta.label, verb) for verb in verbs], function))
        return function

    return keep


def restore_of(entry: AuditEntry) -> Restore | None:
    verb = "set a day of" if DAY.fullmatch(entry.verb) else entry.verb
    return RESTORES.get((entry.object_type, verb))


def take_back(entry: AuditEntry, *, actor: User, now: datetime) -> AuditEntry:
    """The state before `entry`. Returns the new entry. Raises Conflict when it cannot be taken back, and why."""
    restore = restore_of(entry)
    if restore is None:
        raise Conflict("cannot_be_undone", _("This cannot be taken back: there is no earlier state to return to."))
    try:
        with transaction.atomic():
            if AuditEntry.objects.filter(undoes=entry.pk).exists():
                raise Conflict("undone_already", _("This was taken back already."))
            with taking_back(entry):
                restore(entry, actor=actor, now=now)
            written = AuditEntry.objects.filter(undoes=entry.pk).first()
            if written is None:
                raise Conflict("as_before", _("It is as it was before already."))
    except IntegrityError:
        raise Conflict("undone_already", _("Somebody else has just taken this back.")) from None
    return written


def found(model: type[models.Model], entry: AuditEntry) -> Any:
    row = model._default_manager.filter(pk=entry.object_id).first()
    if row is None:
        raise Conflict("gone", _("“%(name)s” is not there any more.") % {"name": entry.object_label})
    return row


def was(entry: AuditEntry) -> dict[str, Any]:
    """The state before it."""
    return dict(entry.before or {})


def left(entry: AuditEntry) -> dict[str, Any]:
    """The state it left behind."""
    return dict(entry.after or {})


def refuse_if_changed(entry: AuditEntry, current: Mapping[str, Any]) -> None:
    """Only what is still as the entry left it may be put back."""
    before = was(entry)
    for name, value in left(entry).items():
        if before.get(name) != value and current.get(name) != value:
            words = _("“%(what)s” of “%(name)s” was changed again since. Undo that first.")
            raise Conflict("changed_since", words % {"what": said_field(name), "name": entry.object_label})
