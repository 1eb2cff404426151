"""Templates of channels."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from channels_app.models import Channel, MessageTemplate
from channels_app.services import templates
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, User
from cxos.screens.settings.undo.taking_back import found, refuse_if_changed, restores, was


@restores(MessageTemplate, "changed", "made", "removed")
def restore_template(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    if entry.verb == "removed":
        before = was(entry)
        channel = Channel.objects.filter(key=before.pop("channel")).first()
        if channel is None:
            raise Conflict("gone", _("The channel it belonged to is not there any more."))
        templates.save_template(None, channel=channel, **before, actor=actor, now=now)
        return
    template: MessageTemplate = found(MessageTemplate, entry)
    if entry.verb == "made":
        templates.remove_template(template, actor=actor)
        return
    refuse_if_changed(entry, templates.with_channel(template))
    templates.save_template(template, channel=template.channel, **was(entry), actor=actor, now=now)
