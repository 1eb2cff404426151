"""Which open pages should look again: the bell of whoever was told something, or has read it elsewhere."""

from __future__ import annotations

from cxos.core.catalogue import Received, hint
from cxos.core.events.people import NotificationsRead, PersonNotified
from cxos.core.live import notify


@hint(PersonNotified, NotificationsRead)
def notifications_changed(received: Received) -> None:
    notify([f"notifications.{received.event.user_id}"], version=received.id)
