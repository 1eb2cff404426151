"""Edges: what the kernel does when something has happened."""

from __future__ import annotations

from django.utils import timezone

from cxos.core.catalogue import Received, on
from cxos.core.events.people import PushDue
from cxos.core.services.push import push


@on(PushDue, lane="work", atomic=False)
def push_to_browsers(received: Received) -> None:
    push(received.event.notification_id, now=timezone.now())
