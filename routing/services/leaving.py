"""When somebody stops working here: nothing they held is left behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from cxos.core.models import User
from routing.models import Presence, WorkItem
from routing.services.offers import return_offers_of
from routing.services.presence import set_presence
from routing.services.work import requeue


def release_agent(user: User, *, actor: Any, now: datetime) -> int:
    """Offline, offers withdrawn, and what they held waits again with its age; returns how many work items."""
    with transaction.atomic():
        set_presence(user, presence=Presence.OFFLINE, actor=actor, now=now)
        return_offers_of(user.pk, reason=gettext_noop("no longer works here"), now=now)
        held = WorkItem.objects.filter(agent=user, state__in=[WorkItem.State.ACTIVE, WorkItem.State.PAUSED])
        ids = list(held.order_by("id").values_list("id", flat=True))
        for item_id in ids:
            requeue(item_id, reason="its holder no longer works here", actor=actor, now=now)
    return len(ids)
