"""Taking a queue away again: only while nothing depends on it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from automation.models import Rule
from channels_app.models import Channel
from cxos.core.errors import Conflict
from cxos.core.services.audit import record
from routing.models import Queue, WorkItem
from routing.services.members import kept_terms


def remove_queue(queue: Queue, *, actor: Any) -> None:
    """Raises Conflict naming what still needs it: a queue that ever held work stays, so that its figures keep a name."""
    with transaction.atomic():
        kept = Queue.objects.select_for_update(of=("self",)).get(pk=queue.pk)
        if reason := need_of(kept):
            raise Conflict("queue_needed", reason)
        record(actor, "removed", kept, before={"name": kept.name, "members": kept_terms(kept)})
        kept.delete()


def need_of(queue: Queue) -> str:
    """Who needs it, as a sentence; "" when nobody does. Up to 4 queries."""
    told = {"name": queue.name}
    if WorkItem.objects.filter(queue=queue).exists():
        return _("%(name)s has had work, and its figures keep its name. Switch it off instead.") % told
    if channel := Channel.objects.filter(config__queue=queue.key).values_list("name", flat=True).first():
        told["channel"] = channel
        return _("%(name)s is where the channel “%(channel)s” puts its work. Choose another queue there first.") % told
    if rule := Rule.objects.filter(actions__contains=[{"kind": "enqueue", "queue": queue.key}]).first():
        return _("%(name)s is named by the rule “%(rule)s”. Change the rule first.") % {**told, "rule": rule.name}
    if other := Queue.objects.filter(overflow_to=queue).first():
        return _("%(name)s takes the overflow of %(other)s. Change that queue first.") % {**told, "other": other.name}
    return ""
