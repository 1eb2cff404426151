"""Taking a queue away again: only while nothing depends on it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from automation.models import Rule
from channels_app.models import Channel
from cxos.core.errors import Conflict
from cxos.core.services.audit import record
from routing.models import Queue, QueueMember, WorkItem


def remove_queue(queue: Queue, *, actor: Any) -> None:
    """Raises Conflict naming what still needs it: a queue that ever held work stays, so that its figures keep a name."""
    with transaction.atomic():
        kept = Queue.objects.select_for_update(of=("self",)).get(pk=queue.pk)
        if reason := need_of(kept):
            raise Conflict("queue_needed", f"{kept.name} {reason}")
        members = QueueMember.objects.filter(queue=kept).select_related("user")
        before = {"name": kept.name, "members": {row.user.email: row.level for row in members.order_by("user__email")}}
        record(actor, "removed", kept, before=before)
        kept.delete()


def need_of(queue: Queue) -> str:
    """Who needs it, as the rest of a sentence; "" when nobody does. Up to 4 queries."""
    if WorkItem.objects.filter(queue=queue).exists():
        return "has had work, and its figures keep its name. Switch it off instead."
    if channel := Channel.objects.filter(config__queue=queue.key).values_list("name", flat=True).first():
        return f"is where the channel “{channel}” puts its work. Choose another queue there first."
    if rule := Rule.objects.filter(actions__contains=[{"kind": "enqueue", "queue": queue.key}]).first():
        return f"is named by the rule “{rule.name}”. Change the rule first."
    if other := Queue.objects.filter(overflow_to=queue).first():
        return f"takes the overflow of {other.name}. Change that queue first."
    return ""
