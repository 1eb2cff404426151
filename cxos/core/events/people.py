from __future__ import annotations

from cxos.core.catalogue import event


@event
class PersonNotified:
    """Key `user:<id>`. There is something new in their notifications."""

    user_id: int
    notification_id: int
    kind: str
    times: int


@event
class PersonChanged:
    """Key `user:<id>`. `changed`: name, role, teams, active."""

    user_id: int
    changed: tuple[str, ...]


@event
class PushDue:
    """Key `user:<id>`. They are to hear of a notification by their browsers, though no page may be open."""

    user_id: int
    notification_id: int


@event
class NotificationsRead:
    """Key `user:<id>`. So that their other pages forget the badge as well."""

    user_id: int
